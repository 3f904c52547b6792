"""Everything printed on a document, as plain values: what PDF, e-invoice, mail and API are made from.

Amounts are in the document's currency; those of a credit note are positive. Texts are in the document's language.
"""

import datetime as dt
import hashlib
import json
import types
from dataclasses import MISSING, dataclass, fields, is_dataclass
from decimal import Decimal
from enum import StrEnum
from operator import attrgetter
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from fsm.company.models import Language

LAYOUT = "standard"
ZERO = Decimal(0)
T = TypeVar("T")


class DocumentKind(StrEnum):
    """What the document is, in S3's words."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


@dataclass(frozen=True, slots=True)
class AddressFacts:
    """An address; ``country`` is the name that is printed."""

    street: str = ""
    street2: str = ""
    postal_code: str = ""
    city: str = ""
    country_code: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class SellerFacts:
    """The company as it was when the document was issued."""

    name: str
    address: AddressFacts
    legal_form: str = ""
    vat_number: str = ""
    enterprise_number: str = ""
    court_register: str = ""
    phone: str = ""
    email: str = ""
    website: str = ""
    logo_sha256: str = ""


@dataclass(frozen=True, slots=True)
class BuyerFacts:
    """The customer; ``site`` is where the work was done."""

    name: str
    billing_address: AddressFacts
    attention: str = ""
    vat_number: str = ""
    enterprise_number: str = ""
    delivery_address: AddressFacts = AddressFacts()
    site_name: str = ""
    site_address: AddressFacts = AddressFacts()


@dataclass(frozen=True, slots=True)
class LineFacts:
    """A line; quantity 0 is a text line. Unit prices without and with VAT, totals before discounts of the document."""

    position: int
    description: str
    quantity: Decimal
    amount: Decimal
    amount_with_tax: Decimal
    tax_rate: Decimal
    total_without_tax: Decimal
    total_with_tax: Decimal
    unit: str = ""
    special_status: str = ""
    section: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class TaxFacts:
    """A row of the VAT table, with the category and exemption of EN 16931 and the text that is printed for them."""

    tax_rate: Decimal
    special_status: str
    category: str
    net: Decimal
    base: Decimal
    tax: Decimal
    discount: Decimal = ZERO
    cash_discount: Decimal = ZERO
    tax_in_euro: Decimal = ZERO
    exemption_code: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class TotalsFacts:
    """The totals under S3's names."""

    total_without_tax: Decimal
    total_tax: Decimal
    total_with_tax: Decimal
    discount_total_without_tax: Decimal = ZERO
    discount_total_with_tax: Decimal = ZERO
    cash_discount_total: Decimal = ZERO
    total_refundable_deposit: Decimal = ZERO

    @property
    def amount_if_paid_in_time(self) -> Decimal:
        """What settles the document within the days of its cash discount."""
        return self.total_with_tax - self.cash_discount_total


@dataclass(frozen=True, slots=True)
class BankFacts:
    """Where to pay."""

    iban: str
    bic: str = ""


@dataclass(frozen=True, slots=True)
class CorrectedFacts:
    """The invoice that a credit note corrects."""

    number: str
    date: dt.date


@dataclass(frozen=True, slots=True)
class Facts:
    """A document as it is printed; ``number`` is empty and ``issue_date`` may be None on a draft.

    ``structured_message`` is in its printed form, +++278/7810/35591+++.
    """

    kind: DocumentKind
    language: Language
    number: str
    issue_date: dt.date | None
    seller: SellerFacts
    buyer: BuyerFacts
    lines: tuple[LineFacts, ...]
    taxes: tuple[TaxFacts, ...]
    totals: TotalsFacts
    delivery_date: dt.date | None = None
    due_date: dt.date | None = None
    reference: str = ""
    corrects: CorrectedFacts | None = None
    currency: str = "EUR"
    exchange_rate: Decimal = Decimal(1)
    tax_included: bool = False
    discount_percentage: Decimal = ZERO
    cash_discount_percentage: Decimal = ZERO
    cash_discount_date_valid: dt.date | None = None
    cash_discount_mode: str = ""
    bank: BankFacts | None = None
    structured_message: str = ""
    legal_texts: tuple[str, ...] = ()
    note: str = ""
    layout: str = LAYOUT

    @property
    def total_tax_in_euro(self) -> Decimal:
        """VAT in EUR, converted rate by rate."""
        return sum((row.tax_in_euro for row in self.taxes), ZERO)


