"""What the worker does for invoices."""

import datetime as dt

from flask import g
from flask_babel import force_locale

from fsm.company import services as company_services
from fsm.core import formats
from fsm.core.db import session
from fsm.core.jobs import Payload
from fsm.invoices import month_end
from fsm.invoices.run_models import InvoiceRun
from fsm.users import queries as users

MONTH_END = month_end.JOB


def today() -> dt.date:
    """The company's day."""
    return dt.datetime.now(formats.zone()).date()


def work_off_run(payload: Payload) -> None:
    """Draft and post what is left of the run ``{"run_id": …}``, in the language and the name of who asked for it."""
    run = session.get(InvoiceRun, payload["run_id"])
    company = company_services.current()
    if run is None or company is None:
        return
    g.time_zone = company.time_zone
    actor = users.get(run.asked_by_id)
    run_id, actor_id, locale = run.id, actor.id, actor.locale
    with force_locale(locale):
        month_end.work_off(run_id, actor_id=actor_id, today=today)
