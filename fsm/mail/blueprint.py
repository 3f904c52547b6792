"""The blueprint that the pages of this slice share."""

from flask import Blueprint

bp = Blueprint("mail", __name__)
