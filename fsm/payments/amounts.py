"""Which amounts and days a payment may have."""

import datetime as dt
from decimal import Decimal

from flask_babel import gettext as _

from fsm.core.errors import DomainError
from fsm.core.formats import money
from fsm.core.money import TooPreciseError, to_scaled

HIGHEST_AMOUNT = Decimal("9999999999.99")


def check(amount: Decimal, field: str = "amount") -> None:
    """DomainError for an amount that is not above 0, has a third decimal or is beyond 10 digits."""
    try:
        to_scaled(amount, 2)
    except TooPreciseError:
        raise DomainError(_("An amount has at most 2 decimals."), field) from None
    if amount <= 0:
        raise DomainError(_("The amount must be above 0."), field)
    if amount > HIGHEST_AMOUNT:
        raise DomainError(_("The amount is at most %(most)s.", most=money(HIGHEST_AMOUNT)), field)


def check_day(on: dt.date, today: dt.date, field: str = "paid_on") -> None:
    """DomainError for a day in the future."""
    if on > today:
        raise DomainError(_("A payment is not dated after today."), field)


def in_eur(amount: Decimal, amount_eur: Decimal | None, currency: str) -> Decimal:
    """What the bank shows: given for another currency, the amount itself in EUR."""
    if currency == "EUR":
        if amount_eur is not None and amount_eur != amount:
            raise DomainError(_("A payment in EUR has one amount."), "amount_eur")
        return amount
    if amount_eur is None:
        raise DomainError(_("Say how many EUR the bank shows."), "amount_eur")
    check(amount_eur, "amount_eur")
    return amount_eur
