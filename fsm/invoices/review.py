"""What the review page shows before posting: number to come, entries, VAT, margin, and what stands in the way."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.core import numbering
from fsm.core.db import session
from fsm.core.errors import DomainError, NotFoundError
from fsm.core.money import rounded
from fsm.documents.totals import ZERO, Totals, unit_prices
from fsm.invoices import figures, posting
from fsm.invoices.drafts import BILL_KIND
from fsm.invoices.issuing import Prepared, Problem, prepare, problems
from fsm.invoices.models import Invoice, InvoiceKind, InvoiceState
from fsm.ledger.models import Account, Journal, Period
from fsm.ledger.posting import EntryDraft, netted
from fsm.ledger.queries import account_of_role
from fsm.service_orders.billable import BillableWork, work_of_claims


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """A journal line to come."""

    account: str
    account_name: str
    grid: str
    debit: Decimal
    credit: Decimal


@dataclass(frozen=True, slots=True)
class ReviewEntry:
    """A journal entry to come."""

    journal: Journal
    narration: str
    lines: tuple[ReviewLine, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """An hour or a part that was corrected after it came onto the draft."""

    line: figures.Line
    work: BillableWork


@dataclass(frozen=True, slots=True)
class Review:
    """All that the page shows; ``totals`` None where none can be made (``problems`` says why)."""

    invoice: Invoice
    number: str
    on: dt.date
    due_date: dt.date | None
    problems: tuple[Problem, ...]
    entries: tuple[ReviewEntry, ...]
    totals: Totals | None
    cost: Decimal
    margin: Decimal
    margin_percentage: Decimal | None
    differences: tuple[Difference, ...]


def review(invoice_id: int, *, today: dt.date) -> Review:
    """Work a draft out as posting would, writing nothing. NotFoundError for no draft."""
    invoice = session.get(Invoice, invoice_id)
    if invoice is None or invoice.state is not InvoiceState.DRAFT:
        raise NotFoundError(_("There is no such draft."))
    on = invoice.invoice_date or today
    try:
        (prepared,) = prepare([invoice], today=today)
    except DomainError as refusal:
        problem = Problem(refusal.field or "lines", refusal.sentence)
        return Review(invoice, "", on, None, (problem,), (), None, ZERO, ZERO, None, ())
    found = [*problems(prepared, today=today), *problems_of_the_books(prepared.invoice.kind, prepared.on)]
    number = numbering.peek(invoice.kind.value, on)
    cost = sum((rounded(line.quantity * line.unit_cost) for line in prepared.lines), ZERO)
    net = prepared.totals.total_without_tax * invoice.sign
    return Review(
        invoice=invoice,
        number=number,
        on=on,
        due_date=prepared.due_date,
        problems=tuple(found),
        entries=tuple(_named(posting.entries(prepared.issued(number), account_of_role(), prepared.credited))),
        totals=prepared.totals,
        cost=cost,
        margin=net - cost,
        margin_percentage=rounded((net - cost) * 100 / net) if net else None,
        differences=tuple(differences(prepared)),
    )


def problems_of_the_books(kind: InvoiceKind, on: dt.date) -> list[Problem]:
    """Why the series or the periods take no document of this day."""
    found = []
    last = numbering.last_date(kind.value, on)
    if last is not None and last > on:
        sentence = _("The last number bears the date %(last)s; nothing may be dated before it.", last=last.isoformat())
        found.append(Problem("invoice_date", sentence))
    closed = sa.select(Period.closed_at).where(
        Period.first_day <= on, Period.last_day >= on, Period.closed_at.is_not(None)
    )
    if session.scalar(closed):
        found.append(Problem("invoice_date", _("The period %(month)s is closed.", month=f"{on:%Y-%m}")))
    return found


def _named(drafts: Iterable[EntryDraft]) -> list[ReviewEntry]:
    entries = [(draft, netted(draft)) for draft in drafts]
    numbers = {line.account for _draft, lines in entries for line in lines}
    names = dict(session.execute(sa.select(Account.number, Account.name).where(Account.number.in_(numbers))).all())
    return [
        ReviewEntry(
            draft.journal,
            draft.narration,
            tuple(
                ReviewLine(
                    line.account, names.get(line.account, ""), line.grid, max(line.value, ZERO), max(-line.value, ZERO)
                )
                for line in lines
            ),
        )
        for draft, lines in entries
    ]


def differences(prepared: Prepared) -> list[Difference]:
    """Lines whose hour or part has another quantity or price by now."""
    by_id = {line.id: line for line in prepared.lines}
    found = []
    for work in work_of_claims(BILL_KIND, prepared.invoice.id):
        line = by_id.get(work.bill_line_id or 0)
        if line is None:
            continue
        prices = unit_prices(work.unit_price, None, line.tax_rate, tax_included=prepared.invoice.tax_included)
        if (line.quantity, line.amount, line.amount_with_tax) != (work.quantity, *prices):
            found.append(Difference(line, work))
    return found
