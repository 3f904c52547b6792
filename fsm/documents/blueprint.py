"""The blueprints of documents: their settings, and what is kept beside any document."""

from flask import Blueprint

bp = Blueprint("documents", __name__, url_prefix="/settings")
beside = Blueprint("beside", __name__, url_prefix="/documents")
