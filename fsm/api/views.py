"""All routes of the API, and its pages of settings."""

from flask import Blueprint

from fsm.api import auth, key_views
from fsm.api.blueprint import bp
from fsm.api.clients import CLIENTS
from fsm.api.routes import register

for _resource in (CLIENTS,):
    register(_resource)
bp.before_request(auth.check_token)
bp.after_request(auth.tell)
__all__ = ["BLUEPRINTS", "bp"]
BLUEPRINTS: tuple[Blueprint, ...] = (bp, key_views.bp)
