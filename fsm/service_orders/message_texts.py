"""What a message to a customer says, in the customer's language, and who gets it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Protocol

import sqlalchemy as sa
from babel import Locale
from babel.dates import format_date

from fsm.company.services import the_company
from fsm.core.db import session
from fsm.core.errors import DomainError
from fsm.core.formats import clock, local
from fsm.customers.models import Contact, Customer, Site
from fsm.mail.addresses import MOST_RECIPIENTS, Address, checked
from fsm.mail.filling import fill, fill_line
from fsm.mail.kinds import CODES, KINDS, Text
from fsm.mail.services import LONGEST_BODY, LONGEST_SUBJECT
from fsm.mail.settings import text_of
from fsm.service_orders.models import ServiceOrder, Visit

MOST_WORDS = 4_000
_BRITISH = Locale("en", "GB")  # the day before the month, as elsewhere


class Hours(Protocol):
    """From when until when: a visit, or what was told of it."""

    @property
    def start_at(self) -> dt.datetime | None:
        """From."""

    @property
    def end_at(self) -> dt.datetime | None:
        """Until."""


def is_same_hour(one: Hours, other: Hours) -> bool:
    """Whether the customer would read the same."""
    return (one.start_at, one.end_at) == (other.start_at, other.end_at)


def language_of(customer: Customer) -> str:
    """S3's word for the language that the customer reads."""
    return (customer.language or the_company().language).value


def facts_of(
    order: ServiceOrder,
    *,
    visit: Hours | None = None,
    before: Hours | None = None,
    day: dt.date | None = None,
    technicians: Sequence[str] | None = None,
) -> dict[str, str]:
    """Placeholders and their texts as they are now; ``before``: what was told of the visit until then."""
    locale = _locale(language_of(order.customer))
    if technicians is None:
        technicians = [visit.technician.name] if isinstance(visit, Visit) else []
    facts = {
        "company": the_company().name,
        "customer": order.customer.name,
        "number": order.number,
        "reference": order.reference,
        "site": _place(order.site),
        "visit_day": _day(local(visit.start_at).date() if visit and visit.start_at else day, locale),
        "visit_from": clock(visit.start_at) if visit else "",
        "visit_until": clock(visit.end_at) if visit else "",
        "visit_before": _hour(before, locale),
        "technician": ", ".join(technicians),
        "description": order.description,
        "report": order.report,
    }
    return {name: _plain(text) for name, text in facts.items()}


def _locale(language: str) -> Locale:
    code = CODES[language]
    return _BRITISH if code == "en" else Locale(code)


def _day(day: dt.date | None, locale: Locale) -> str:
    """With the weekday, by which people remember."""
    return format_date(day, "full", locale=locale) if day else ""


def _hour(hours: Hours | None, locale: Locale) -> str:
    if hours is None or hours.start_at is None:
        return ""
    return f"{_day(local(hours.start_at).date(), locale)}, {clock(hours.start_at)}"


def _place(site: Site) -> str:
    town = f"{site.postal_code} {site.city}".strip()
    return ", ".join(filter(None, (site.street, site.street2, town))) or site.name


def _plain(text: str) -> str:
    """What people typed holds no placeholders, and nothing that a mail cannot carry."""
    text = text.replace("{", "(").replace("}", ")")
    text = "".join(char if char.isprintable() or char == "\n" else " " for char in text)
    return text if len(text) <= MOST_WORDS else f"{text[: MOST_WORDS - 1]}…"


def written(customer: Customer, kind: str, facts: Mapping[str, str]) -> tuple[str, Text]:
    """The language, and the text with all filled in that is of the event; names are filled in when it leaves."""
    language = language_of(customer)
    text = text_of(kind, language)
    known = {name: fact for name, fact in facts.items() if name not in KINDS[kind].live}
    subject = fill_line(text.subject, known)[:LONGEST_SUBJECT]
    return language, Text(subject, fill(text.body, known)[:LONGEST_BODY])


def recipients_of(customer: Customer) -> tuple[list[Address], str]:
    """The contacts who get messages about visits, else the customer's own address; and what is wrong with one."""
    query = sa.select(Contact).where(
        Contact.customer_id == customer.id, Contact.gets_visit_messages, Contact.email != ""
    )
    wanted = [Address(row.email, row.name) for row in session.scalars(query.order_by(Contact.id))]
    if not wanted and customer.email:
        wanted = [Address(customer.email, customer.attention)]
    found: dict[str, Address] = {}
    wrong = ""
    for address in wanted:
        try:
            sound = checked(address)
        except DomainError as error:
            wrong = wrong or str(error)
        else:
            found.setdefault(sound.email.casefold(), sound)
    return list(found.values())[:MOST_RECIPIENTS], wrong
