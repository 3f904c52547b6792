"""How an amount settles open items: what each gets, which discount and which cents go with it, what is left. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from flask_babel import gettext as _

from fsm.core.errors import DomainError
from fsm.core.formats import money
from fsm.ledger.posting import ZERO
from fsm.payments.cash_discount import OpenDiscount
from fsm.payments.posting import PartFacts, cleared_eur


@dataclass(frozen=True, slots=True)
class Target:
    """An open item to be paid. ``asked`` None: what is left of the payment, up to what is due."""

    item_id: int
    number: str
    due: Decimal
    due_eur: Decimal
    rate: Decimal = Decimal(1)
    discount: OpenDiscount | None = None
    asked: Decimal | None = None

    def settled_by(self, *, takes_discount: bool) -> Decimal:
        """The amount that leaves nothing due."""
        return self.due - self.discount.total if takes_discount and self.discount else self.due


@dataclass(frozen=True, slots=True)
class Choices:
    """What was ticked; ``tolerance`` is the most that may be booked away, ``amount`` None: whatever is due."""

    amount: Decimal | None = None
    take_cash_discount: bool = False
    book_difference: bool = False
    keep_rest_on_account: bool = False
    tolerance: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Settlement:
    """What each open item gets, in the order given, and what waits on account."""

    amount: Decimal
    parts: tuple[PartFacts, ...]
    rest: Decimal


def settle(targets: Sequence[Target], choices: Choices) -> Settlement:
    """DomainError where more is paid than is due, or what was ticked does not fit."""
    if choices.take_cash_discount and not any(target.discount for target in targets):
        raise DomainError(_("No cash discount is open on that day."), "take_cash_discount")
    amounts, amount = _shared_out(targets, choices)
    rest = amount - sum(amounts, ZERO)
    most = choices.tolerance
    parts = []
    for target, paid in zip(targets, amounts, strict=True):
        part, booked = _part(target, paid, choices, most)
        most -= booked
        if part is not None:
            parts.append(part)
    if parts and choices.book_difference and ZERO < rest <= most:
        last = parts[-1]
        parts[-1] = PartFacts(
            last.item, last.amount + rest, last.cleared_eur, last.discount, last.difference - rest, last.rate
        )
        rest = ZERO
    if rest and targets and not choices.keep_rest_on_account:
        due = sum((target.settled_by(takes_discount=choices.take_cash_discount) for target in targets), ZERO)
        raise _too_much(amount, due)
    return Settlement(amount, tuple(parts), rest)


def _shared_out(targets: Sequence[Target], choices: Choices) -> tuple[list[Decimal], Decimal]:
    """What each item gets at most up to what is due, and the payment's amount."""
    due = [target.settled_by(takes_discount=choices.take_cash_discount) for target in targets]
    asked = [target.asked for target in targets]
    amount = choices.amount
    if amount is None:
        amount = sum((most if own is None else own for own, most in zip(asked, due, strict=True)), ZERO)
    free = amount - sum((own for own in asked if own is not None), ZERO)
    if free < 0:
        raise DomainError(
            _(
                "The parts add up to %(parts)s, the payment is %(amount)s.",
                parts=money(amount - free),
                amount=money(amount),
            ),
            "amount",
        )
    amounts = []
    for own, most in zip(asked, due, strict=True):
        paid = min(free if own is None else own, most)
        free -= paid if own is None else ZERO
        amounts.append(paid)
    return amounts, amount


def _part(target: Target, paid: Decimal, choices: Choices, most: Decimal) -> tuple[PartFacts | None, Decimal]:
    """The part of one item and the difference booked with it; None where nothing goes to it."""
    if not paid:
        return None, ZERO
    discount = target.discount if choices.take_cash_discount else None
    short = target.settled_by(takes_discount=choices.take_cash_discount) - paid
    difference = short if choices.book_difference and short <= most else ZERO
    if short and not difference:
        if discount is not None:
            raise DomainError(
                _(
                    "%(amount)s is less than the %(due)s that settle %(number)s with its cash discount.",
                    amount=money(paid),
                    due=money(paid + short),
                    number=target.number,
                ),
                "amount",
            )
        if choices.book_difference:
            raise DomainError(
                _(
                    "The difference of %(short)s on %(number)s is more than the %(most)s that may be booked away.",
                    short=money(short),
                    number=target.number,
                    most=money(most),
                ),
                "book_difference",
            )
    shares = discount.shares if discount is not None else ()
    cleared = paid + difference + (discount.total if discount is not None else ZERO)
    eur = cleared_eur(cleared, target.due, target.due_eur, target.rate)
    return PartFacts(target.item_id, paid, eur, shares, difference, target.rate), difference


def _too_much(amount: Decimal, due: Decimal) -> DomainError:
    if due <= 0:
        return DomainError(_("This is paid already: nothing is due."), "amount")
    return DomainError(
        _(
            '%(amount)s is more than the %(due)s due: tick "keep the rest on account" to take all of it.',
            amount=money(amount),
            due=money(due),
        ),
        "amount",
    )
