"""The form of a document that bears prices, with its line editor; each kind of document adds its own fields."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from decimal import Decimal
from typing import Any, ClassVar, Self

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field, FieldList, FormField, SelectField
from wtforms.validators import DataRequired, InputRequired, NumberRange, Optional

from fsm.company.forms import language_choices
from fsm.company.models import Company, Language
from fsm.core.errors import DomainError
from fsm.core.fields import CountField, ExactField, Form, LongTextField, TextField
from fsm.documents.figures import PricedDocument
from fsm.documents.forms import MAX_HTML, chosen_id
from fsm.documents.limits import (
    CURRENCIES,
    MAX_CASH_DISCOUNT_DAYS,
    MAX_DAYS_DUE,
)
from fsm.documents.line_forms import OWN, LineForm, own_values, rate_choice, rate_choices
from fsm.documents.models import CashDiscountMode, TaxCalculation
from fsm.documents.queries import layouts
from fsm.documents.totals import TotalsError
from fsm.documents.values import DocumentValues, LineValues

INCLUDED = "included"
# Refusals name the columns; the page has one field for two of them, and the editor's own names for others.
FIELD_OF = {"tax_calculation": "prices", "tax_included": "prices"}
_LINE_FIELD_OF = {
    "amount_with_tax": "amount",
    "special_status": "tax_rate",
    "tax_rate_special_status": "tax_rate",
    "account_number": "account",
    "stockitem_code": "description",
    "section": "description",
}
_LINE_REFUSAL = re.compile(r"lines-([0-9]{1,4})-([a-z0-9_]+)")


def cash_discount_choices() -> list[tuple[str, str]]:
    """How a cash discount touches VAT."""
    return [
        (CashDiscountMode.ON_INVOICE.value, _("VAT is computed after the cash discount")),
        (CashDiscountMode.ON_PAYMENT.value, _("VAT is corrected when the discount is taken")),
        (CashDiscountMode.NEVER.value, _("VAT stays as it is")),
    ]


def price_choices() -> list[tuple[str, str]]:
    """What the prices typed are, and how VAT is rounded."""
    return [
        (TaxCalculation.TOTAL.value, _("Without VAT; VAT on the total of each rate")),
        (TaxCalculation.ITEM.value, _("Without VAT; VAT per line")),
        (INCLUDED, _("With VAT")),
    ]


class FineField(ExactField):
    """A number that is shown with all its decimals (an exchange rate)."""

    def _value(self) -> str:
        if self.raw_data or self.data is None:
            return super()._value()
        return f"{self.data.normalize():f}"


class DocumentForm(Form):
    """The document's own fields and its lines. ``values_type`` is what a kind of document is saved from."""

    values_type: ClassVar[type[DocumentValues]] = DocumentValues

    client_name = TextField(_l("Name on the document"), [DataRequired()], length=100)
    client_attention = TextField(_l("For the attention of"), length=100)
    reference = TextField(_l("Customer's reference"), length=250)
    days_due = CountField(
        _l("Payment term"),
        [InputRequired(), NumberRange(0, MAX_DAYS_DUE)],
        description=_l("0: no term, never overdue."),
    )
    discount_percentage = ExactField(_l("Discount"), high=100)
    cash_discount_percentage = ExactField(_l("Cash discount"), high=100)
    cash_discount_days_valid = CountField(_l("if paid within"), [Optional(), NumberRange(0, MAX_CASH_DISCOUNT_DAYS)])
    cash_discount_mode = SelectField(
        _l("VAT of the cash discount"), choices=cash_discount_choices, coerce=CashDiscountMode
    )
    prices = SelectField(_l("Prices"), choices=price_choices)
    language = SelectField(_l("Language"), choices=language_choices, coerce=Language)
    currency = SelectField(_l("Currency"), choices=lambda: [(code, code) for code in CURRENCIES])
    exchange_rate = FineField(_l("Exchange rate"), places=10, low=Decimal("0.0000000001"), high=1_000_000)
    note = LongTextField(_l("Note on the document"), length=2000)
    note_html = LongTextField(_l("The note with formatting (HTML)"), length=MAX_HTML)
    layout_id = SelectField(_l("Layout"), coerce=chosen_id)
    lines = FieldList(FormField(LineForm), _l("Lines"))

    @classmethod
    def of(cls, document: PricedDocument, lines: Sequence[Any], company: Company, *, is_sent: bool) -> Self:
        """As the draft stands or, when ``is_sent``, as the browser has it: then no stored line fills a field not sent."""
        stored = cls._columns(document)
        form = cls(data=stored | {"lines": [] if is_sent else _rows(document, lines)})
        form.offer(document, company, [rate_choice(line.tax_rate, line.special_status) for line in lines])
        return form

    @classmethod
    def _columns(cls, document: PricedDocument) -> dict[str, Any]:
        names = [field.name for field in fields(cls.values_type) if field.name not in FIELD_OF]
        columns = {name: getattr(document, name) for name in names} | {"prices": prices_of(document)}
        custom_values: dict[str, str] = columns.pop("custom_values")
        return columns | {f"{OWN}{name}": text for name, text in custom_values.items()}

    @classmethod
    def stored(cls, document: PricedDocument, company: Company) -> Self:
        """The document's own fields as they are stored, whatever was sent."""
        stored = cls._columns(document)
        form = cls(formdata=None, data=stored)
        form.offer(document, company, [])
        return form

    def header(self) -> Self:
        """The same form without its lines, to be compared with the stored one."""
        other = type(self)(formdata=None)
        other._fields = {name: field for name, field in self._fields.items() if name != "lines"}
        return other

    def offer(self, document: PricedDocument, company: Company, kept: Sequence[str]) -> None:
        """Fill the choices of the lists."""
        rates = rate_choices(document, company, kept)
        for entry in self.lines:
            entry.form.tax_rate.choices = rates
        of_company = layouts(keep=document.layout_id)
        self.layout_id.choices = [("", "–"), *((str(row.id), row.name) for row in of_company)]
        if document.currency not in CURRENCIES:
            self.currency.choices = [*(self.currency.choices or ()), (document.currency, document.currency)]

    def pad(self, document: PricedDocument, company: Company, rate: str, rows: int = 1) -> None:
        """Empty rows at the end, for typing without scripts too."""
        choices = rate_choices(document, company, [rate])
        for _row in range(rows):
            entry = self.lines.append_entry({"quantity": Decimal(1), "tax_rate": rate})
            entry.form.tax_rate.choices = choices

    @property
    def has_layouts(self) -> bool:
        """Whether there is a choice."""
        return len(self.layout_id.choices or ()) > 1

    @property
    def own_fields(self) -> list[Any]:
        """The fields that the company has added to documents."""
        return [field for field in self if field.short_name.startswith(OWN)]

    @property
    def own_line_fields(self) -> list[dict[str, str]]:
        """Those of lines, as columns of the line editor."""
        if not self.lines:
            return []
        found = [field for field in self.lines[0].form if field.short_name.startswith(OWN)]
        return [{"name": field.short_name, "label": field.label.text, "kind": "more"} for field in found]

    @property
    def tax_included(self) -> bool:
        """Whether the prices typed are with VAT."""
        return bool(self.prices.data == INCLUDED)

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """Empty rows are no lines, and so cannot be wrong."""
        super().validate(extra_validators)
        for entry in self.lines:
            if entry.form.is_empty:
                for field in entry.form:
                    field.errors = []
            else:
                entry.form.check()
        self._gather()
        return not self.errors

    def _gather(self) -> None:
        """The list of lines counts as wrong when one of its rows is."""
        self.lines.errors = [entry.form.errors for entry in self.lines if entry.form.errors]

    def places(self) -> list[int]:
        """The row of each line on the page."""
        return [place for place, entry in enumerate(self.lines) if not entry.form.is_empty]

    def line_values(self) -> list[LineValues]:
        """For the service."""
        forms = [entry.form for entry in self.lines]
        return [forms[place].values(tax_included=self.tax_included) for place in self.places()]

    def shared_values(self) -> dict[str, Any]:
        """What all kinds of documents are saved from, by name."""
        is_euro = self.currency.data == "EUR"
        return {
            "client_name": self.client_name.data or "",
            "client_attention": self.client_attention.data or "",
            "reference": self.reference.data or "",
            "days_due": self.days_due.data or 0,
            "discount_percentage": self.discount_percentage.data or Decimal(0),
            "cash_discount_percentage": self.cash_discount_percentage.data or Decimal(0),
            "cash_discount_days_valid": self.cash_discount_days_valid.data or 0,
            "cash_discount_mode": self.cash_discount_mode.data,
            "tax_calculation": TaxCalculation.TOTAL
            if self.prices.data == TaxCalculation.TOTAL.value
            else TaxCalculation.ITEM,
            "tax_included": self.tax_included,
            "language": self.language.data,
            "note": self.note.data or "",
            "note_html": self.note_html.data or "",
            "layout_id": self.layout_id.data,
            "custom_values": own_values(self),
            "currency": self.currency.data,
            "exchange_rate": Decimal(1)
            if is_euro and not self.exchange_rate.data
            else self.exchange_rate.data or Decimal(0),
        }

    def field_of(self, error: DomainError) -> Field | None:
        """The field that a refusal is about; None where it is about the whole."""
        name = error.field or ""
        places = self.places()
        if isinstance(error, TotalsError) and error.line is not None:
            name = f"lines-{error.line}-{name}"
        if match := _LINE_REFUSAL.fullmatch(name):
            place, column = int(match[1]), _LINE_FIELD_OF.get(match[2], match[2])
            if place < len(places) and column in (row := self.lines[places[place]].form):
                return row[column]
            return None
        name = FIELD_OF.get(name, name)
        outer, _dash, inner = name.partition("-")
        if inner and outer in self and isinstance(self[outer], FormField) and inner in self[outer].form:
            found: Field = self[outer].form[inner]
            return found
        return self[name] if name in self and name != "lines" else None

    def accept(self, error: DomainError) -> None:
        """Put a refusal where it belongs."""
        field = self.field_of(error)
        if field is None:
            self.form_errors.append(str(error))
        else:
            field.errors = [*field.errors, str(error)]
            self._gather()


def prices_of(document: PricedDocument) -> str:
    """The choice of ``prices`` that a document has."""
    return INCLUDED if document.tax_included else document.tax_calculation.value


def _rows(document: PricedDocument, lines: Sequence[Any]) -> list[dict[str, Any]]:
    return [
        {
            "description": line.description,
            "quantity": line.quantity,
            "unit": line.unit,
            "amount": line.amount_with_tax if document.tax_included else line.amount,
            "tax_rate": rate_choice(line.tax_rate, line.special_status),
            "account": line.account_number,
            "section": line.section,
            "code": line.stockitem_code,
            "stock_item_id": line.stock_item_id,
            "line_id": line.id,
            "description_html": line.description_html,
            **{f"{OWN}{name}": text for name, text in (line.custom_values or {}).items()},
        }
        for line in lines
    ]
