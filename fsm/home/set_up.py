"""A whole company in one go: its row, settings, books, numbers, bank account and first administrator."""

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from fsm.company import charts, vat
from fsm.company import services as company_services
from fsm.company.models import Company, VatScheme
from fsm.company.services import DEFAULT_SERIES, BankAccountValues, CompanyValues, SeriesValues
from fsm.core.db import session
from fsm.core.errors import DomainError
from fsm.documents.models import CashDiscountMode, DocumentSettings
from fsm.invoices.models import InvoiceSettings
from fsm.ledger.periods import load_chart, open_fiscal_year
from fsm.payments.models import PaymentSettings
from fsm.service_orders.models import ServiceSettings
from fsm.users import services as user_services
from fsm.users.models import Role, User

YEARS_BACK = 10
# How a cash discount reaches the books (accounting.md 2), and above what cash may not be taken by law.
_CASH_DISCOUNT_MODE = {"BE": CashDiscountMode.ON_INVOICE, "FR": CashDiscountMode.ON_PAYMENT}
_CASH_LIMIT = {"BE": Decimal("3000.00"), "FR": Decimal("1000.00")}


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp:
    """What a company starts with. ``first_day``: of the first fiscal year, which ends before the next ``first_month``."""

    company: CompanyValues
    country_code: str = "BE"
    first_month: int = 1
    first_day: dt.date
    series: Mapping[str, SeriesValues] = field(default_factory=lambda: DEFAULT_SERIES)
    iban: str = ""
    bic: str = ""
    bank_name: str = ""
    logo_file_id: int | None = None
    administrator_name: str
    administrator_email: str
    password_hash: str
    administrator_roles: frozenset[Role] = frozenset({Role.ADMINISTRATOR, Role.MANAGER})
    administrator_locale: str = "en"
    is_demo: bool = False


def company_values(*, country_code: str, on: dt.date, **identity: Any) -> CompanyValues:  # noqa: ANN401 - its fields
    """An identity with the country's VAT rates of that day; the default one is 0 under the small-business scheme."""
    try:
        first, second, third = vat.default_rates(country_code, on)
    except LookupError as error:
        raise DomainError(_("There is no chart of accounts for this country yet."), "country_code") from error
    is_small = identity.get("vat_scheme") is VatScheme.SMALL_BUSINESS
    return CompanyValues(
        **identity,
        tax_rate_1=first,
        tax_rate_2=second,
        tax_rate_3=third,
        default_tax_rate=Decimal(0) if is_small else first,
    )


def set_up_company(values: SetUp, *, today: dt.date) -> User:
    """Everything in the caller's transaction; gives the administrator. ConflictError where a company exists.

    A refusal's field is that of ``SetUp`` or of ``CompanyValues``; those of the series bear their kind.
    """
    _check_first_day(values, today)
    company = company_services.create(
        values.company,
        country_code=values.country_code,
        fiscal_year_first_month=values.first_month,
        is_demo=values.is_demo,
    )
    company.logo_file_id = values.logo_file_id
    _add_settings(values.country_code)
    load_chart(company.chart)
    with _renamed({"last_day": "first_day"}):
        open_fiscal_year(values.first_day, last_day_of_year(values.first_day, values.first_month))
    company_services.set_numbering(values.series)
    _add_bank_account(values, company)
    with _renamed({"email": "administrator_email", "name": "administrator_name"}):
        return user_services.create_user(
            email=values.administrator_email,
            name=values.administrator_name,
            roles=values.administrator_roles,
            password_hash=values.password_hash,
            locale=values.administrator_locale,
        )


def last_day_of_year(first_day: dt.date, first_month: int) -> dt.date:
    """The day before the next first of ``first_month``: a first year that starts within one is short."""
    start = dt.date(first_day.year, first_month, 1)
    if start <= first_day:
        start = start.replace(year=first_day.year + 1)
    return start - dt.timedelta(days=1)


def _check_first_day(values: SetUp, today: dt.date) -> None:
    if not 1 <= values.first_month <= 12:  # noqa: PLR2004 - months
        raise DomainError(_("There are twelve months."), "first_month")
    if not today.year - YEARS_BACK <= values.first_day.year <= today.year + 1:
        raise DomainError(
            _(
                "The first fiscal year starts between %(low)s and %(high)s.",
                low=today.year - YEARS_BACK,
                high=today.year + 1,
            ),
            "first_day",
        )


def _add_settings(country_code: str) -> None:
    session.add_all(
        [
            DocumentSettings(
                id=1,
                cash_discount_mode=_CASH_DISCOUNT_MODE[country_code],
                makes_structured_message=country_code == "BE",
            ),
            InvoiceSettings(id=1),
            ServiceSettings(id=1),
            PaymentSettings(id=1, cash_limit=_CASH_LIMIT[country_code]),
        ]
    )
    session.flush()


def _add_bank_account(values: SetUp, company: Company) -> None:
    if not values.iban.strip():
        if values.bic.strip() or values.bank_name.strip():
            raise DomainError(_("A bank account needs its IBAN."), "iban")
        return
    company_services.add_bank_account(
        BankAccountValues(
            name=values.bank_name or _("Bank"),
            iban=values.iban,
            bic=values.bic,
            account_number=charts.load(company.chart).roles[charts.Role.BANK],
        )
    )


@contextmanager
def _renamed(fields: Mapping[str, str]) -> Iterator[None]:
    """Refusals of other slices name their own fields; the page has others."""
    try:
        yield
    except DomainError as error:
        error.field = fields.get(error.field or "", error.field)
        raise
