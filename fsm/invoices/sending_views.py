"""Sending: the page of one document, many at once, a whole month-end run, the accountant, printing."""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import (  # type: ignore[attr-defined]  # reason: stubs are older
    SelectChoice,
)

from fsm.core.db import afterwards
from fsm.core.errors import ConflictError, DomainError
from fsm.core.lists import Outcome
from fsm.core.transactions import attempt, computes_only
from fsm.documents import attachments
from fsm.documents.services import pdf_of
from fsm.invoices import queries, run_queries, sending
from fsm.invoices.blueprint import bp
from fsm.invoices.drafts import BILL_KIND
from fsm.invoices.listing import INVOICES
from fsm.invoices.models import Invoice, InvoiceState
from fsm.invoices.pdf_answer import inline
from fsm.mail.addresses import parsed
from fsm.mail.filling import unknown
from fsm.mail.forms import TextForm
from fsm.mail.kinds import KINDS, PLACEHOLDERS, Text
from fsm.mail.services import current_settings
from fsm.users import list_pages
from fsm.users.forms import MultiCheckboxField


class SendForm(TextForm):
    """A message about one document, and the files that go along."""

    attachment_ids = MultiCheckboxField(_l("And these files"), coerce=int)


def _form(invoice: Invoice) -> SendForm:
    text = sending.beginning(invoice)
    to = sending.recipients_of([invoice])[invoice.customer_id]
    its = attachments.of_document(BILL_KIND, invoice.id)
    form = SendForm(
        data={
            "recipients": "\n".join(map(str, to)),
            "subject": text.subject,
            "body": text.body,
            "attaches_document": True,
            "attachment_ids": [row.id for row in its if row.goes_with_mail],
        }
    )
    form.attachment_ids.choices = [SelectChoice(row.id, row.name) for row in its]
    return form


def _posted(invoice_id: int) -> Invoice:
    invoice = queries.document(invoice_id)
    if invoice.state is not InvoiceState.POSTED:
        raise ConflictError(_("Only a posted document can be sent."))
    return invoice


@bp.route("/invoices/<id:invoice_id>/send", methods=["GET", "POST"])
def send(invoice_id: int) -> ResponseReturnValue:
    """To whom, what it says, what goes along; the worker does the rest."""
    invoice = _posted(invoice_id)
    form = _form(invoice)
    if form.validate_on_submit() and attempt(form, lambda: _send(invoice, form)):
        flash(_("%(number)s is on its way. What comes of it is said here.", number=invoice.number), "success")
        return redirect(url_for("invoices.show", invoice_id=invoice_id, _anchor="mail"), 303)
    status = int(g.get("refused_status", 422)) if request.method == "POST" else 200
    if status != 200:  # noqa: PLR2004 - what was refused has rolled back
        invoice = queries.document(invoice_id)
    kind = KINDS[sending.kind_of(invoice)]
    page = render_template(
        "invoices/send.html",
        invoice=invoice,
        form=form,
        kind=kind,
        settings=current_settings(),
        live=[(name, PLACEHOLDERS[name][0]) for name in kind.placeholders if name in kind.live],
        sent_at=invoice.follow_up.sent_at if invoice.follow_up else None,
        **_preview(invoice, form.subject.data or "", form.body.data or "", form.recipients.data or ""),
    )
    return page, status


def _send(invoice: Invoice, form: SendForm) -> int:
    message = sending.draft(
        invoice,
        Text(form.subject.data or "", form.body.data or ""),
        parsed(form.recipients.data or "", "recipients"),
        attachment_ids=form.attachment_ids.data or [],
        attaches_pdf=bool(form.attaches_document.data),
    )
    return sending.send(invoice, message, actor_id=g.actor_id)


@bp.post("/invoices/<id:invoice_id>/send/preview")
@computes_only
def preview_message(invoice_id: int) -> ResponseReturnValue:
    """How it would read if it left now, while it is typed."""
    invoice = _posted(invoice_id)
    subject, body = request.form.get("subject", "")[:500], request.form.get("body", "")[:20_000]
    to = request.form.get("recipients", "")[:5000]
    return render_template("mail/_preview.html", **_preview(invoice, subject, body, to))


def _preview(invoice: Invoice, subject: str, body: str, to: str) -> dict[str, Any]:
    try:
        names = [address.name for address in parsed(to) if address.name]
    except DomainError:
        names = []
    text = sending.preview(invoice, subject, body, names)
    wrong = unknown(f"{subject}\n{body}", KINDS[sending.kind_of(invoice)].placeholders)
    return {"preview_subject": text.subject, "preview_body": text.body, "wrong": wrong}


# --- many
def _asked(done: int) -> str:
    return ngettext("%(num)s document is on its way.", "%(num)s documents are on their way.", done)


@bp.post("/invoices/send-many")
def send_many() -> ResponseReturnValue:
    """A message for each, to the customer's contacts who get invoices, with the text of its language."""
    return list_pages.act(INVOICES, lambda ids: sending.send_many(ids, actor_id=g.actor_id), _asked)


@bp.post("/invoices/send-many-to-accountant")
def send_many_to_accountant() -> ResponseReturnValue:
    return list_pages.act(INVOICES, lambda ids: sending.send_to_accountant(ids, actor_id=g.actor_id), _asked)


@bp.post("/invoices/<id:invoice_id>/send-to-accountant")
def send_to_accountant(invoice_id: int) -> ResponseReturnValue:
    """One document to the address in the settings."""
    invoice = queries.document(invoice_id)
    _refuse_first(sending.send_to_accountant([invoice.id], actor_id=g.actor_id))
    flash(_("It is on its way to the accountant."), "success")
    return redirect(url_for("invoices.show", invoice_id=invoice_id, _anchor="mail"), 303)


def _refuse_first(outcome: Outcome) -> None:
    for _name, sentence in outcome.refused:
        raise ConflictError(sentence)


@bp.post("/invoices/month-end/<id:run_id>/send")
def send_run(run_id: int) -> ResponseReturnValue:
    """All that a run has posted and that was not sent yet, in one click."""
    run = run_queries.run(run_id)
    ids = run_queries.unsent(run.id)
    if not ids:
        raise ConflictError(_("Everything of this run is sent, or on its way."))
    outcome = sending.send_many(ids, actor_id=g.actor_id)
    back_url = url_for("invoices.run", run_id=run_id)
    if not outcome.refused:
        flash(_asked(outcome.done), "success")
        return redirect(back_url, 303)
    page = render_template(
        "list_outcome.html", spec=INVOICES, outcome=outcome, done=_asked(outcome.done), back_url=back_url
    )
    return page, 200 if outcome.done else 422


# --- on paper
@bp.get("/invoices/<id:invoice_id>/print")
def print_pdf(invoice_id: int) -> ResponseReturnValue:
    """The PDF to print; that it was printed is written down after the answer."""
    invoice = _posted(invoice_id)
    data = pdf_of(BILL_KIND, invoice_id)
    afterwards(lambda: sending.mark_printed(invoice_id))
    return inline(data, f"{invoice.number}.pdf")
