"""The blueprint that this slice's pages share."""

from flask import Blueprint

bp = Blueprint("tablet", __name__, url_prefix="/tablet")
