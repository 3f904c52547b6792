"""Invoices sent by the API, as live clients spell it: ``?send_mail``, ``/sendemail``, ``/send``, ``/sendaccountant``."""

from flask_babel import gettext as _

from fsm.api.errors import BadRequestError
from fsm.api.fields import Text, WireSchema
from fsm.api.resource import Action, Asker, Values
from fsm.core.db import session
from fsm.core.errors import ConflictError
from fsm.invoices import sending, services
from fsm.invoices.models import Invoice, InvoiceState
from fsm.mail.addresses import Address
from fsm.mail.kinds import Text as MailText
from fsm.mail.services import current_settings

MAIN = frozenset({"", "main_contact", "first_contact"})


class MailSchema(WireSchema):
    """Who gets the mail; what is not given is as the template says."""

    recipient = Text(1000, example="main_contact", note="Addresses with commas, main_contact, all_contacts or myself.")
    subject = Text(200)
    message = Text(10_000)


def mail(invoice_id: int, data: Values, who: Asker) -> Values:
    """Write the message; the worker delivers it. The event tells what became of it."""
    invoice = session.get_one(Invoice, invoice_id)
    if invoice.state is not InvoiceState.POSTED:
        raise ConflictError(_("Only a posted document can be sent."))
    recipients = _recipients(invoice, data.get("recipient", "").strip(), who)
    if not recipients:
        raise BadRequestError(_("This customer has no e-mail address: name one."), "recipient")
    text = sending.beginning(invoice)
    text = MailText(data.get("subject") or text.subject, data.get("message") or text.body)
    draft = sending.draft(invoice, text, recipients, attachment_ids=(), attaches_pdf=True)
    return {"event_id": sending.send(invoice, draft, actor_id=who.actor.id)}


def _recipients(invoice: Invoice, wanted: str, who: Asker) -> list[Address]:
    if wanted == "myself":
        return [Address(who.actor.email, who.actor.name)]
    if wanted in MAIN or wanted == "all_contacts":
        found = sending.recipients_of([invoice])[invoice.customer_id]
        return found if wanted == "all_contacts" else found[:1]
    return [Address(part.strip()) for part in wanted.replace(";", ",").split(",") if part.strip()]


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
    Action(name="sendemail", done="invoice sent", work=mail, schema=MailSchema(), spellings=("send_mail", "sendemail")),
    Action(name="send", done="invoice sent", work=mail, schema=MailSchema()),
    Action(name="mark_sent", done="invoice marked as sent", work=_mark_sent),
    Action(
        name="sendaccountant",
        done="invoice marked as sent to the accountant",
        work=to_accountant,
        spellings=("send_accountant", "sendaccountant"),
    ),
)
