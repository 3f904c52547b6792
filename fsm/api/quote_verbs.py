"""Quotes made, changed and answered by the API: by the same services as the pages."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from flask_babel import gettext as _

from fsm.api import beside
from fsm.api.defaults import OF_S3, is_same, with_defaults, with_rate
from fsm.api.errors import BadRequestError
from fsm.api.fields import Text, WireSchema
from fsm.api.lines import Priced, changed, present, replaced, values_of
from fsm.api.resource import Action, Asker, Shown, Values
from fsm.core.db import session
from fsm.core.errors import ConflictError, DomainError, NotFoundError
from fsm.customers.models import Customer
from fsm.documents.defaults import DocumentDefaults
from fsm.documents.models import TaxCalculation
from fsm.documents.rich_text import text_of
from fsm.documents.values import LineValues
from fsm.quotes import services
from fsm.quotes.models import Quote
from fsm.quotes.services import MAX_NAME, MAX_REASON, QuoteValues, Signed

PLACE = beside.Place("quote", "quotes")
_NAMES = frozenset(field.name for field in fields(QuoteValues))


class SignedSchema(WireSchema):
    """Who signed, as far as it is known."""

    signer_name = Text(MAX_NAME, example="Bart Decouster")


class DeclinedSchema(WireSchema):
    """Why the customer does not want it."""

    reason = Text(MAX_REASON, needed=True, example="Too expensive")


def create(data: Values, who: Asker) -> int:
    """Without a number: it gets one when it is first sent."""
    _refuse_number(data, None)
    try:
        quote = services.create(
            data["customer_id"], actor_id=who.actor.id, today=who.today, site_id=data.get("site_id")
        )
    except NotFoundError as error:
        raise BadRequestError(str(error), "customer_id") from None
    except DomainError as error:  # the page has one field for both
        raise BadRequestError(str(error), "site_id") from None
    _save(quote, with_defaults(data, tax_included=quote.tax_included), _new_lines(data.get("items") or (), quote, who))
    for remark in data.get("remarks") or ():
        beside.create_remark(PLACE, quote.id, remark, who)
    return quote.id


def change(quote_id: int, data: Values, who: Asker) -> None:
    """What is given; one that was sent is to be sent again. ConflictError for a signed one."""
    quote = services.hold(quote_id)
    _refuse_fixed(data, quote, who)
    if data.get("currency", quote.currency) != quote.currency:
        data = with_rate(data)
    items = data.get("items")
    held = services.lines_of(quote_id)
    _save(quote, data, [present(line) for line in held] if items is None else _new_lines(items, quote, who))


def replace(quote_id: int, data: Values, who: Asker) -> None:
    """As if it was made now."""
    quote = services.hold(quote_id)
    defaults = DocumentDefaults()
    values = defaults.of(session.get_one(Customer, quote.customer_id), None)
    kept = {name: values[name] for name in (_NAMES & values.keys()) - OF_S3}
    last_day = who.today + dt.timedelta(days=defaults.document.quote_days_valid)
    kept |= {"quote_date": None, "valid_until": last_day, "items": [], "reference": ""}
    if "note" in data:
        kept["note_html"] = ""
    change(quote_id, kept | with_defaults(data, tax_included=values["tax_included"]), who)


def _save(quote: Quote, data: Values, lines: Sequence[LineValues]) -> None:
    values: dict[str, Any] = {name: getattr(quote, name) for name in _NAMES}
    values |= {name: data[name] for name in _NAMES & data.keys()}
    if "note" in data and "note_html" not in data:
        values["note_html"] = ""  # the settings' own, which would count
    if values["tax_included"] and "tax_calculation" not in data:
        values["tax_calculation"] = TaxCalculation.ITEM
    services.save(quote.id, QuoteValues(**values), lines, version=None)


def _new_lines(items: Sequence[Values], quote: Quote, who: Asker) -> list[LineValues]:
    return values_of([_as_text(item) for item in items], _priced(quote, who))


def _priced(quote: Quote, who: Asker) -> Priced:
    on = quote.quote_date or who.today
    return Priced(quote.customer_id, on, lambda: services.rates_of(quote, on))


def _as_text(item: Values) -> Values:
    """Where HTML is given the text is made from it, as on an invoice; a quote keeps the text alone."""
    values = dict(item)
    if text := text_of(values.pop("description_html", "")):
        values["description"] = text
    return values


def _refuse_number(data: Values, held: str | None) -> None:
    if data.get("number") and data["number"] != held:
        raise BadRequestError(_("The series gives it when the quote is first sent."), "number")


def _refuse_fixed(data: Values, quote: Quote, who: Asker) -> None:
    """What is not changed here; the same as there is passes, so that what was read can be sent back."""
    _refuse_number(data, quote.number)
    if data.get("customer_id", quote.customer_id) != quote.customer_id:
        raise ConflictError(_("A quote stays with its customer: make another."), "customer_id")
    if data.get("site_id", quote.site_id) != quote.site_id:
        raise ConflictError(_("A quote stays with its site: make another."), "site_id")
    if given := data.get("remarks"):
        held = beside.read_remarks(PLACE, [quote.id], Shown(None, "", who.today)).get(quote.id, ())
        if not is_same(held, given):
            raise BadRequestError(_("Use the address of its own, below the quote."), "remarks")


def delete(quote_id: int, _who: Asker) -> None:
    """Only one that was never sent."""
    services.delete(quote_id)


def create_item(quote_id: int, data: Values, who: Asker) -> int:
    """One line more."""
    quote = services.hold(quote_id)
    held = [present(line) for line in services.lines_of(quote_id)]
    _save(quote, {}, [*held, *_new_lines([data], quote, who)])
    return services.lines_of(quote_id)[-1].id


def change_item(quote_id: int, item_id: int, data: Values, who: Asker) -> None:
    """What is given."""
    quote = services.hold(quote_id)
    held = [present(line) for line in services.lines_of(quote_id)]
    values, priced = _as_text(data), _priced(quote, who)
    _save(quote, {}, [changed(line, values, priced) if line.line_id == item_id else line for line in held])


def replace_item(quote_id: int, item_id: int, data: Values, who: Asker) -> None:
    """Another line in its place, which keeps its id."""
    quote = services.hold(quote_id)
    held = [present(line) for line in services.lines_of(quote_id)]
    (line,) = _new_lines([data], quote, who)
    _save(quote, {}, [replaced(line, item_id) if one.line_id == item_id else one for one in held])


def delete_item(quote_id: int, item_id: int, _who: Asker) -> None:
    """One line less."""
    quote = services.hold(quote_id)
    held = [present(line) for line in services.lines_of(quote_id)]
    _save(quote, {}, [line for line in held if line.line_id != item_id])


def _mark_sent(quote_id: int, _data: Values, who: Asker) -> Values:
    return {"number": services.mark_sent(quote_id, how="API", today=who.today).number}


def _sign(quote_id: int, data: Values, who: Asker) -> Values:
    """Signed on paper or elsewhere; the sales order is made of it."""
    order = services.sign(quote_id, Signed(data.get("signer_name", "")), actor_id=who.actor.id, today=who.today)
    return {"order_id": order.id}


def _decline(quote_id: int, data: Values, who: Asker) -> Values:
    services.decline(quote_id, data["reason"], today=who.today)
    return {}


def _copy(quote_id: int, _data: Values, who: Asker) -> Values:
    return {"copy_id": services.copy(quote_id, actor_id=who.actor.id, today=who.today).id}


ACTIONS = (
    Action(name="mark_sent", done="quote marked as sent", work=_mark_sent),
    Action(name="sign", done="quote signed", work=_sign, schema=SignedSchema()),
    Action(name="decline", done="quote declined", work=_decline, schema=DeclinedSchema()),
    Action(name="copy", done="quote copied", work=_copy),
)
