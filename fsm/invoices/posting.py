"""From a document to its journal entry: pure (accounting.md 5)."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from fsm.core.money import rounded
from fsm.documents.totals import TaxKey, TaxTotals
from fsm.ledger.models import NO_TERM, ItemKind, Journal, MovementRole
from fsm.ledger.posting import ZERO, EntryDraft, LineDraft, NewItem, credit, debit


@dataclass(frozen=True, slots=True)
class Issued:
    """What is posted. Amounts are positive for invoices and credit notes alike, in the document's currency.

    ``revenue``: (account, VAT key) -> net after the document's discount. ``grids``: VAT key -> box of its base.
    """

    invoice_id: int
    is_credit_note: bool
    number: str
    customer_id: int
    client_name: str
    on: dt.date
    due_date: dt.date | None
    currency: str
    exchange_rate: Decimal
    total_with_tax: Decimal
    revenue: Mapping[tuple[str, TaxKey], Decimal]
    taxes: Sequence[TaxTotals]
    grids: Mapping[TaxKey, str]
    tax_grid: str
    facts_hash: str = ""


@dataclass(frozen=True, slots=True)
class Credited:
    """The invoice that a credit note takes back from: its open item as it is now.

    ``due_eur`` is what its balance is worth in the books; ``discount_taken`` the cash discount that its payments took;
    ``written_off`` what was given up of it as a lost debt; ``claimed`` the costs and interest that stand on it.
    """

    item_id: int
    due: Decimal
    due_eur: Decimal
    discount_taken: Decimal = ZERO
    written_off: Decimal = ZERO
    claimed: Decimal = ZERO

    def without_claims(self, exchange_rate: Decimal) -> "Credited":
        """For the credit that completes the invoice: it waives what was claimed, and is not to pay it.

        Where payments took a part of the claims already, these are no longer waived but settled.
        """
        if not self.claimed or self.due < self.claimed:
            return self
        claimed_eur = rounded(self.claimed * exchange_rate)
        return replace(self, due=self.due - self.claimed, due_eur=self.due_eur - claimed_eur)


def item_of(issued: Issued, credited: Credited | None = None) -> NewItem:
    """The document's own open item."""
    return NewItem(
        kind=ItemKind.CREDIT_NOTE if issued.is_credit_note else ItemKind.INVOICE,
        source_id=issued.invoice_id,
        source_number=issued.number,
        customer_id=issued.customer_id,
        opened_on=issued.on,
        due_on=issued.due_date or NO_TERM,
        currency=issued.currency,
        credits_item_id=credited.item_id if credited else None,
    )


def entries(issued: Issued, accounts: Mapping[str, str], credited: Credited | None = None) -> list[EntryDraft]:
    """The entry that issues the document; after a credit that takes a cash discount back, a second one."""
    drafts = [_issuing(issued, accounts, credited)]
    if credited and credited.discount_taken:
        drafts += _discount_back(issued, accounts, credited)
    return drafts


def _issuing(issued: Issued, accounts: Mapping[str, str], credited: Credited | None) -> EntryDraft:
    sign = -1 if issued.is_credit_note else 1
    tax_account = accounts["vat_on_credit_notes" if issued.is_credit_note else "vat_payable"]
    total_eur = _eur(issued, issued.total_with_tax)
    taxes = [
        credit(tax_account, _eur(issued, row.tax) * sign, row.tax * sign, grid=issued.tax_grid)
        for row in issued.taxes
        if row.tax
    ]
    tax_eur = -sum((line.value for line in taxes), ZERO) * sign
    lines = [*_receivable(issued, accounts, total_eur, credited), *_revenue(issued, total_eur - tax_eur, sign), *taxes]
    return EntryDraft(
        journal=Journal.SALES,
        entry_date=issued.on,
        narration=f"{issued.number} {issued.client_name}",
        source_kind="invoice",
        source_id=issued.invoice_id,
        source_number=issued.number,
        customer_id=issued.customer_id,
        currency=issued.currency,
        issues_document=True,
        facts_hash=issued.facts_hash,
        lines=tuple(lines),
    )


