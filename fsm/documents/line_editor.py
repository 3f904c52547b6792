"""What the pages with a line editor share: totals while one types, what it offers, refusals that find their row."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

from flask import g
from flask_babel import gettext as _
from flask_babel import ngettext

from fsm.catalog.models import UNITS_OF_RATES, StockItem
from fsm.catalog.tax_rates import Taxed
from fsm.core.errors import DomainError
from fsm.core.formats import money, plain
from fsm.core.money import rounded
from fsm.core.transactions import refuse
from fsm.documents import totals_panel
from fsm.documents.document_forms import DocumentForm, prices_of
from fsm.documents.figures import PricedDocument
from fsm.documents.line_forms import price_text, rate_choice
from fsm.documents.lines import thing_of, things_of
from fsm.documents.offers import Offer, offers
from fsm.documents.rates import LineRates, RatedLine
from fsm.documents.totals import ZERO, LineIn, Terms, Totals, compute, unit_prices
from fsm.documents.values import LineValues

T = TypeVar("T")
MAX_SEARCH = 100


class Priced(Protocol):
    """The document that a line is offered for."""

    @property
    def customer_id(self) -> int: ...
    @property
    def tax_included(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Panel:
    """Totals as (label, amount), what each row comes to and why it bears its VAT, and what is missing in them.

    ``euro``: the same in euro for a document in another currency. ``hints``: what to know before saving or posting.
    """

    pairs: list[tuple[str, str]]
    line_totals: list[str]
    line_notes: list[str]
    note: str | None
    euro: list[tuple[str, str]] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)


def attempt(form: DocumentForm, work: Callable[[], T]) -> T | None:
    """As ``transactions.attempt``, but a refusal of a line finds its row."""
    try:
        return work()
    except DomainError as error:
        refuse()
        g.refused_status = error.status
        form.accept(error)
        return None


def panel(
    form: DocumentForm, rates: LineRates, before: Mapping[int, RatedLine], stored: PricedDocument | None = None
) -> Panel:
    """The totals of what is typed, by the code that posts; ``before``: the stored lines by id.

    With the ``stored`` document the difference is told that another way of calculating makes.
    """
    figures, line_totals, note = _computed(form, before)
    pairs = [] if figures is None else totals_panel.pairs(figures, figures.taxes, form.currency.data or "EUR")
    if figures is None:
        return Panel(pairs, line_totals, _notes(form, rates, before), note)
    euro, hints = _in_euro(form, figures), []
    if stored is not None and note is None:
        hints += _difference(form, figures, stored, before)
    if figures.total_with_tax < 0:
        hints.append(_("The total is below 0: an invoice like this cannot be posted, make a credit note instead."))
    return Panel(pairs, line_totals, _notes(form, rates, before), note, euro, hints)


def _in_euro(form: DocumentForm, figures: Totals) -> list[tuple[str, str]]:
    """As posting converts: the total, and the VAT rate by rate; what is left is the net."""
    currency, rate = form.currency.data or "EUR", form.exchange_rate.data
    if currency == "EUR" or not rate or form.exchange_rate.errors:
        return []
    total = rounded(figures.total_with_tax * rate)
    taxes = [(row.key, rounded(row.tax * rate)) for row in figures.taxes if row.key.tax_rate]
    rows = [(_("Total without VAT"), money(total - sum((tax for _key, tax in taxes), ZERO)))]
    rows += [(_("VAT %(rate)s", rate=totals_panel.rate_name(key)), money(tax)) for key, tax in taxes]
    return [*rows, (_("Total"), money(total, "EUR"))]


def _difference(
    form: DocumentForm, figures: Totals, stored: PricedDocument, before: Mapping[int, RatedLine]
) -> list[str]:
    """What switching the calculation does to the document, before it is saved."""
    if form.prices.data == prices_of(stored):
        return []
    rows = [form.lines[place].form.values(tax_included=stored.tax_included) for place in form.places()]
    lines = [_line_in(row, before.get(row.line_id or 0)) for row in rows]
    kept = replace(_terms(form), tax_calculation=stored.tax_calculation, tax_included=stored.tax_included)
    try:
        as_stored = compute(lines, kept)
    except DomainError:
        return []
    currency = form.currency.data or "EUR"
    was, now = as_stored.total_with_tax, figures.total_with_tax
    if (was, as_stored.total_tax) == (now, figures.total_tax):
        return [_("The other way of calculating comes to the same: %(total)s.", total=money(now, currency))]
    sentence = _(
        "As it was calculated: total %(was)s, VAT %(was_tax)s. "
        "Now: total %(now)s, VAT %(now_tax)s. Difference: %(difference)s.",
        was=money(was, currency),
        was_tax=money(as_stored.total_tax),
        now=money(now, currency),
        now_tax=money(figures.total_tax),
        difference=money(now - was, currency),
    )
    return [sentence]


def _computed(form: DocumentForm, before: Mapping[int, RatedLine]) -> tuple[Totals | None, list[str], str | None]:
    """Totals, what each row comes to, and the sentence that says what is missing in them."""
    right = [place for place in form.places() if not form.lines[place].form.errors]
    note = None
    if len(right) < len(form.places()):
        note = _("Lines with an error are not counted.")
    try:
        values = [form.lines[place].form.values(tax_included=form.tax_included) for place in right]
        figures = compute([_line_in(line, before.get(line.line_id or 0)) for line in values], _terms(form))
    except DomainError as error:
        return None, [""] * len(form.lines), str(error)
    texts = [""] * len(form.lines)
    for place, row in zip(right, figures.lines, strict=True):
        texts[place] = money(row.total if form.tax_included else row.net)
    return figures, texts, note


def _notes(form: DocumentForm, rates: LineRates, before: Mapping[int, RatedLine]) -> list[str]:
    """Why each row bears its VAT, as it is typed; nothing beside a row that is empty or wrong."""
    rows = {
        place: form.lines[place].form.values(tax_included=form.tax_included)
        for place in form.places()
        if not form.lines[place].form.errors
    }
    things = things_of(list(rows.values()))
    return [
        rates.why_typed(row, things.get(thing_of(row), Taxed()), before.get(row.line_id or 0)) if row else ""
        for row in (rows.get(place) for place in range(len(form.lines)))
    ]


def _line_in(line: LineValues, before: RatedLine | None) -> LineIn:
    is_deduction = getattr(before, "deducts_invoice_id", None) is not None  # only invoices have such lines
    price = line.amount, line.amount_with_tax
    return LineIn(line.quantity, *price, line.tax_rate, line.special_status, is_deduction=is_deduction)


def _terms(form: DocumentForm) -> Terms:
    if form.discount_percentage.errors or form.cash_discount_percentage.errors:
        return Terms(tax_included=form.tax_included)
    values = form.shared_values()
    return Terms(
        values["tax_calculation"],
        values["tax_included"],
        values["discount_percentage"],
        values["cash_discount_percentage"],
        values["cash_discount_mode"],
    )


def suggestions(text: str, document: Priced, rates: LineRates, on: dt.date) -> list[dict[str, Any]]:
    """Kits, items and rates for the line editor, at the price and the VAT that this customer gets."""
    kit_offers, found = offers(text.strip()[:MAX_SEARCH], document.customer_id, on)
    answer: list[dict[str, Any]] = [
        {
            "code": offer.kit.code,
            "description": offer.kit.description,
            "hint": ngettext("kit, %(num)s line", "kit, %(num)s lines", len(offer.offers)),
            "lines": [_suggestion(one, rates, tax_included=document.tax_included) for one in offer.offers],
        }
        for offer in kit_offers
        if offer.offers
    ]
    return answer + [_suggestion(offer, rates, tax_included=document.tax_included) for offer in found]


def _suggestion(offer: Offer, rates: LineRates, *, tax_included: bool) -> dict[str, Any]:
    """The fields of a row, as one types them."""
    thing, rate = offer.thing, rates.proposed(Taxed.of(offer.thing))
    is_item = isinstance(thing, StockItem)
    prices = unit_prices(offer.price, None, rate.tax_rate, tax_included=tax_included)
    row = {
        "id": thing.id if is_item else "",
        "labor_rate_id": "" if is_item else thing.id,
        "code": thing.code if isinstance(thing, StockItem) else "",
        "description": thing.description if isinstance(thing, StockItem) else thing.name,
        "unit": thing.unit if isinstance(thing, StockItem) else UNITS_OF_RATES[thing.kind],
        "amount": price_text(prices[1 if tax_included else 0]),
        "tax_rate": rate_choice(rate.tax_rate, rate.special_status),
        "account": thing.account_number,
    }
    return row if offer.quantity is None else row | {"quantity": plain(offer.quantity)}
