"""Everything printed on a document, as plain values: what PDF, e-invoice, mail and API are made from.

Amounts are in the document's currency; those of a credit note are positive. Texts are in the document's language.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from fsm.company.models import Language

DESIGN = "classic"
ACCENT = "#1f4f82"
ZERO = Decimal(0)


class DocumentKind(StrEnum):
    """What the document is, in S3's words."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    QUOTE = "quote"
    SALES_ORDER = "sales_order"


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
class CustomFacts:
    """A field that the company defined, and what it says here."""

    name: str
    value: str


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
    description_html: str = ""
    custom: tuple["CustomFacts", ...] = ()


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
    total_with_tax_in_euro: Decimal = ZERO

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
class DeductedFacts:
    """A deposit invoice that this one takes into account: its lines say how much, this which one it was."""

    number: str
    date: dt.date
    total_with_tax: Decimal


@dataclass(frozen=True, slots=True)
class TimeFacts:
    """A row of the annex: hours that the document bills. ``technician`` is empty where names stay in the house."""

    on: dt.date
    hours: Decimal
    description: str
    technician: str = ""
    order: str = ""


@dataclass(frozen=True, slots=True)
class LookFacts:
    """The layout as it was when the document was issued; its design is ``Facts.layout``.

    ``accent`` is #rrggbb; ``footer`` stands above the company's identity at the foot of each page.
    """

    name: str = ""
    accent: str = ACCENT
    footer: str = ""
    logo_size: str = "medium"


@dataclass(frozen=True, slots=True)
class Facts:
    """A document as it is printed; ``number`` is empty and ``issue_date`` may be None on a draft.

    ``structured_message`` is in its printed form, +++278/7810/35591+++. ``expiry_date`` is a quote's. ``shows_tax``:
    "show VAT on documents" (S0). Where there is a ``note_html`` it is printed, and ``note`` is its text.
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
    note_html: str = ""
    layout: str = DESIGN
    look: LookFacts = LookFacts()
    custom: tuple[CustomFacts, ...] = ()
    times: tuple[TimeFacts, ...] = ()
    deducted: tuple[DeductedFacts, ...] = ()
    is_deposit: bool = False
    deposit_percentage: Decimal = ZERO
    expiry_date: dt.date | None = None
    outstanding_balance: Decimal = ZERO
    shows_tax: bool = True
    shows_tax_in_euro: bool = True

    @property
    def is_credit_note(self) -> bool:
        """Whether it gives money back."""
        return self.kind is DocumentKind.CREDIT_NOTE

    @property
    def is_invoice(self) -> bool:
        """Whether it asks for money."""
        return self.kind is DocumentKind.INVOICE

    @property
    def is_foreign(self) -> bool:
        """Whether its amounts are no euros."""
        return self.currency != "EUR"

    @property
    def total_tax_in_euro(self) -> Decimal:
        """VAT in EUR, converted rate by rate."""
        return sum((row.tax_in_euro for row in self.taxes), ZERO)
