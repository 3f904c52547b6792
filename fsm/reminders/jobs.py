"""What the worker does for reminders."""

import datetime as dt

from flask import g
from flask_babel import force_locale

from fsm.company import services as company_services
from fsm.core import formats
from fsm.core.db import writing
from fsm.core.jobs import Payload
from fsm.reminders import services
from fsm.users import queries as users

WAIVE_COSTS = "reminders.waive_costs"


def waive_costs(payload: Payload) -> None:
    """After a credit note on ``{"invoice_id": …, "actor_id": …}``: a full one waives what was claimed (product.md 7)."""
    company = company_services.current()
    if company is None:
        return
    g.time_zone = company.time_zone
    actor = users.get(payload["actor_id"])
    actor_id, locale = actor.id, actor.locale
    with force_locale(locale), writing():
        today = dt.datetime.now(formats.zone()).date()
        services.waive_after_credit(payload["invoice_id"], actor_id=actor_id, today=today)
