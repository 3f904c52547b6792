"""Taking back the last document of a series before anybody has seen it (accounting.md 3)."""

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.core import numbering, search
from fsm.core.audit import note, now
from fsm.core.db import lock, session
from fsm.core.errors import ConflictError, DomainError, NotFoundError
from fsm.invoices import deposits, from_sales_orders
from fsm.invoices.copying import SAME, SAME_LINE
from fsm.invoices.drafts import BILL_KIND
from fsm.invoices.models import (
    Invoice,
    InvoiceFollowUp,
    InvoiceKind,
    InvoiceLine,
    InvoiceServiceOrder,
    InvoiceState,
)
from fsm.ledger import services as ledger
from fsm.ledger.models import ItemKind, OpenItem
from fsm.ledger.queries import entry_date
from fsm.mail import queries as mail
from fsm.service_orders import claims
from fsm.service_orders.billable import WorkKind
from fsm.service_orders.models import WorkClaim

_OF_INVOICE = (
    "days_due",
    "note",
    "note_html",
    "invoice_date",
    "late_interest_rate_id",
    "is_deposit",
    "deposit_percentage",
)
_FOLLOW_UP = ("automatic_reminders", "external_invoice_id", "outstanding_balance")
_TOTALS = (
    "total_without_tax",
    "total_tax",
    "total_with_tax",
    "discount_total_without_tax",
    "discount_total_with_tax",
    "cash_discount_total",
    "total_refundable_deposit",
)


def withdraw(invoice_id: int, *, actor_id: int, today: dt.date) -> Invoice:
    """Take back the last posted document of its counter, not sent and untouched since (accounting.md 3).

    Its entry is reversed, its number given back, the document stays on record as withdrawn, and its lines are back as the
    new draft that is given. ConflictError with what stands in the way.
    """
    invoice: Invoice | None = lock(Invoice, [invoice_id]).get(invoice_id)
    if invoice is None:
        raise NotFoundError(_("There is no such invoice."))
    items = sa.select(OpenItem.id).where(OpenItem.kind == ItemKind.INVOICE, OpenItem.source_id == invoice_id)
    lock(OpenItem, list(session.scalars(items)))  # a payment that comes at this moment waits, or is seen
    if sentence := why_not_withdrawn(invoice):
        raise ConflictError(sentence)
    if invoice.entry_id is None or not invoice.number_series or invoice.number_counter is None:
        raise AssertionError  # a posted document has them, by constraint
    period, counter = invoice.number_period or "", invoice.number_counter
    (reversal,) = ledger.reverse([invoice.entry_id], today=today, actor_id=actor_id)
    if entry_date(reversal) != invoice.invoice_date:
        raise DomainError(_("The period of this document is closed: credit it instead."))
    previous = session.scalar(
        sa.select(Invoice.invoice_date).where(
            Invoice.number_series == invoice.number_series,
            Invoice.number_period == period,
            Invoice.number_counter == counter - 1,
            Invoice.state == InvoiceState.POSTED,
        )
    )
    numbering.give_back(invoice.number_series, period, counter, previous)
    work = claims_of(invoice_id)
    claims.release_posted(BILL_KIND, [line_id for line_id, _kind, _work_id in work], now())
    # Not by the ORM: it would count the version up, and no other column may change.
    session.execute(
        sa.update(Invoice)
        .where(Invoice.id == invoice_id)
        .values(state=InvoiceState.WITHDRAWN)
        .execution_options(synchronize_session=False)
    )
    session.expire(invoice)
    search.changed(BILL_KIND, [invoice_id])
    from_sales_orders.follow([invoice_id])
    draft = _as_new_draft(invoice, work, actor_id)
    note([(BILL_KIND, invoice_id), ("customer", invoice.customer_id)], _("%(number)s withdrawn", number=invoice.number))
    return draft