def _eur(issued: Issued, amount: Decimal) -> Decimal:
    return rounded(amount * issued.exchange_rate)


def _receivable(
    issued: Issued, accounts: Mapping[str, str], total_eur: Decimal, credited: Credited | None
) -> list[LineDraft]:
    receivables = accounts["receivables"]
    own = item_of(issued, credited)
    if not issued.is_credit_note:
        return [debit(receivables, total_eur, issued.total_with_tax, item=own, role=MovementRole.INVOICED)]
    taken = min(issued.total_with_tax, credited.due) if credited else ZERO
    rest = issued.total_with_tax - taken
    taken_eur = ZERO
    lines = []
    if credited and taken:
        # The last part clears what is left of it in EUR, so that no cent stays behind on the invoice.
        taken_eur = credited.due_eur if taken == credited.due and not rest else _eur(issued, taken)
        taken_eur = min(taken_eur, total_eur)
        lines.append(credit(receivables, taken_eur, taken, item=credited.item_id, role=MovementRole.CREDITED))
    lines.append(credit(receivables, total_eur - taken_eur, rest, item=own, role=MovementRole.INVOICED))
    return lines


def _revenue(issued: Issued, net_eur: Decimal, sign: int) -> list[LineDraft]:
    """Revenue per account and VAT key; the largest line takes the rounding rest of a foreign currency."""
    values = {key: _eur(issued, net) for key, net in issued.revenue.items()}
    rest = net_eur - sum(values.values(), ZERO)
    if rest and values:
        largest = max(values, key=lambda key: (abs(values[key]), key[0]))
        values[largest] += rest
    return [
        credit(account, values[account, key] * sign, net * sign, grid=issued.grids[key])
        for (account, key), net in issued.revenue.items()
    ]


def _discount_back(issued: Issued, accounts: Mapping[str, str], credited: Credited) -> list[EntryDraft]:
    """A credited invoice's cash discount was taken: the credit note's own part of it is no longer granted."""
    left = credited.discount_taken
    lines: list[LineDraft] = []

    def grant_no_more(account: str, amount: Decimal, grid: str) -> None:
        nonlocal left
        back = min(amount, left)
        left -= back
        if back:
            lines.append(credit(account, _eur(issued, back), back, grid=grid))

    for row in issued.taxes:
        # Only where the discount lowered the VAT (on_payment) does it stand in the return, and comes off there.
        grid = issued.grids[row.key] if row.cash_discount_tax else ""
        grant_no_more(accounts["cash_discounts"], row.cash_discount, grid)
        grant_no_more(accounts["vat_payable"], row.cash_discount_tax, issued.tax_grid)
    if not lines:
        return []
    value, foreign = -sum((line.value for line in lines), ZERO), -sum((line.foreign for line in lines), ZERO)
    item = item_of(issued, credited)
    lines.insert(0, debit(accounts["receivables"], value, foreign, item=item, role=MovementRole.DISCOUNT))
    return [
        EntryDraft(
            journal=Journal.MISCELLANEOUS,
            entry_date=issued.on,
            narration=f"{issued.number} {issued.client_name}",
            source_kind="invoice",
            source_id=issued.invoice_id,
            source_number=issued.number,
            customer_id=issued.customer_id,
            currency=issued.currency,
            lines=tuple(lines),
        )
    ]


def revenue_of(lines: Sequence[tuple[str, TaxKey, Decimal]]) -> dict[tuple[str, TaxKey], Decimal]:
    """Net per account and VAT key, in the order of the lines."""
    sums: dict[tuple[str, TaxKey], Decimal] = defaultdict(lambda: ZERO)
    for account, key, net in lines:
        sums[account, key] += net
    return dict(sums)
