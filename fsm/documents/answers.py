"""PDFs as answers."""

from flask import Response, make_response


def inline_pdf(data: bytes, name: str) -> Response:
    """Shown in the browser."""
    response = make_response(data)
    response.mimetype = "application/pdf"
    response.headers.set("Content-Disposition", "inline", filename=name)
    # The browser's own viewer draws the pages with styles of its own, within this frame.
    response.headers["Content-Security-Policy"] = (
        "default-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"
    )
    return response
