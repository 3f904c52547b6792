"""The life of a quote: made, changed, sent, signed (which makes the sales order) or declined."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.company.services import ensure_series, the_company
from fsm.core import audit, numbering
from fsm.core.db import lock, session
from fsm.core.errors import ConflictError, DomainError, NotFoundError
from fsm.core.formats import day, local
from fsm.core.state import advance, check_version
from fsm.customers.models import Customer, Site
from fsm.documents import beside, priced_lines
from fsm.documents.defaults import DocumentDefaults
from fsm.documents.facts import DocumentKind, Facts
from fsm.documents.priced import PARTY, TERMS, TOTALS
from fsm.documents.priced_facts import priced_facts
from fsm.documents.rates import LineRates
from fsm.documents.services import freeze
from fsm.documents.values import DocumentValues, LineValues
from fsm.files import services as files
from fsm.quotes import links
from fsm.quotes.models import TRANSITIONS, Quote, QuoteLine, QuoteSignature, QuoteState
from fsm.sales_orders import services as sales_orders
from fsm.sales_orders.models import SalesOrder

KIND = "quote"
MAX_REASON = 250
MAX_NAME = 100
SIGNATURE_TYPE = "image/png"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteValues(DocumentValues):
    """A quote's own fields as they are saved; ``quote_date`` None: the day of sending."""

    quote_date: dt.date | None
    valid_until: dt.date | None


@dataclass(frozen=True, slots=True)
class Signed:
    """Who signed and how. ``png``: what was drawn; ``link_id`` None: on paper, written down by the office."""

    signer_name: str
    png: bytes | None = None
    link_id: int | None = None
    ip_address: str = ""
    device: str = ""


def create(customer_id: int, *, actor_id: int, today: dt.date, site_id: int | None = None) -> Quote:
    """An empty quote with all that is known of customer, site and settings."""
    customer = session.get(Customer, customer_id)
    if customer is None:
        raise NotFoundError(_("There is no such customer."), "customer_id")
    site = session.get(Site, site_id) if site_id else None
    if site_id and (site is None or customer_id not in {site.customer_id, site.payer_id}):
        raise DomainError(_("This customer has nothing to do with that site."), "customer_id")
    defaults = DocumentDefaults()
    quote = Quote(
        **defaults.of(customer, site),
        state=QuoteState.CREATED,
        valid_until=today + dt.timedelta(days=defaults.document.quote_days_valid),
        created_by_id=actor_id,
        created_at=audit.now(),
    )
    session.add(quote)
    session.flush()
    _note(quote, _("Quote made"))
    return quote


def hold(quote_id: int, version: int | None = None) -> Quote:
    """The quote, held until the transaction ends; NotFoundError, ConflictError for a stale version."""
    quote: Quote | None = lock(Quote, [quote_id]).get(quote_id)
    if quote is None:
        raise NotFoundError(_("There is no such quote."))
    check_version(quote.version, version)
    return quote


def lines_of(quote_id: int) -> list[QuoteLine]:
    """In their order, fresh."""
    query = sa.select(QuoteLine).where(QuoteLine.quote_id == quote_id).order_by(QuoteLine.position)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def rates_of(quote: Quote, on: dt.date | None = None) -> LineRates:
    """The rates that its lines are proposed at."""
    site = session.get(Site, quote.site_id) if quote.site_id else None
    day_of_quote = on or quote.quote_date or local(audit.now()).date()
    return LineRates(the_company(), session.get_one(Customer, quote.customer_id), on=day_of_quote, site=site)


def save(quote_id: int, values: QuoteValues, lines: Sequence[LineValues], *, version: int | None) -> Quote:
    """Change a quote. One that was sent is to be sent again, and the link to sign it is worth nothing any more.

    DomainError with the field, for a line as ``lines-<place>-<field>``; ConflictError when it is signed.
    """
    quote = hold(quote_id, version)
    if quote.state is QuoteState.SIGNED:
        raise ConflictError(_("%(number)s is signed: it is final. Make a copy.", number=quote.number))
    if values.valid_until and values.quote_date and values.valid_until < values.quote_date:
        raise DomainError(_("It cannot end before its own date."), "valid_until")
    if quote.state is not QuoteState.CREATED:
        quote.state = advance(TRANSITIONS, quote.state, QuoteState.CREATED)
        quote.sent_at, quote.sent_how, quote.declined_on, quote.declined_reason = None, "", None, ""
        links.revoke_of(quote.id)
        _note(quote, _("%(number)s changed: to be sent again", number=quote.number))
    priced_lines.save(quote, values, lines, QuoteLine, rates_of(quote, values.quote_date))
    return quote


def delete(quote_id: int, *, version: int | None = None) -> None:
    """Only one that never had a number; any other stays on record."""
    quote = hold(quote_id, version)
    if quote.number is not None:
        raise ConflictError(_("%(number)s has been sent: it stays on record.", number=quote.number))
    session.execute(sa.delete(QuoteLine).where(QuoteLine.quote_id == quote.id))
    beside.forget(KIND, [quote.id])
    audit.note([("customer", quote.customer_id)], _("Quote deleted"))
    session.delete(quote)
    session.flush()


