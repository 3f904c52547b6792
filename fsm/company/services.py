"""The company row, its bank accounts and its number series: the verbs."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from types import MappingProxyType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError

from fsm.company.charts import CHART_OF_COUNTRY
from fsm.company.identifiers import checked_bic, checked_enterprise_number, checked_iban, checked_vat_number
from fsm.company.models import BankAccount, Company, Language, VatScheme
from fsm.core import audit, numbering
from fsm.core.db import lock, only_row, session
from fsm.core.errors import ConflictError, DomainError, NotFoundError
from fsm.core.numbering import NumberFormat, NumberSeries
from fsm.core.state import check_version

THE_ROW = 1
HIGHEST_FIRST_NUMBER = 999_999
_PREFIX = re.compile(r"([A-Za-z0-9._/-]*[A-Za-z._/-])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyValues:
    """What the settings page changes; lengths are those of the columns."""

    name: str
    legal_form: str = ""
    street: str = ""
    street2: str = ""
    postal_code: str = ""
    city: str = ""
    enterprise_number: str = ""
    court_register: str = ""
    vat_number: str = ""
    vat_scheme: VatScheme = VatScheme.NORMAL
    is_co_contractor: bool = False
    time_zone: str = "Europe/Brussels"
    language: Language = Language.ENGLISH
    email: str = ""
    phone: str = ""
    website: str = ""
    tax_rate_1: Decimal
    tax_rate_2: Decimal
    tax_rate_3: Decimal
    default_tax_rate: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class BankAccountValues:
    """A bank account; ``account_number`` is the ledger account that mirrors it."""

    name: str
    iban: str
    bic: str = ""
    account_number: str


@dataclass(frozen=True, slots=True)
class SeriesValues:
    """How the numbers of one kind of document read from now on."""

    prefix: str
    number_format: NumberFormat = NumberFormat.YEAR
    first_number: int = 1


DEFAULT_SERIES: Mapping[str, SeriesValues] = MappingProxyType(
    {
        "invoice": SeriesValues("FA-"),
        "credit_note": SeriesValues("NC-"),
        "service_order": SeriesValues("SO-"),
        "quote": SeriesValues("OF-"),
        "sales_order": SeriesValues("BC-"),
    }
)


def current() -> Company | None:
    """The company; None before the first start.

    The gate keeps it in ``g.company``, so that the session's identity map answers every later call of the request.
    """
    return only_row(Company)


def the_company() -> Company:
    """The company, where one must exist."""
    company = current()
    if company is None:
        raise NotFoundError(_("The company has not been set up yet."))
    return company


def create(
    values: CompanyValues, *, country_code: str, fiscal_year_first_month: int = 1, is_demo: bool = False
) -> Company:
    """The one row, at the first start. ConflictError where it exists, also when two people start at once."""
    if current() is not None:
        raise ConflictError(_("The company has been set up already."))
    chart = CHART_OF_COUNTRY.get(country_code)
    if chart is None:
        raise DomainError(_("There is no chart of accounts for this country yet."), "country_code")
    company = Company(
        id=THE_ROW,
        **asdict(_checked(values, country_code)),
        country_code=country_code,
        chart=chart,
        fiscal_year_first_month=fiscal_year_first_month,
        is_demo=is_demo,
        created_at=audit.now(),
    )
    session.add(company)
    try:
        session.flush()
    except IntegrityError as error:
        raise ConflictError(_("The company has been set up already.")) from error
    audit.note([("company", THE_ROW)], _("%(name)s was set up.", name=company.name))
    return company


def edit(values: CompanyValues, *, version: int | None) -> Company:
    """Country and chart stay: the books rest on them."""
    company = _locked_company()
    check_version(company.version, version)
    for name, value in asdict(_checked(values, company.country_code)).items():
        setattr(company, name, value)
    session.flush()
    audit.note([("company", THE_ROW)], _("The company's settings were changed."))
    return company


def change_logo(logo_file_id: int | None) -> None:
    """The logo on documents to come; posted ones keep theirs."""
    company = _locked_company()
    if company.logo_file_id != logo_file_id:
        company.logo_file_id = logo_file_id
        session.flush()


def _locked_company() -> Company:
    company: Company | None = lock(Company, [THE_ROW]).get(THE_ROW)
    return company or the_company()


def _checked(values: CompanyValues, country_code: str) -> CompanyValues:
    vat_number, number = values.vat_number.strip(), values.enterprise_number.strip()
    if vat_number:
        vat_number = checked_vat_number(vat_number, country_code, "vat_number")
    elif values.vat_scheme is VatScheme.NORMAL:
        raise DomainError(_("A company that charges VAT needs its VAT number on every invoice."), "vat_number")
    if number:
        number = checked_enterprise_number(number, country_code, "enterprise_number")
    elif vat_number.startswith(country_code):
        number = enterprise_number_of(vat_number)
    _check_rates(values)
    try:
        ZoneInfo(values.time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise DomainError(_("There is no such time zone."), "time_zone") from error
    return replace(values, vat_number=vat_number, enterprise_number=number)


def enterprise_number_of(vat_number: str) -> str:
    """The number of the enterprise inside a checked Belgian or French VAT number; empty for any other."""
    return {"BE": vat_number[2:], "FR": vat_number[4:]}.get(vat_number[:2], "")


def _check_rates(values: CompanyValues) -> None:
    if values.default_tax_rate not in {Decimal(0), values.tax_rate_1, values.tax_rate_2, values.tax_rate_3}:
        raise DomainError(_("The default rate is one of the three rates, or 0."), "default_tax_rate")
    if values.vat_scheme is VatScheme.SMALL_BUSINESS and values.default_tax_rate:
        raise DomainError(
            _("Under the small-business scheme no VAT is charged: the default rate is 0."), "default_tax_rate"
        )


def add_bank_account(values: BankAccountValues) -> BankAccount:
    """The first account becomes the default one."""
    _locked_company()  # one change of bank accounts at a time, so that there is exactly one default
    account = BankAccount(**asdict(_checked_account(values, None)), is_default=_default() is None)
    session.add(account)
    session.flush()
    audit.note([("company", THE_ROW)], _("Bank account %(iban)s was added.", iban=account.iban))
    return account


def edit_bank_account(bank_account_id: int, values: BankAccountValues, *, version: int | None) -> BankAccount:
    """Posted documents keep the account that they were issued with."""
    account = _locked_account(bank_account_id)
    check_version(account.version, version)
    for name, value in asdict(_checked_account(values, account.id)).items():
        setattr(account, name, value)
    session.flush()
    audit.note([("company", THE_ROW)], _("Bank account %(iban)s was changed.", iban=account.iban))
    return account


def make_default_bank_account(bank_account_id: int) -> BankAccount:
    """The account that new documents print."""
    account = _locked_account(bank_account_id)
    if account.archived_at is not None:
        raise ConflictError(_("An archived bank account cannot be the default one."))
    default = _default()
    if default is not None and default is not account:
        default.is_default = False
    account.is_default = True
    session.flush()
    audit.note([("company", THE_ROW)], _("Bank account %(iban)s became the default.", iban=account.iban))
    return account


def archive_bank_account(bank_account_id: int) -> BankAccount:
    """Offered no more; the default one only after another has become it."""
    account = _locked_account(bank_account_id)
    if account.is_default:
        raise ConflictError(_("This is the default bank account: make another one the default first."))
    if account.archived_at is None:
        account.archived_at = audit.now()
        session.flush()
        audit.note([("company", THE_ROW)], _("Bank account %(iban)s was archived.", iban=account.iban))
    return account


def unarchive_bank_account(bank_account_id: int) -> BankAccount:
    """Offered again."""
    account = _locked_account(bank_account_id)
    if account.archived_at is not None:
        account.archived_at = None
        session.flush()
        audit.note([("company", THE_ROW)], _("Bank account %(iban)s is in use again.", iban=account.iban))
    return account


def _locked_account(bank_account_id: int) -> BankAccount:
    _locked_company()
    account: BankAccount | None = lock(BankAccount, [bank_account_id]).get(bank_account_id)
    if account is None:
        raise NotFoundError(_("There is no such bank account."))
    return account


def _default() -> BankAccount | None:
    return session.scalar(sa.select(BankAccount).where(BankAccount.is_default))


def _checked_account(values: BankAccountValues, own_id: int | None) -> BankAccountValues:
    iban = checked_iban(values.iban, "iban")
    bic = checked_bic(values.bic, "bic") if values.bic.strip() else ""
    if not re.fullmatch(r"[0-9]{6,8}", values.account_number):
        raise DomainError(_("A ledger account has 6 to 8 digits."), "account_number")
    twin = session.scalar(sa.select(BankAccount).where(BankAccount.iban == iban, BankAccount.id != (own_id or 0)))
    if twin is not None:
        raise DomainError(_("%(iban)s is already here, as %(name)s.", iban=iban, name=twin.name), "iban")
    return replace(values, iban=iban, bic=bic)


def set_numbering(series: Mapping[str, SeriesValues]) -> list[NumberSeries]:
    """Give kinds of documents their series. A refusal's field is that of the kind: ``invoice_prefix``."""
    _locked_company()
    check_series(series)
    return [_set_series(kind, values) for kind, values in series.items()]


