"""Quotes and sales orders by mail: what a message about one says, who gets it, and what follows once it was taken."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.company.models import Language
from fsm.company.services import the_company
from fsm.core.audit import note
from fsm.core.db import session
from fsm.customers.models import Contact, Customer
from fsm.documents.priced import PricedColumns
from fsm.documents.words import Words
from fsm.mail.addresses import MOST_RECIPIENTS, Address
from fsm.mail.filling import LINK, fill, fill_line
from fsm.mail.kinds import KINDS, Text
from fsm.mail.services import Document, Draft, File, current_settings, enqueue_messages
from fsm.mail.settings import text_of
from fsm.mail.sources import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailed:
    """A kind of document; ``dates`` gives its own date and the last day of its validity."""

    kind: str
    page: tuple[str, str]
    found: Callable[[int], PricedColumns]
    pdf: Callable[[int], bytes]
    accepted: Callable[[int], None]
    why_not: Callable[[int], str | None]
    dates: Callable[[PricedColumns], tuple[dt.date | None, dt.date | None]]


def source(mailed: Mailed) -> Source:
    """For the roof."""

    def accepted(message_kind: str, document_id: int) -> None:
        del message_kind  # there is one
        mailed.accepted(document_id)

    return Source(
        facts=lambda document_id, language: facts(mailed, document_id, language),
        render=mailed.pdf,
        accepted=accepted,
        subjects=lambda document_id: [
            (mailed.kind, document_id),
            ("customer", mailed.found(document_id).customer_id),
        ],
        page=mailed.page,
        why_not=mailed.why_not,
    )


def facts(mailed: Mailed, document_id: int, language: str) -> dict[str, str]:
    """Placeholders and their texts at this moment."""
    document, words = mailed.found(document_id), Words(Language(language))
    own, last = mailed.dates(document)
    return {
        "company": the_company().name,
        "customer": document.client_name,
        "contact": document.client_attention or document.client_name,
        "number": document.number or "",
        "date": words.day(own) if own else "",
        "reference": document.reference,
        "total": words.with_currency(document.total_with_tax, document.currency),
        "valid_until": words.day(last) if last else "",
    }


def beginning(mailed: Mailed, document: PricedColumns) -> Text:
    """The text with all filled in that will not change until it leaves; the rest keeps its placeholders."""
    kind, language = KINDS[mailed.kind], document.language.value
    text = text_of(kind.name, language)
    known = {
        name: fact for name, fact in facts(mailed, document.id, language).items() if fact and name not in kind.live
    }
    if not current_settings().public_url:
        known[LINK] = ""
    return Text(fill_line(text.subject, known), fill(text.body, known))


def recipients_of(customer_id: int) -> list[Address]:
    """The contacts who get quotes, else the customer's own address."""
    query = sa.select(Contact).where(Contact.customer_id == customer_id, Contact.gets_quotes, Contact.email != "")
    found = {row.email.casefold(): Address(row.email, row.name) for row in session.scalars(query.order_by(Contact.id))}
    customer = session.get_one(Customer, customer_id)
    if not found and customer.email:
        found[customer.email] = Address(customer.email, customer.attention)
    return list(found.values())[:MOST_RECIPIENTS]


def send(
    mailed: Mailed,
    document: PricedColumns,
    text: Text,
    recipients: Sequence[Address],
    *,
    actor_id: int,
    attaches_pdf: bool,
    files: Sequence[File] = (),
) -> int:
    """Write the message and its job; gives its id. It counts as sent once a server has taken it."""
    pdf = [Document(f"{document.number}.pdf", mailed.kind, document.id)] if attaches_pdf else []
    draft = Draft(
        kind=mailed.kind,
        language=document.language.value,
        subject=text.subject,
        body=text.body,
        recipients=recipients,
        about=(mailed.kind, document.id),
        attachments=[*pdf, *files],
    )
    (message_id,) = enqueue_messages([draft], actor_id=actor_id, is_urgent=True)
    emails = ", ".join(one.email for one in recipients)
    note([(mailed.kind, document.id)], _("A message to %(emails)s was asked for", emails=emails))
    return message_id