_JSON = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def canonical(facts: Facts) -> str:
    """The one text of these facts: equal facts give equal text, also where their Decimals have other trailing zeros."""
    return _JSON.encode(_plain(facts))


def sha256(text: str) -> str:
    """Of a canonical text."""
    return hashlib.sha256(text.encode()).hexdigest()


def from_json(text: str) -> Facts:
    """The facts of a canonical text. Raises ValueError where it is none."""
    return _read(Facts, json.loads(text))


def _plain(value: Any) -> Any:  # noqa: ANN401 - any printed value
    if type(value) in _AS_THEY_ARE:  # most of them: this runs some hundred times a document
        return value
    match value:
        case Decimal():
            return f"{value.normalize() or ZERO:f}"
        case tuple():
            return [_plain(item) for item in value]
        case dt.date():
            return value.isoformat()
        case StrEnum():
            return value.value
    if type(value) in _HINTS:
        return {
            name: part if type(part) in _AS_THEY_ARE else _plain(part)
            for name, part in zip(_HINTS[type(value)], _PARTS[type(value)](value), strict=True)
        }
    raise TypeError(f"{type(value).__name__} is not printed")


_AS_THEY_ARE = frozenset({type(None), bool, int, str})


_HINTS: dict[type[Any], dict[str, Any]] = {
    kind: get_type_hints(kind)
    for kind in (
        AddressFacts,
        SellerFacts,
        BuyerFacts,
        LineFacts,
        TaxFacts,
        TotalsFacts,
        BankFacts,
        CorrectedFacts,
        Facts,
    )
}


_PARTS = {kind: attrgetter(*hints) for kind, hints in _HINTS.items()}


def _read(kind: type[T], values: Any) -> T:  # noqa: ANN401 - what JSON holds
    """Facts that an older version of the program stored lack the newer fields: those take their defaults."""
    if not isinstance(values, dict):
        raise ValueError(f"no {kind.__name__}: {values!r}")  # noqa: TRY004 - a bad text, not a bad argument
    hints = _HINTS[kind]
    if unknown := sorted(values.keys() - hints.keys()):
        raise ValueError(f"{kind.__name__} has no {unknown}")
    known = fields(kind)  # type: ignore[arg-type]  # reason: only dataclasses come here
    if missing := [f.name for f in known if f.name not in values and f.default is MISSING]:
        raise ValueError(f"{kind.__name__} lacks {missing}")
    return kind(**{name: _value(hints[name], value) for name, value in values.items()})


def _value(hint: Any, value: Any) -> Any:  # noqa: ANN401 - a type and what JSON holds for it
    if get_origin(hint) in {Union, types.UnionType}:
        return None if value is None else _value(get_args(hint)[0], value)
    if get_origin(hint) is tuple:
        return tuple(_value(get_args(hint)[0], item) for item in value)
    if is_dataclass(hint):
        return _read(hint, value)  # type: ignore[arg-type]  # reason: a hint is a class, not an instance
    if hint is dt.date:
        return dt.date.fromisoformat(value)
    if isinstance(hint, type) and issubclass(hint, (Decimal, StrEnum)):
        return hint(value)
    if not isinstance(value, hint):
        raise ValueError(f"{value!r} is no {hint.__name__}")  # noqa: TRY004 - a bad text, not a bad argument
    return value
