"""A row of the line editor: its fields, and the list of rates it chooses from."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from babel.numbers import format_decimal
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from wtforms import Field, SelectField, widgets
from wtforms import Form as PlainForm

from fsm.company.models import Company, VatScheme
from fsm.company.vat import default_statuses
from fsm.core.fields import ExactField, LongTextField, TextField
from fsm.core.formats import percent
from fsm.core.web import MAX_ID
from fsm.documents.figures import PricedDocument
from fsm.documents.limits import (
    MAX_DESCRIPTION,
    MAX_PRICE,
    MAX_QUANTITY,
)
from fsm.documents.values import LineValues

OWN = "custom_"  # the names of fields that the company has added begin so
STATUS_NAMES = {
    "MC": _l("co-contractor"),
    "ICL": _l("goods to another EU country"),
    "ICD": _l("services to another EU country"),
    "EX": _l("export"),
    "VRIJ": _l("exempt"),
    "DR": _l("refundable packaging"),
}


class LineText:
    """One line of text in a box; text of several lines in an area that keeps them."""

    def __call__(self, field: Any, **kwargs: Any) -> Markup:  # noqa: ANN401 - WTForms' own signature
        """The control, with the attributes given."""
        is_long = "\n" in (field._value() or "")  # noqa: SLF001 - every widget asks its field so
        widget = widgets.TextArea() if is_long else widgets.TextInput()
        return Markup(widget(field, **({"rows": 2} if is_long else {}), **kwargs))  # noqa: S704 - WTForms escapes


def price_text(price: Decimal) -> str:
    """A unit price as one types it: two to four decimals, the locale's mark, no grouping."""
    return str(format_decimal(price, format="0.00##", locale=get_locale() or "en"))


class UnitPriceField(ExactField):
    """A unit price as prices are written: two to four decimals."""

    def _value(self) -> str:
        if self.raw_data or self.data is None:
            return super()._value()
        return price_text(self.data)


class IdField(Field):
    """A row's id that the page carries along; None where empty or none."""

    widget = widgets.HiddenInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        """An id out of bounds is none: nothing is looked up with it."""
        text = valuelist[0].strip() if valuelist else ""
        number = int(text) if re.fullmatch(r"[0-9]{1,19}", text) else 0
        self.data = number if 1 <= number <= MAX_ID else None

    def _value(self) -> str:
        return str(self.data or "")


def rate_choice(tax_rate: Decimal, special_status: str) -> str:
    """How the list of rates writes one: "21", "0", "0 MC"."""
    return f"{tax_rate.normalize():f} {special_status}".strip()


def read_rate(choice: str) -> tuple[Decimal, str]:
    """The rate and special status of a choice."""
    rate, _space, status = choice.partition(" ")
    return Decimal(rate), status


def rate_choices(document: PricedDocument, company: Company, kept: Sequence[str] = ()) -> list[tuple[str, str]]:
    """The document's rates and the statuses at 0 %; what a line already has stays a choice."""
    rates = dict.fromkeys((document.tax_rate_1, document.tax_rate_2, document.tax_rate_3))
    if company.vat_scheme is VatScheme.SMALL_BUSINESS:
        rates = {}
    choices = {rate_choice(rate, ""): percent(rate) for rate in rates if rate}
    for status in default_statuses(company.country_code):
        name = STATUS_NAMES.get(status.code)
        choices[rate_choice(Decimal(0), status.code)] = percent(Decimal(0)) + (
            f" {status.code}, {name}" if name else f" {status.code}" if status.code else ""
        )
    for choice in kept:
        choices.setdefault(choice, choice)
    return list(choices.items())


def own_values(form: PlainForm) -> dict[str, str]:
    """What is typed in the fields that the company has added, by their names."""
    of_field = {field.short_name.removeprefix(OWN): field.data for field in form if field.short_name.startswith(OWN)}
    return {name: text for name, text in of_field.items() if text}


class LineForm(PlainForm):
    """A row of the editor; a row with nothing typed in it is no line."""

    description = TextField(_l("Description"), length=MAX_DESCRIPTION, widget=LineText())
    quantity = ExactField(
        _l("Quantity"), low=-MAX_QUANTITY, high=MAX_QUANTITY, default=Decimal(1), render_kw={"data-default": "1"}
    )
    unit = TextField(_l("Unit"), length=10)
    amount = UnitPriceField(_l("Unit price"), places=4, low=-MAX_PRICE, high=MAX_PRICE)
    tax_rate = SelectField(_l("VAT"))
    account = TextField(
        _l("Account"), length=8, render_kw={"list": "revenue-accounts", "inputmode": "numeric", "autocomplete": "off"}
    )
    section = TextField(_l("Section"), length=250)
    code = TextField(_l("Code"), length=20)
    stock_item_id = IdField()
    labor_rate_id = IdField()
    line_id = IdField()
    description_html = LongTextField(_l("Description with formatting (HTML)"), length=10 * MAX_DESCRIPTION)

    @property
    def is_empty(self) -> bool:
        """Nothing typed in it; the quantity of a new row is not typed."""
        typed = (
            self.description.data,
            self.description_html.data,
            self.unit.data,
            self.account.data,
            *(self.amount.raw_data or ()),
        )
        return not any(str(text or "").strip() for text in typed)

    def values(self, *, tax_included: bool) -> LineValues:
        """For the service; a missing price is 0 on a line of text, else refused by the caller."""
        rate, status = read_rate(self.tax_rate.data)
        price = Decimal(0) if self.amount.data is None else self.amount.data
        return LineValues(
            description=self.description.data or "",
            quantity=Decimal(1) if self.quantity.data is None else self.quantity.data,
            amount=None if tax_included else price,
            amount_with_tax=price if tax_included else None,
            tax_rate=rate,
            special_status=status,
            unit=self.unit.data or "",
            account_number=self.account.data or "",
            stockitem_code=self.code.data or "",
            stock_item_id=self.stock_item_id.data,
            labor_rate_id=self.labor_rate_id.data,
            section=self.section.data or "",
            line_id=self.line_id.data,
            description_html=self.description_html.data or "",
            custom_values=own_values(self),
        )

    def check(self) -> None:
        """What only the page can see: a price left empty is not a price of 0, but on a line of text."""
        if self.amount.data is None and self.quantity.data != 0 and not self.amount.errors:
            self.amount.errors = [_("The unit price is missing.")]
