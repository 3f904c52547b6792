"""What the pages and the API hand over to be saved."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from fsm.company.models import Language
from fsm.documents.models import CashDiscountMode, TaxCalculation


@dataclass(frozen=True, slots=True)
class LineValues:
    """A line as it is saved; of the two unit prices the one that the document's ``tax_included`` names counts.

    ``labor_rate_id``, the rate just chosen for the line, only says why it bears its VAT: it is not stored. Where
    ``description_html`` is given it counts, and the description is made from it. ``custom_values`` are texts by name.
    """

    description: str
    quantity: Decimal = Decimal(1)
    amount: Decimal | None = None
    amount_with_tax: Decimal | None = None
    tax_rate: Decimal = Decimal(0)
    special_status: str = ""
    unit: str = ""
    account_number: str = ""
    stockitem_code: str = ""
    stock_item_id: int | None = None
    labor_rate_id: int | None = None
    section: str = ""
    line_id: int | None = None
    description_html: str = ""
    custom_values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentValues:
    """A document's own fields as they are saved, those that all kinds of documents have.

    Where ``note_html`` is given it counts, and the note is made from it. ``custom_values`` are texts by name; left None
    they stay as they are.
    """

    client_name: str
    client_attention: str
    reference: str
    days_due: int
    discount_percentage: Decimal
    cash_discount_percentage: Decimal
    cash_discount_days_valid: int
    cash_discount_mode: CashDiscountMode
    tax_calculation: TaxCalculation
    tax_included: bool
    language: Language
    note: str
    currency: str = "EUR"
    exchange_rate: Decimal = Decimal(1)
    note_html: str = ""
    custom_values: Mapping[str, str] | None = None
    layout_id: int | None = None
