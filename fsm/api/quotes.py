"""``/quotes``: offers with their items and remarks, sent, signed or declined, in S3's style."""

from typing import Any

import sqlalchemy as sa
from flask import g

from fsm.api import beside, mailing, priced_fields, priced_rows, uploads
from fsm.api import quote_verbs as verbs
from fsm.api.document_files import files_part
from fsm.api.fields import Day, OneOf, Text
from fsm.api.numbers import Id, Money
from fsm.api.query import Column, found_by_words
from fsm.api.resource import Action, Asker, Resource, Shown, Values, Verbs
from fsm.documents import priced_mail
from fsm.quotes import services
from fsm.quotes.models import Quote, QuoteLine, QuoteState
from fsm.quotes.sending import MAILED
from fsm.users.actor import Actor


def _own(quote: Quote, view: Shown) -> Values:
    signature = quote.signature
    return {
        "quote_date": quote.quote_date,
        "valid_until": quote.valid_until,
        "status": "expired" if quote.is_expired(view.today) else quote.state.value,
        "signed_on": quote.signed_on,
        "signed_by": signature.signer_name if signature else None,
        "declined_on": quote.declined_on,
        "declined_reason": quote.declined_reason,
        "sales_order_id": quote.sales_order_id,
        "order_uri": f"{view.root}/orders/{quote.sales_order_id}" if quote.sales_order_id else None,
        "service_order_id": quote.service_order_id,
    }


KIND = priced_rows.Kind(place=verbs.PLACE, word="quote", line=QuoteLine, own=_own)


def _select(_actor: Actor) -> sa.Select[Any]:
    return sa.select(Quote).options(sa.orm.joinedload(Quote.signature))


def _status(operator: str, word: str) -> sa.ColumnElement[bool]:
    """Expired is derived: sent, and its last day is over."""
    late = sa.and_(Quote.valid_until.is_not(None), Quote.valid_until < g.today)
    if word in {"sent", "expired"}:
        found = sa.and_(Quote.state == QuoteState.SENT, late if word == "expired" else ~late)
    else:
        found = sa.and_(Quote.state == QuoteState(word))
    return found if operator == "eq" else ~found


def _mail(quote_id: int, data: Values, who: Asker) -> Values:
    """It counts as sent once a server has taken the message; it has its number from now on."""
    quote = services.give_number(quote_id, today=who.today)
    to = mailing.recipients(data, priced_mail.recipients_of(quote.customer_id), quote.customer_id, who)
    files = uploads.for_mail(data.get("attachments", ()), who)
    text = mailing.text(data, priced_mail.beginning(MAILED, quote))
    event_id = priced_mail.send(MAILED, quote, text, to, actor_id=who.actor.id, attaches_pdf=True, files=files)
    return {"number": quote.number, "event_id": event_id}


QUOTES = Resource(
    name="quotes",
    item="quote",
    id_name="quote_id",
    label="quote",
    schema=priced_fields.QUOTE,
    columns={
        "quote_id": Column(Quote.id, Id(), sorts=True),
        "number": Column(Quote.number, Text(255)),
        "client_id": Column(Quote.customer_id, Id()),
        "client_name": Column(Quote.client_name, Text(100)),
        "reference": Column(Quote.reference, Text(250)),
        "date": Column(Quote.quote_date, Day()),
        "date_valid_until": Column(Quote.valid_until, Day()),
        "status": Column(None, OneOf(priced_fields.QUOTE_STATUSES), condition=_status),
        "currency": Column(Quote.currency, Text(3)),
        "total_without_tax": Column(Quote.total_without_tax, Money()),
        "total_with_tax": Column(Quote.total_with_tax, Money()),
        "order_id": Column(Quote.sales_order_id, Id()),
    },
    key=Quote.id,
    select=_select,
    rows=lambda found, view, _actor: priced_rows.rows(KIND, found, view),
    search=lambda words: found_by_words("quote", words, Quote.id),
    lock=services.hold,
    verbs=Verbs(create=verbs.create, change=verbs.change, replace=verbs.replace, delete=verbs.delete),
    names=priced_fields.NAMES,
    pdf=MAILED.pdf,
    parts=(
        priced_rows.items_part(
            KIND,
            priced_fields.QuoteItemSchema(),
            Verbs(
                create=verbs.create_item,
                change=verbs.change_item,
                replace=verbs.replace_item,
                delete=verbs.delete_item,
            ),
        ),
        beside.remarks_part(verbs.PLACE, priced_fields.QuoteRemarkSchema()),
        beside.events_part(verbs.PLACE, priced_fields.QuoteEventSchema()),
        files_part(verbs.PLACE),
    ),
    actions=(
        Action(
            name="sendemail",
            done="quote sent",
            work=_mail,
            schema=mailing.MailSchema(),
            spellings=("send_mail", "sendemail"),
        ),
        Action(name="send", done="quote sent", work=_mail, schema=mailing.MailSchema()),
        *verbs.ACTIONS,
    ),
)
