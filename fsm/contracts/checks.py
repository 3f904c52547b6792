"""What must always be true of maintenance contracts; each function yields a sentence per violation."""

import datetime as dt
from collections.abc import Iterator

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.contracts.models import NEVER, Contract
from fsm.contracts.services import coming
from fsm.core.db import session


def next_dates_right() -> Iterator[str]:
    """The list reads stored dates; they are what the rhythm and the dates made say."""
    for contract in session.scalars(sa.select(Contract).order_by(Contract.id)):
        dates = coming(contract, 1)
        ahead = dt.timedelta(days=contract.days_before + contract.lead_days)
        expected = (dates[0], dates[0] - ahead) if dates else (NEVER, NEVER)
        if (contract.next_date, contract.makes_on) != expected:
            yield _("Maintenance contract %(name)s: its next date is wrong.", name=contract.name)
