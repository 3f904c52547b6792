"""Verbs for many documents at once: what stands against one of them is said of it, the others are done.

A few statements whatever the number of documents.
"""

import datetime as dt
import io
import zipfile
from collections.abc import Sequence

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.core import audit, bulk
from fsm.core.db import lock, session
from fsm.core.errors import DomainError
from fsm.core.lists import Outcome
from fsm.documents.models import FrozenPdf, PrintedFacts
from fsm.documents.services import pdf_of
from fsm.invoices import figures, services
from fsm.invoices.drafts import BILL_KIND, delete_drafts
from fsm.invoices.issuing import Prepared, prepare, problems
from fsm.invoices.models import Invoice, InvoiceFollowUp, InvoiceState

MOST_PDFS = 200
MOST_PDFS_TO_MAKE = 20


def _name(invoice: figures.Document) -> str:
    return invoice.number or f"{_('Draft %(id)s', id=invoice.id)} · {invoice.client_name}"


def _sorted_out(
    invoices: dict[int, Invoice], ids: Sequence[int], state: InvoiceState, why: str
) -> tuple[Outcome, list[Invoice]]:
    """Those in the wanted state, and an outcome that names the others."""
    outcome, fit = Outcome(), []
    for invoice_id in ids:
        invoice = invoices.get(invoice_id)
        if invoice is None:
            outcome.refuse(str(invoice_id), _("There is no such invoice."))
        elif invoice.state is not state:
            outcome.refuse(_name(invoice), why)
        else:
            fit.append(invoice)
    return outcome, fit


def mark_sent(invoice_ids: Sequence[int], *, how: str) -> Outcome:
    """Remember that posted documents went to the customer; one that was sent already keeps its first time."""
    rows = session.scalars(sa.select(Invoice).where(Invoice.id.in_(invoice_ids)).order_by(Invoice.id))
    outcome, posted = _sorted_out(
        {row.id: row for row in rows}, invoice_ids, InvoiceState.POSTED, _("Only a posted document can be sent.")
    )
    ids = [invoice.id for invoice in posted]
    query = sa.select(InvoiceFollowUp).where(InvoiceFollowUp.invoice_id.in_(ids)).order_by(InvoiceFollowUp.invoice_id)
    follow_ups = {row.invoice_id: row for row in session.scalars(query.with_for_update())}
    unsent = []
    for invoice in posted:
        if follow_ups[invoice.id].sent_at is None:
            unsent.append(invoice)
        else:
            outcome.refuse(_name(invoice), _("It was marked as sent before."))
    values = {"sent_at": audit.now(), "sent_how": how[:40]}
    bulk.change(InvoiceFollowUp, [(follow_ups[invoice.id], values) for invoice in unsent])
    audit.notes(
        ([(BILL_KIND, invoice.id), ("customer", invoice.customer_id)], _("%(number)s sent", number=invoice.number))
        for invoice in unsent
    )
    outcome.done = len(unsent)
    return outcome


def post(invoice_ids: Sequence[int], *, actor_id: int, today: dt.date) -> Outcome:
    """Post drafts; one with a problem of its own stays a draft. What the books refuse (a closed period) refuses all."""
    outcome, drafts = _sorted_out(
        lock(Invoice, set(invoice_ids)), invoice_ids, InvoiceState.DRAFT, _("It is posted already.")
    )
    ready = []
    for one in _prepared(drafts, outcome, today):
        sentences = [problem.sentence for problem in problems(one, today=today)]
        if sentences:
            outcome.refuse(_name(one.invoice), " ".join(sentences))
        else:
            ready.append(one.invoice.id)
    if ready:
        services.post(ready, actor_id=actor_id, today=today)
    outcome.done = len(ready)
    return outcome


def _prepared(drafts: Sequence[Invoice], outcome: Outcome, today: dt.date) -> list[Prepared]:
    """All at once; one by one where one of them has no totals, to find out which."""
    try:
        return prepare(drafts, today=today)
    except DomainError:
        prepared = []
    for draft in drafts:
        try:
            prepared += prepare([draft], today=today)
        except DomainError as error:
            outcome.refuse(_name(draft), str(error))
    return prepared


def delete(invoice_ids: Sequence[int]) -> Outcome:
    """Delete drafts; the hours and parts that they claimed are to bill again."""
    outcome, drafts = _sorted_out(
        lock(Invoice, set(invoice_ids)),
        invoice_ids,
        InvoiceState.DRAFT,
        _("It is posted: it is final. Withdraw it or credit it."),
    )
    delete_drafts(drafts)
    outcome.done = len(drafts)
    return outcome


def pdfs(invoice_ids: Sequence[int]) -> io.BytesIO:
    """The PDFs of posted documents as one ZIP. DomainError where too many of them have not been made yet."""
    query = sa.select(Invoice.id, Invoice.number).where(
        Invoice.id.in_(invoice_ids), Invoice.state == InvoiceState.POSTED
    )
    numbers = dict(session.execute(query).all())
    made = session.scalar(
        sa.select(sa.func.count())
        .select_from(FrozenPdf)
        .join(PrintedFacts, PrintedFacts.id == FrozenPdf.printed_facts_id)
        .where(PrintedFacts.document_kind == BILL_KIND, PrintedFacts.document_id.in_(numbers))
    )
    if len(numbers) - (made or 0) > MOST_PDFS_TO_MAKE:
        raise DomainError(
            _("%(count)s of these PDFs are still being made. Try again in a minute.", count=len(numbers) - (made or 0))
        )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:  # PDFs are compressed already
        for invoice_id in sorted(numbers):
            archive.writestr(f"{numbers[invoice_id]}.pdf".replace("/", "-"), pdf_of(BILL_KIND, invoice_id))
    file.seek(0)
    return file
