"""The limits of product.md 6 (S3) on documents and lines, each with the field's own sentence."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.company.models import Company, VatScheme
from fsm.company.vat import status_of
from fsm.core.db import session
from fsm.core.errors import DomainError
from fsm.core.money import to_scaled
from fsm.documents.models import TaxCalculation
from fsm.documents.values import DocumentValues, LineValues
from fsm.ledger.models import Account

MAX_LINES = 1_000
MAX_DESCRIPTION = 10_000
MAX_QUANTITY = Decimal("999999.99")
MAX_PRICE = Decimal("9999999.9999")
MAX_DAYS_DUE = 999
MAX_CASH_DISCOUNT_DAYS = 100
ALL = 100
MAX_NOTE = 2_000
MAX_STATUS = 20
# Texts of a document and of a line, by field.
TEXTS = {"client_name": 100, "client_attention": 100, "reference": 250, "note": MAX_NOTE}
LINE_TEXTS = {"description": MAX_DESCRIPTION, "special_status": MAX_STATUS, "stockitem_code": 20, "section": 250}
_NOT_STORED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
UNIT = re.compile(r"[^\W\d_]\S{0,9}")
ACCOUNT = re.compile(r"[0-9]{6,8}")
CURRENCIES = ("EUR", "USD", "GBP", "CHF", "DKK", "SEK", "NOK", "PLN", "CZK", "HUF", "RON", "BGN", "JPY", "CAD", "AUD")


def _refuse(sentence: str, field: str) -> None:
    raise DomainError(sentence, field)


def check_document(values: DocumentValues) -> None:
    """Limits of the document's own fields."""
    _check_texts(values, TEXTS)
    if not values.client_name.strip():
        _refuse(_("The customer's name is missing."), "client_name")
    if not 0 <= values.days_due <= MAX_DAYS_DUE:
        _refuse(_("Between 0 and 999 days; 0 means no term."), "days_due")
    for field in ("discount_percentage", "cash_discount_percentage"):
        _check_number(getattr(values, field), 2, Decimal(0), Decimal(ALL), field)
    if not 0 <= values.cash_discount_days_valid <= MAX_CASH_DISCOUNT_DAYS:
        _refuse(_("Between 0 and 100 days."), "cash_discount_days_valid")
    if bool(values.cash_discount_percentage) != bool(values.cash_discount_days_valid):
        _refuse(
            _("A cash discount needs both its percentage and its days."),
            "cash_discount_days_valid" if values.cash_discount_percentage else "cash_discount_percentage",
        )
    if values.tax_included and values.tax_calculation is TaxCalculation.TOTAL:
        _refuse(_("Prices with VAT are calculated per item."), "tax_calculation")
    if values.currency not in CURRENCIES:
        _refuse(_("This currency is not supported."), "currency")
    _check_number(values.exchange_rate, 10, Decimal("0.0000000001"), Decimal(1_000_000), "exchange_rate")
    if values.currency == "EUR" and values.exchange_rate != 1:
        _refuse(_("The exchange rate of the euro is 1."), "exchange_rate")


def check_lines(lines: Sequence[LineValues], company: Company, rates: tuple[Decimal, ...]) -> None:
    """Limits of the lines; fields are named ``lines-<place>-<field>``."""
    if len(lines) > MAX_LINES:
        _refuse(_("A document has at most %(most)s lines.", most=MAX_LINES), "lines")
    accounts = _known_accounts(lines)
    for place, line in enumerate(lines):
        try:
            _check_line(line, company, rates, accounts)
        except DomainError as refusal:
            raise DomainError(refusal.sentence, f"lines-{place}-{refusal.field}") from None


def _known_accounts(lines: Sequence[LineValues]) -> set[str]:
    wanted = {line.account_number for line in lines if line.account_number}
    return set(session.scalars(sa.select(Account.number).where(Account.number.in_(wanted)))) if wanted else set()


def _check_line(line: LineValues, company: Company, rates: tuple[Decimal, ...], accounts: set[str]) -> None:
    if not line.description.strip():
        _refuse(_("The description is missing."), "description")
    _check_texts(line, LINE_TEXTS)
    _check_number(line.quantity, 2, -MAX_QUANTITY, MAX_QUANTITY, "quantity")
    for field in ("amount", "amount_with_tax"):
        value = getattr(line, field)
        if value is not None:
            _check_number(value, 4, -MAX_PRICE, MAX_PRICE, field)
    if line.unit and not UNIT.fullmatch(line.unit):
        _refuse(_("A unit starts with a letter, has no spaces and at most 10 characters."), "unit")
    _check_vat(line, company, rates)
    if line.account_number and line.account_number not in accounts:
        _refuse(_("This account is not in the chart (6 to 8 digits)."), "account_number")


def _check_vat(line: LineValues, company: Company, rates: tuple[Decimal, ...]) -> None:
    if line.tax_rate and line.tax_rate not in rates:
        known = ", ".join(f"{rate.normalize():f}" for rate in rates)
        _refuse(_("The rate must be one of this document's (%(rates)s) or 0.", rates=known), "tax_rate")
    if line.tax_rate and company.vat_scheme is VatScheme.SMALL_BUSINESS:
        _refuse(_("Under the small-business scheme every line is at 0 %%."), "tax_rate")
    if line.tax_rate and line.special_status:
        _refuse(_("A special VAT status goes with 0 %% only."), "special_status")
    if line.special_status:
        try:
            status_of(line.special_status, company.country_code, company.vat_scheme)
        except LookupError:
            _refuse(_("This VAT status is not known."), "special_status")


def _check_texts(values: DocumentValues | LineValues, lengths: Mapping[str, int]) -> None:
    for field, most in lengths.items():
        text = getattr(values, field)
        if len(text) > most:
            _refuse(_("At most %(most)s characters.", most=most), field)
        if _NOT_STORED.search(text):
            _refuse(_("There is a character here that cannot be stored."), field)


def _check_number(value: Decimal, places: int, low: Decimal, high: Decimal, field: str) -> None:
    try:
        to_scaled(value, places)
    except ValueError:
        _refuse(_("At most %(places)s decimals.", places=places), field)
    if not low <= value <= high:
        _refuse(_("Between %(low)s and %(high)s.", low=low, high=high), field)
