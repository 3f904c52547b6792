"""Cash: the legal limit, and the rounding to 5 cents."""

from collections.abc import Sequence
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.company.services import the_company
from fsm.core.db import session, total
from fsm.core.errors import DomainError
from fsm.core.formats import money
from fsm.core.money import rounded, rounded_to_step
from fsm.customers.models import Customer
from fsm.ledger.posting import ZERO
from fsm.payments.models import Payment, PaymentMethod, PaymentPart, PaymentSettings
from fsm.payments.posting import PartFacts

STEP = Decimal("0.05")
MOST_ROUNDED = Decimal("0.02")  # the nearest multiple of 5 cents is never further away


def is_rounded(customer: Customer) -> bool:
    """Cash from a consumer in Belgium is rounded to 5 cents."""
    return not customer.is_business and the_company().country_code == "BE"


def check_limit(amount: Decimal, amount_eur: Decimal, parts: Sequence[PartFacts]) -> None:
    """Neither a payment nor all cash for one invoice, moved from on account or not, exceeds the limit."""
    limit = session.get_one(PaymentSettings, 1).cash_limit
    if not limit:
        return
    if amount_eur > limit:
        raise _too_much(limit)
    ids = [part.item for part in parts if isinstance(part.item, int)]
    query = (
        sa.select(PaymentPart.open_item_id, total(PaymentPart.amount))
        .join(Payment, Payment.id == PaymentPart.payment_id)
        .where(
            PaymentPart.open_item_id.in_(ids),
            Payment.method == PaymentMethod.CASH,
            Payment.undone_at.is_(None),
        )
        .group_by(PaymentPart.open_item_id)
    )
    before: dict[int, Decimal] = dict(session.execute(query).all()) if ids else {}
    eur_per_unit = amount_eur / amount if amount else None
    for part in parts:
        in_all = before.get(part.item, ZERO) + part.amount if isinstance(part.item, int) else part.amount
        if rounded(in_all * (eur_per_unit or part.rate)) > limit:
            raise _too_much(limit)


def _too_much(limit: Decimal) -> DomainError:
    return DomainError(_("The law allows at most %(limit)s in cash.", limit=money(limit, "EUR")), "amount")


def rounded_amount(due: Decimal) -> Decimal:
    """What a consumer in Belgium pays in cash: 10.02 becomes 10.00, 10.03 becomes 10.05."""
    return rounded_to_step(due, STEP)
