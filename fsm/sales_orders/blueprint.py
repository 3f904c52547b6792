"""The blueprint that the pages of this slice share."""

from flask import Blueprint

bp = Blueprint("sales_orders", __name__, url_prefix="/sales-orders")
