"""Verbs for many customers at once, by a few statements."""

from collections.abc import Callable, Sequence
from typing import Any

from flask_babel import gettext as _

from fsm.core import audit, bulk
from fsm.core.db import lock
from fsm.core.lists import Outcome
from fsm.customers.models import Customer


def _change(
    customer_ids: Sequence[int], values: dict[str, Any], why_not: Callable[[Customer], str], sentence: str
) -> Outcome:
    """Give the customers these values, but those of which ``why_not`` says something."""
    outcome, rows, fit = Outcome(), lock(Customer, set(customer_ids)), []
    for customer_id in customer_ids:
        row = rows.get(customer_id)
        if row is None:
            outcome.refuse(str(customer_id), _("There is no such customer."))
        elif reason := why_not(row):
            outcome.refuse(row.name, reason)
        else:
            fit.append(row)
    bulk.change(Customer, [(row, values) for row in fit])
    audit.notes(([("customer", row.id)], sentence) for row in fit)
    outcome.done = len(fit)
    return outcome


def archive(customer_ids: Sequence[int]) -> Outcome:
    """Offered no more for new work."""
    return _change(
        customer_ids,
        {"archived_at": audit.now()},
        lambda row: _("It is archived already.") if row.archived_at else "",
        _("The customer was archived."),
    )


def unarchive(customer_ids: Sequence[int]) -> Outcome:
    """Offered again."""
    return _change(
        customer_ids,
        {"archived_at": None},
        lambda row: "" if row.archived_at else _("It is not archived."),
        _("The customer is active again."),
    )


def set_automatic_reminders(customer_ids: Sequence[int], *, on: bool) -> Outcome:
    """For documents made from now on; those that exist keep what they have."""
    return _change(
        customer_ids,
        {"automatic_reminders": on},
        lambda row: _("It is so already.") if row.automatic_reminders is on else "",
        _("Automatic reminders were switched on.") if on else _("Automatic reminders were switched off."),
    )
