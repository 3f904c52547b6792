"""A PDF as an answer that the browser shows."""

from flask import Response, make_response


def inline(data: bytes, name: str) -> Response:
    """Shown in the window or in a frame of ours; ``name`` is what it is saved as."""
    response = make_response(data)
    response.mimetype = "application/pdf"
    response.headers.set("Content-Disposition", "inline", filename=name)
    # The browser's own viewer draws the pages with styles of its own, within this frame.
    response.headers["Content-Security-Policy"] = (
        "default-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"
    )
    return response
