"""The blueprint that the pages of this slice share."""

from flask import Blueprint, g, request

bp = Blueprint("catalog", __name__, url_prefix="/catalog")


def status() -> int:
    """The status of a page that is shown: 200, or that of the refusal."""
    return int(g.get("refused_status", 422)) if request.method == "POST" else 200