def check_series(series: Mapping[str, SeriesValues]) -> None:
    """DomainError with the field of what cannot be.

    Two documents must never read the same, so a prefix belongs to one kind, for as long as its numbers exist, and never
    ends in a digit (else ``FA2`` + ``600001`` would read like ``FA`` + ``2600001``).
    """
    for kind, values in series.items():
        if not _PREFIX.fullmatch(values.prefix) or len(values.prefix) > numbering.MAX_PREFIX:
            raise DomainError(
                _("At most 10 letters, digits and . _ / - in a prefix, and no digit at its end."), f"{kind}_prefix"
            )
        if not 1 <= values.first_number <= HIGHEST_FIRST_NUMBER:
            raise DomainError(_("The first number is between 1 and 999999."), f"{kind}_first_number")
    _check_prefixes(series)


def ensure_series(kind: str) -> None:
    """Give a kind its series, as it is proposed, where a company set up earlier has none yet."""
    if not numbering.has_series(kind):
        set_numbering({kind: DEFAULT_SERIES[kind]})


def _set_series(kind: str, values: SeriesValues) -> NumberSeries:
    try:
        return numbering.set_up(kind, values.prefix, values.number_format, values.first_number)
    except DomainError as error:
        raise type(error)(error.sentence, f"{kind}_{error.field}") from error


def _check_prefixes(series: Mapping[str, SeriesValues]) -> None:
    taken: dict[str, str] = {}
    for row in session.scalars(sa.select(NumberSeries)):
        if is_used(row) or (row.active and row.kind not in series):
            taken[row.prefix.casefold()] = row.kind
    for kind, values in series.items():
        if taken.setdefault(values.prefix.casefold(), kind) != kind:
            raise DomainError(_("Another kind of document has this prefix."), f"{kind}_prefix")


def is_used(series: NumberSeries) -> bool:
    """Whether a number of it has been given; then its first number stays."""
    counter = sa.select(numbering.NumberCounter.series).where(
        numbering.NumberCounter.series == f"{series.kind}:{series.id}"
    )
    return session.scalar(counter.limit(1)) is not None
