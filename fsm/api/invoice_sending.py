"""Invoices sent by the API, as live clients spell it: ``?send_mail``, ``/sendemail``, ``/send``, ``/sendaccountant``."""

from dataclasses import replace

from flask_babel import gettext as _

from fsm.api import mailing, uploads
from fsm.api.resource import Action, Asker, Values
from fsm.core.db import session
from fsm.core.errors import ConflictError
from fsm.documents import attachments
from fsm.invoices import sending, services
from fsm.invoices.drafts import BILL_KIND
from fsm.invoices.models import Invoice, InvoiceState
from fsm.mail.services import current_settings


def mail(invoice_id: int, data: Values, who: Asker) -> Values:
    """Write the message; the worker delivers it. The event tells what became of it."""
    invoice = session.get_one(Invoice, invoice_id)
    if invoice.state is not InvoiceState.POSTED:
        raise ConflictError(_("Only a posted document can be sent."))
    own = sending.recipients_of([invoice])[invoice.customer_id]
    to = mailing.recipients(data, own, invoice.customer_id, who)
    text = mailing.text(data, sending.beginning(invoice))
    along = [row.id for row in attachments.for_mail(BILL_KIND, invoice_id)]
    draft = sending.draft(invoice, text, to, attachment_ids=along, attaches_pdf=True)
    draft = replace(draft, attachments=[*draft.attachments, *uploads.for_mail(data.get("attachments", ()), who)])
    return {"event_id": sending.send(invoice, draft, actor_id=who.actor.id)}


def to_accountant(invoice_id: int, _data: Values, who: Asker) -> Values:
    """Marked as with the accountant; mailed too where the settings have an address."""
    services.mark_at_accountant(invoice_id, how="API")
    if current_settings().accountant_email:
        sending.send_to_accountant([invoice_id], actor_id=who.actor.id)
    return {}


def _mark_sent(invoice_id: int, _data: Values, who: Asker) -> Values:
    services.mark_sent([invoice_id], how="API", actor_id=who.actor.id)
    return {}


ACTIONS = (
    Action(
        name="sendemail",
        done="invoice sent",
        work=mail,
        schema=mailing.MailSchema(),
        spellings=("send_mail", "sendemail"),
    ),
    Action(name="send", done="invoice sent", work=mail, schema=mailing.MailSchema()),
    Action(name="mark_sent", done="invoice marked as sent", work=_mark_sent),
    Action(
        name="sendaccountant",
        done="invoice marked as sent to the accountant",
        work=to_accountant,
        spellings=("send_accountant", "sendaccountant"),
    ),
)