def claims_of(invoice_id: int) -> list[tuple[int, WorkKind, int]]:
    """(line id, kind of work, its id) of the live claims of a document."""
    query = sa.select(WorkClaim).where(
        WorkClaim.bill_kind == BILL_KIND, WorkClaim.bill_id == invoice_id, WorkClaim.released_at.is_(None)
    )
    return [
        (claim.bill_line_id, "part", claim.part_used_id)
        if claim.part_used_id
        else (claim.bill_line_id, "time", claim.time_entry_id or 0)
        for claim in session.scalars(query)
    ]


def _as_new_draft(invoice: Invoice, work: Sequence[tuple[int, WorkKind, int]], actor_id: int) -> Invoice:
    same = {name: getattr(invoice, name) for name in (*SAME, *_OF_INVOICE)}
    totals = {name: getattr(invoice, name) for name in _TOTALS}
    draft = Invoice(kind=invoice.kind, created_by_id=actor_id, created_at=now(), **same, **totals)
    session.add(draft)
    session.flush()
    before = session.scalars(sa.select(InvoiceFollowUp).where(InvoiceFollowUp.invoice_id == invoice.id)).one_or_none()
    follow_up = {} if before is None else {name: getattr(before, name) for name in _FOLLOW_UP}
    session.add(InvoiceFollowUp(invoice_id=draft.id, **follow_up))
    lines = {
        line.id: InvoiceLine(
            invoice_id=draft.id,
            position=line.position,
            quantity=line.quantity,
            total_without_tax=line.total_without_tax,
            total_with_tax=line.total_with_tax,
            net=line.net,
            **{name: getattr(line, name) for name in SAME_LINE},
        )
        for line in session.scalars(
            sa.select(InvoiceLine).where(InvoiceLine.invoice_id == invoice.id).order_by(InvoiceLine.position)
        )
    }
    session.add_all(lines.values())
    query = sa.select(InvoiceServiceOrder.service_order_id).where(InvoiceServiceOrder.invoice_id == invoice.id)
    session.add_all(
        InvoiceServiceOrder(invoice_id=draft.id, service_order_id=order_id) for order_id in session.scalars(query).all()
    )
    session.flush()
    claims.claim(BILL_KIND, draft.id, [(lines[line_id].id, kind, work_id) for line_id, kind, work_id in work])
    note([(BILL_KIND, draft.id)], _("Draft made from the withdrawn %(number)s", number=invoice.number))
    return draft


def why_not_withdrawn(invoice: Invoice) -> str | None:
    """The sentence that says why this document cannot be withdrawn; None where it can."""
    if invoice.state is not InvoiceState.POSTED:
        return _("Only a posted document can be withdrawn.")
    follow_up = session.scalar(sa.select(InvoiceFollowUp).where(InvoiceFollowUp.invoice_id == invoice.id))
    if follow_up is not None and (follow_up.sent_at or follow_up.accountant_at):
        return _("It has been sent: credit it instead.")
    if mail.under_way("invoice", [invoice.id]):
        return _("A message with it is on its way, or may have arrived: see its page.")
    later = sa.exists().where(
        Invoice.state == InvoiceState.POSTED,
        Invoice.number_series == invoice.number_series,
        Invoice.number_period == invoice.number_period,
        Invoice.number_counter > (invoice.number_counter or 0),
    )
    if session.scalar(sa.select(later)):
        return _("It is not the last of its series: credit it instead.")
    if invoice.kind is InvoiceKind.CREDIT_NOTE:
        return _("A credit note is not withdrawn: invoice again.")
    return _why_touched(invoice)


def _why_touched(invoice: Invoice) -> str | None:
    if invoice.is_deposit and deposits.deducting(invoice.id):
        return _("It is deducted on another invoice: credit it instead.")
    item = session.scalar(
        sa.select(OpenItem).where(OpenItem.kind == ItemKind.INVOICE, OpenItem.source_id == invoice.id)
    )
    if item is not None and (item.balance != item.invoiced or item.paid or item.credited or item.claimed):
        return _("Something was paid or credited on it: credit it instead.")
    return None
