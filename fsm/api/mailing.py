"""Mail about a document by the API, as live clients ask for it: to whom, what it says, what goes with it."""

import re
from collections.abc import Sequence

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.api.errors import BadRequestError
from fsm.api.fields import Html, ListOf, OneOf, Text, Texts, WireSchema
from fsm.api.resource import Asker, Values
from fsm.api.uploads import AttachmentSchema
from fsm.core.db import session
from fsm.customers.models import Contact
from fsm.documents.rich_text import text_of
from fsm.mail.addresses import MOST_RECIPIENTS, Address, parsed
from fsm.mail.kinds import Text as MailText
from fsm.mail.services import MOST_ATTACHMENTS

MAIN = frozenset({"main_contact", "first_contact"})
ALL_CONTACTS, MYSELF = "all_contacts", "myself"
_OF_PROGRAMS = ".invalid"  # a program has no mailbox


class MailSchema(WireSchema):
    """Who gets the mail; what is not given is as the template says."""

    recipient = Text(
        1000,
        example="main_contact",
        note="Addresses or contact ids with spaces or commas, main_contact (the default), first_contact, all_contacts "
        "or myself.",
    )
    recipients = Texts(MOST_RECIPIENTS, note="The same as a list.")
    subject = Text(200)
    message = Text(10_000)
    message_html = Html(10_000, note="Its text is sent.")
    document_type = OneOf({"pdf": "pdf"}, default="pdf")
    attachments = ListOf(AttachmentSchema(), MOST_ATTACHMENTS, note="Uploads that go along.")


def recipients(data: Values, own: Sequence[Address], customer_id: int, who: Asker) -> list[Address]:
    """``own`` are those who get the customer's documents. BadRequestError where nobody is left."""
    wanted = [word for text in (data.get("recipient", ""), *data.get("recipients", ())) for word in _words(text)]
    found: list[Address] = []
    for word in wanted or ["main_contact"]:
        found += _meant(word, own, customer_id, who)
    if not found:
        raise BadRequestError(_("This customer has no e-mail address: name one."), "recipient")
    return list({address.email.casefold(): address for address in found}.values())


def _words(text: str) -> list[str]:
    """Between commas and semicolons, and between spaces where no name stands before an address in brackets."""
    parts = [part.strip() for part in re.split("[,;\r\n]", text) if part.strip()]
    return [word for part in parts for word in ([part] if "<" in part else part.split())]


def _meant(word: str, own: Sequence[Address], customer_id: int, who: Asker) -> Sequence[Address]:
    if word in MAIN:
        return own[:1]
    if word == ALL_CONTACTS:
        return own
    if word == MYSELF:
        if who.actor.email.endswith(_OF_PROGRAMS):
            raise BadRequestError(_("A key has no address of its own: name one."), "recipient")
        return [Address(who.actor.email, who.actor.name)]
    if re.fullmatch("[0-9]{1,18}", word):
        query = sa.select(Contact).where(Contact.id == int(word), Contact.customer_id == customer_id)
        contact = session.scalar(query)
        if contact is None or not contact.email:
            raise BadRequestError(_("This customer has no contact %(id)s with an address.", id=word), "recipient")
        return [Address(contact.email, contact.name)]
    return parsed(word, "recipient")


def text(data: Values, usual: MailText) -> MailText:
    """What it says: what is given, else the template."""
    message = text_of(data.get("message_html", "")) or data.get("message", "")
    return MailText(data.get("subject") or usual.subject, message or usual.body)