def copy(quote_id: int, *, actor_id: int, today: dt.date) -> Quote:
    """A new quote with the same content, whatever became of the old one; valid as a new one is."""
    old = session.get(Quote, quote_id)
    if old is None:
        raise NotFoundError(_("There is no such quote."))
    quote = Quote(
        state=QuoteState.CREATED,
        valid_until=today + dt.timedelta(days=DocumentDefaults().document.quote_days_valid),
        created_by_id=actor_id,
        created_at=audit.now(),
        **{name: getattr(old, name) for name in (*PARTY, *TERMS, *TOTALS)},
    )
    session.add(quote)
    session.flush()
    session.add_all(QuoteLine(quote_id=quote.id, **columns) for columns in priced_lines.copies(lines_of(old.id)))
    session.flush()
    _note(quote, _("Quote made, a copy of %(number)s", number=old.number or _("a quote not sent")))
    return quote


def mark_sent(quote_id: int, *, how: str, today: dt.date) -> Quote:
    """It went to the customer; the first time it gets its number. DomainError for one without lines or out of date."""
    quote = hold(quote_id)
    state = advance(TRANSITIONS, quote.state, QuoteState.SENT)
    if not lines_of(quote.id):
        raise DomainError(_("There is no line yet."), "lines")
    if quote.valid_until is not None and quote.valid_until < today:
        raise DomainError(_("Its last day is over: give it a later one first."), "valid_until")
    _number(quote, today)
    quote.state, quote.quote_date = state, quote.quote_date or today
    quote.sent_at, quote.sent_how = audit.now(), how[:40]
    session.flush()
    _note(quote, _("%(number)s sent", number=quote.number))
    return quote


def give_number(quote_id: int, *, today: dt.date) -> Quote:
    """Its number, where it has none yet: a message about it names it before a server has taken it.

    DomainError for one without lines, ConflictError for one that is answered.
    """
    quote = hold(quote_id)
    if quote.state not in {QuoteState.CREATED, QuoteState.SENT}:
        raise ConflictError(_("%(number)s is answered already.", number=quote.number))
    if not lines_of(quote.id):
        raise DomainError(_("There is no line yet."))
    if quote.valid_until is not None and quote.valid_until < today:
        raise DomainError(_("Its last day is over: give it a later one first."))
    _number(quote, today)
    session.flush()
    return quote


def _number(quote: Quote, today: dt.date) -> None:
    if quote.number is None:
        ensure_series(KIND)
        (number,) = numbering.take(KIND, [today])
        quote.number, quote.number_series = number.text, number.series
        quote.number_period, quote.number_counter = number.period, number.counter


def sign(quote_id: int, signed: Signed, *, actor_id: int | None, today: dt.date) -> SalesOrder:
    """The customer agrees: what was printed is kept, the quote is locked, and the sales order is made of it."""
    quote = hold(quote_id)
    if quote.is_expired(today):
        raise ConflictError(
            _(
                "%(number)s expired on %(day)s: change and send it again.",
                number=quote.number,
                day=day(quote.valid_until),
            )
        )
    advance(TRANSITIONS, quote.state, QuoteState.SIGNED)
    name = signed.signer_name.strip()
    if len(name) > MAX_NAME:
        raise DomainError(_("At most %(most)s characters.", most=MAX_NAME), "signer_name")
    lines = lines_of(quote.id)
    order = sales_orders.create_from(quote, lines, actor_id=actor_id, today=today, quote_number=quote.number or "")
    freeze([(KIND, quote.id, facts_of(quote))])
    session.add(
        QuoteSignature(
            quote_id=quote.id,
            signer_name=name,
            signed_at=audit.now(),
            file_id=files.put(signed.png, SIGNATURE_TYPE).id if signed.png else None,
            link_id=signed.link_id,
            ip_address=signed.ip_address[:45],
            device=signed.device[:250],
            written_by_id=actor_id,
        )
    )
    links.revoke_of(quote.id)
    quote.state, quote.signed_on, quote.sales_order_id = QuoteState.SIGNED, today, order.id
    session.flush()
    who = _("%(number)s signed by %(name)s", number=quote.number, name=name) if name else None
    _note(quote, who or _("%(number)s signed", number=quote.number))
    return order


def decline(quote_id: int, reason: str, *, today: dt.date) -> Quote:
    """The customer does not want it; the reason is for the next one."""
    quote = hold(quote_id)
    if not reason.strip():
        raise DomainError(_("Say why, as far as you know."), "reason")
    quote.state = advance(TRANSITIONS, quote.state, QuoteState.DECLINED)
    quote.declined_on, quote.declined_reason = today, reason.strip()[:MAX_REASON]
    links.revoke_of(quote.id)
    session.flush()
    _note(quote, _("%(number)s declined: %(reason)s", number=quote.number, reason=quote.declined_reason))
    return quote


def facts_of(quote: Quote) -> Facts:
    """What is printed on the quote."""
    return priced_facts(
        DocumentKind.QUOTE,
        quote,
        list(lines_of(quote.id)),
        session.get_one(Customer, quote.customer_id),
        on=quote.quote_date,
        expiry_date=quote.valid_until,
    )


def _note(quote: Quote, sentence: str) -> None:
    subjects = [(KIND, quote.id), ("customer", quote.customer_id)]
    if quote.service_order_id:
        subjects.append(("service_order", quote.service_order_id))
    audit.note(subjects, sentence)
