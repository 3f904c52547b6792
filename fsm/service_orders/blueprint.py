"""The blueprint that the pages of this slice share."""

from flask import Blueprint

bp = Blueprint("service_orders", __name__, url_prefix="/service-orders")
