"""The blueprint that the pages of this slice share."""

from flask import Blueprint

bp = Blueprint("invoices", __name__)
