"""Answers to customers: nothing of them is kept by others or found by searching."""

from flask import Response


def unlisted(response: Response) -> Response:
    """With the headers that every page by a signed link has."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Cache-Control"] = "private, no-store"
    return response
