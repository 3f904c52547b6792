"""Payments as journal entries, by accounting.md 5: pure, no database."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from fsm.company.charts import Role
from fsm.core.money import rounded
from fsm.ledger.models import Journal, MovementRole
from fsm.ledger.posting import ZERO, EntryDraft, LineDraft, NewItem, credit, debit
from fsm.payments.models import PaymentKind, PaymentMethod

_CARDS = frozenset(
    {
        PaymentMethod.DEBIT_CARD,
        PaymentMethod.CREDIT_CARD,
        PaymentMethod.BANCONTACT,
        PaymentMethod.IDEAL,
        PaymentMethod.ONLINE,
    }
)


@dataclass(frozen=True, slots=True)
class DiscountShare:
    """What a cash discount takes off one rate; ``tax`` is 0 but in mode ``on_payment``."""

    net: Decimal
    tax: Decimal = ZERO
    net_grid: str = ""
    tax_grid: str = ""


@dataclass(frozen=True, slots=True)
class PartFacts:
    """What a payment does to one open item, in the item's currency; negative on the item that gives.

    ``rate`` is EUR per unit of that currency; ``cleared_eur`` what the item loses in EUR by ``cleared``.
    """

    item: NewItem | int
    amount: Decimal
    cleared_eur: Decimal
    discount: tuple[DiscountShare, ...] = ()
    difference: Decimal = ZERO
    rate: Decimal = Decimal(1)

    @property
    def discount_total(self) -> Decimal:
        """The cash discount taken, with its VAT."""
        return sum((share.net + share.tax for share in self.discount), ZERO)

    @property
    def cleared(self) -> Decimal:
        """By how much the amount due falls."""
        return self.amount + self.discount_total + self.difference


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """A payment ready to be posted. ``amount`` is what came in (negative: went out, 0 in a move)."""

    payment_id: int
    kind: PaymentKind
    method: PaymentMethod | None
    customer_id: int
    paid_on: dt.date
    currency: str
    amount: Decimal
    amount_eur: Decimal
    narration: str
    parts: Sequence[PartFacts]
    bank_account_number: str | None = None


def entry_of(facts: PaymentFacts, accounts: Mapping[str, str]) -> EntryDraft:
    """The entry of a payment, a refund or a move; what EUR are left over are exchange gain or loss."""
    lines = []
    if facts.kind is not PaymentKind.MOVE:
        lines.append(debit(_money_account(facts, accounts), facts.amount_eur, facts.amount))
    for part in facts.parts:
        lines.extend(_part_lines(part, accounts))
    if facts.currency != "EUR" and (over := -sum((line.value for line in lines), ZERO)):
        role = Role.EXCHANGE_LOSS if over > 0 else Role.EXCHANGE_GAIN
        lines.append(LineDraft(accounts[role], over, ZERO))
    return EntryDraft(
        journal=journal_of(facts.kind, facts.method),
        entry_date=facts.paid_on,
        narration=facts.narration,
        source_kind="payment",
        source_id=facts.payment_id,
        source_number=source_number(facts.payment_id),
        customer_id=facts.customer_id,
        currency=facts.currency,
        lines=tuple(lines),
    )


def source_number(payment_id: int) -> str:
    """How books and open items name a payment."""
    return f"payment {payment_id}"


def journal_of(kind: PaymentKind, method: PaymentMethod | None) -> Journal:
    """A move is no money; cash has a journal of its own."""
    if kind is PaymentKind.MOVE:
        return Journal.MISCELLANEOUS
    return Journal.CASH if method is PaymentMethod.CASH else Journal.BANK


def is_by_bank(method: PaymentMethod | None) -> bool:
    """Whether the money comes in on a bank account at once: transfer, direct collection, no method."""
    return method is not PaymentMethod.CASH and method not in _CARDS


def cleared_eur(cleared: Decimal, balance: Decimal, balance_eur: Decimal, rate: Decimal) -> Decimal:
    """EUR that an item loses by ``cleared`` of its currency: at its rate, and all that is left by the last part."""
    if cleared == balance:
        return balance_eur
    at_rate = rounded(cleared * rate)
    return balance_eur if abs(at_rate) > abs(balance_eur) else at_rate


def _money_account(facts: PaymentFacts, accounts: Mapping[str, str]) -> str:
    if facts.method is PaymentMethod.CASH:
        return accounts[Role.CASH]
    if facts.method in _CARDS:
        return accounts[Role.CARDS_IN_TRANSIT]
    return facts.bank_account_number or accounts[Role.BANK]


def _part_lines(part: PartFacts, accounts: Mapping[str, str]) -> Iterator[LineDraft]:
    """The receivable's side by role, then where discount and difference go."""
    receivables = accounts[Role.RECEIVABLES]
    discount_lines = list(_discount_lines(part, accounts))
    discount_eur = sum((line.value for line in discount_lines), ZERO)
    difference_eur = rounded(part.difference * part.rate)
    paid_eur = part.cleared_eur - discount_eur - difference_eur
    yield credit(receivables, paid_eur, part.amount, item=part.item, role=MovementRole.PAID)
    if part.discount:
        yield credit(receivables, discount_eur, part.discount_total, item=part.item, role=MovementRole.DISCOUNT)
        yield from discount_lines
    if part.difference:
        yield credit(receivables, difference_eur, part.difference, item=part.item, role=MovementRole.DIFFERENCE)
        role = Role.SMALL_DIFFERENCE_LOSS if part.difference > 0 else Role.SMALL_DIFFERENCE_GAIN
        yield debit(accounts[role], difference_eur, part.difference)


def _discount_lines(part: PartFacts, accounts: Mapping[str, str]) -> Iterator[LineDraft]:
    for share in part.discount:
        yield debit(accounts[Role.CASH_DISCOUNTS], rounded(share.net * part.rate), share.net, grid=share.net_grid)
        if share.tax:
            yield debit(accounts[Role.VAT_PAYABLE], rounded(share.tax * part.rate), share.tax, grid=share.tax_grid)


@dataclass(frozen=True, slots=True)
class WriteOffFacts:
    """A lost debt ready to be posted: ``amount`` is given up, ``tax`` of it reclaimed (0: none of it)."""

    write_off_id: int
    item_id: int
    number: str
    customer_id: int
    on: dt.date
    currency: str
    amount: Decimal
    amount_eur: Decimal
    tax: Decimal
    tax_eur: Decimal
    tax_grid: str
    narration: str


def write_off_entry(facts: WriteOffFacts, accounts: Mapping[str, str]) -> EntryDraft:
    """642000 what is lost, 411000 what the State gives back, against the receivable."""
    lines = [debit(accounts[Role.BAD_DEBT], facts.amount_eur - facts.tax_eur, facts.amount - facts.tax)]
    if facts.tax:
        lines.append(debit(accounts[Role.VAT_RECLAIMABLE], facts.tax_eur, facts.tax, grid=facts.tax_grid))
    lines.append(
        credit(
            accounts[Role.RECEIVABLES],
            facts.amount_eur,
            facts.amount,
            item=facts.item_id,
            role=MovementRole.WRITTEN_OFF,
        )
    )
    return EntryDraft(
        journal=Journal.MISCELLANEOUS,
        entry_date=facts.on,
        narration=facts.narration,
        source_kind="write_off",
        source_id=facts.write_off_id,
        source_number=facts.number,
        customer_id=facts.customer_id,
        currency=facts.currency,
        lines=tuple(lines),
    )
