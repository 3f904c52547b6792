"""The blueprint of all resources; who asks and how they are refused are the same for each."""

from flask import Blueprint
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from fsm.api import errors
from fsm.core.errors import DomainError
from fsm.core.idempotency import OtherBodyError

bp = Blueprint("api", __name__, url_prefix=errors.PREFIX)
bp.register_error_handler(DomainError, errors.domain_error)
bp.register_error_handler(OtherBodyError, errors.other_body)
bp.register_error_handler(HTTPException, errors.http_error)
bp.register_error_handler(StaleDataError, errors.stale)
bp.register_error_handler(IntegrityError, errors.broken_rule)
