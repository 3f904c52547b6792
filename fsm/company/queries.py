"""What the settings pages and other slices ask about the company."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.company import services
from fsm.company.models import BankAccount
from fsm.core import numbering
from fsm.core.db import session
from fsm.core.errors import NotFoundError
from fsm.core.numbering import NumberFormat, NumberSeries


@dataclass(frozen=True, slots=True)
class SeriesState:
    """The active series of a kind, whether it has given numbers, and the one that comes next."""

    kind: str
    series: NumberSeries
    is_used: bool
    next_number: str


def bank_accounts(*, archived: bool | None = False) -> Sequence[BankAccount]:
    """The default one first; ``archived`` None: all of them."""
    query = sa.select(BankAccount).order_by(BankAccount.is_default.desc(), BankAccount.name, BankAccount.id)
    if archived is not None:
        query = query.where(BankAccount.archived_at.isnot(None) if archived else BankAccount.archived_at.is_(None))
    return session.scalars(query).all()


def bank_account(bank_account_id: int) -> BankAccount:
    """NotFoundError where there is none."""
    account = session.get(BankAccount, bank_account_id)
    if account is None:
        raise NotFoundError(_("There is no such bank account."))
    return account


def default_bank_account() -> BankAccount | None:
    """The one that documents print unless another is chosen; None where the company has none yet."""
    return session.scalar(sa.select(BankAccount).where(BankAccount.is_default))


def numbering_state(on: dt.date) -> list[SeriesState]:
    """Each kind that has numbers, in the order of the settings page."""
    states = []
    for kind, proposed in services.DEFAULT_SERIES.items():
        if numbering.has_series(kind):
            series = numbering.active_series(kind)
            states.append(SeriesState(kind, series, services.is_used(series), numbering.peek(kind, on)))
        else:  # the company is older than this kind of document
            series = NumberSeries(kind=kind, prefix=proposed.prefix, format=proposed.number_format, first_number=1)
            example = numbering_example(proposed.prefix, proposed.number_format, 1, on)
            states.append(SeriesState(kind, series, is_used=False, next_number=example))
    return states


def numbering_example(prefix: str, number_format: NumberFormat, first_number: int, on: dt.date) -> str:
    """How the first number of such a series would read."""
    return numbering.written(prefix, numbering.period_of(number_format, on), first_number)
