"""What the worker does: the dry run and the import."""

import datetime as dt
from collections.abc import Callable

import structlog
from flask import g
from flask_babel import force_locale
from flask_babel import gettext as _

from fsm.company.services import the_company
from fsm.core.db import session
from fsm.core.errors import DomainError
from fsm.core.formats import zone
from fsm.core.jobs import Payload
from fsm.imports import services, working
from fsm.imports.models import ImportState
from fsm.imports.services import CHECK_JOB, IMPORT_JOB
from fsm.imports.working import StoppedError

__all__ = ["CHECK_JOB", "IMPORT_JOB", "check", "import_all"]
log = structlog.get_logger()


def check(payload: Payload) -> None:
    """The dry run of one file."""
    _do(int(payload["run_id"]), ImportState.CHECKING, working.check)


def import_all(payload: Payload) -> None:
    """All of one file, or nothing."""
    _do(int(payload["run_id"]), ImportState.IMPORTING, working.import_all)


def _do(run_id: int, state: ImportState, work: Callable[..., None]) -> None:
    """In the language and on the day of the user; what goes wrong is said on the run's page, and not tried again."""
    run = services.run_of(run_id)
    locale = run.locale
    g.time_zone = the_company().time_zone
    today = dt.datetime.now(zone()).date()
    with force_locale(locale):
        try:
            work(run_id, today=today)
        except StoppedError:
            session.rollback()
        except DomainError as error:
            working.fail(run_id, state, str(error))
        except Exception:
            log.exception("an import failed", run_id=run_id)
            session.rollback()
            working.fail(run_id, state, _("Something went wrong. Nothing was imported."))
