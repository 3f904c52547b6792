"""All routes of the API, and its pages of settings."""

from flask import Blueprint

from fsm.api import auth, company_views, invoice_rows, key_views, openapi, orders, quote_verbs, upload_views  # noqa: F401 - two of them register their routes
from fsm.api.blueprint import bp
from fsm.api.clients import CLIENTS
from fsm.api.invoices import INVOICES
from fsm.api.orders import ORDERS
from fsm.api.quotes import QUOTES
from fsm.api.routes import register
from fsm.api.service_orders import SERVICE_ORDERS
from fsm.api.stock_items import STOCK_ITEMS
from fsm.api.uploads import UPLOADS

for _resource in (INVOICES, CLIENTS, STOCK_ITEMS, QUOTES, ORDERS, SERVICE_ORDERS, UPLOADS):
    register(_resource)
for _resource, _place in ((INVOICES, invoice_rows.PLACE), (QUOTES, quote_verbs.PLACE), (ORDERS, orders.PLACE)):
    upload_views.register(_resource, _place)
bp.before_request(auth.check_token)
bp.after_request(auth.tell)
__all__ = ["BLUEPRINTS", "bp"]
BLUEPRINTS: tuple[Blueprint, ...] = (bp, key_views.bp)
