"""The blueprint that the pages of this slice share."""

from flask import Blueprint

bp = Blueprint("schedule", __name__, url_prefix="/schedule")
