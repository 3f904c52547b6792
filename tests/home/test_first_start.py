"""The first start: from an empty database to a company whose books are open."""

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from fsm.company import charts
from fsm.company.models import BankAccount, Company, VatScheme
from fsm.core import numbering
from fsm.core.db import Base, db, session, writing
from fsm.core.errors import ConflictError, DomainError
from fsm.documents.models import CashDiscountMode, DocumentSettings
from fsm.home.set_up import SetUp, company_values, last_day_of_year, set_up_company
from fsm.invoices.models import InvoiceSettings
from fsm.ledger.models import Account, AccountRole, FiscalYear, Period
from fsm.payments.models import PaymentSettings
from fsm.service_orders.models import ServiceSettings
from fsm.users.models import Role, User
from tests.factories import PASSWORD, TODAY

pytestmark = pytest.mark.database
FORM = {
    "name": "Warmte BV",
    "legal_form": "BV",
    "street": "Dorp 1",
    "postal_code": "9000",
    "city": "Gent",
    "country_code": "BE",
    "vat_number": "BE0403170701",
    "vat_scheme": "normal",
    "time_zone": "Europe/Brussels",
    "language": "dutch",
    "first_month": "1",
    "iban": "BE68 5390 0754 7034",
    "invoice_prefix": "FA-",
    "invoice_format": "year",
    "invoice_first_number": "57",
    "credit_note_prefix": "NC-",
    "credit_note_format": "year",
    "credit_note_first_number": "1",
    "quote_prefix": "OF-",
    "quote_format": "year",
    "quote_first_number": "1",
    "sales_order_prefix": "BC-",
    "sales_order_format": "year",
    "sales_order_first_number": "1",
    "service_order_prefix": "SO-",
    "service_order_format": "plain",
    "service_order_first_number": "1",
    "administrator_name": "Ann",
    "administrator_email": "Ann@warmte.example",
    "password": PASSWORD,
    "password_again": PASSWORD,
}


@pytest.fixture
def empty(app: Flask, engine_name: str) -> Flask:
    """The program over a database in which nothing is but the tables and their guards."""
    with db.engine.begin() as connection:
        guards: list[str] = []
        if engine_name == "postgresql":
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        else:
            found = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").all()
            guards = [sql for _name, sql in found]
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            for name, _sql in found:
                connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        for table in reversed(Base.metadata.sorted_tables):
            connection.exec_driver_sql(f'DELETE FROM "{table.name}"')
        for sql in guards:
            connection.exec_driver_sql(sql)
    session.remove()
    return app


@pytest.fixture
def client(empty: Flask) -> FlaskClient:
    return empty.test_client()


def form(**sent: str) -> dict[str, str]:
    return FORM | {"first_day": f"{dt.datetime.now(dt.UTC):%Y}-01-01"} | sent


def one(model: type[Any]) -> Any:
    session.rollback()
    session.expire_all()
    return session.scalars(sa.select(model)).one()


def count(model: type[Any]) -> int:
    session.rollback()
    session.expire_all()
    return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


@pytest.mark.parametrize("path", ["/", "/customers", "/settings/company", "/login"])
def test_every_page_leads_here_first(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.location) == (302, "/first-start")
    assert client.get("/first-start").status_code == 200


def test_makes_everything_at_once_and_logs_in(client: FlaskClient) -> None:
    year = dt.datetime.now(dt.UTC).year
    answer = client.post("/first-start", data=form())
    assert answer.status_code == 303
    assert client.get("/settings/company").status_code == 200  # the administrator is in
    company = one(Company)
    assert (company.name, company.chart, company.enterprise_number) == ("Warmte BV", "be_pcmn", "0403170701")
    assert (company.tax_rates, company.default_tax_rate) == ((21, 12, 6), 21)
    assert one(DocumentSettings).cash_discount_mode is CashDiscountMode.ON_INVOICE
    assert [count(model) for model in (InvoiceSettings, ServiceSettings, PaymentSettings)] == [1, 1, 1]
    chart = charts.load("be_pcmn")
    assert count(Account) == len(chart.accounts)
    assert count(AccountRole) == len(chart.roles)
    assert (one(FiscalYear).first_day, one(FiscalYear).last_day) == (dt.date(year, 1, 1), dt.date(year, 12, 31))
    assert count(Period) == 12
    account = one(BankAccount)
    assert (account.iban, account.is_default, account.account_number) == (
        "BE68539007547034",
        True,
        chart.roles[charts.Role.BANK],
    )
    user = one(User)
    assert (user.email, user.roles) == ("ann@warmte.example", {Role.ADMINISTRATOR, Role.MANAGER})
    on = dt.date(year, 3, 1)
    numbers = [numbering.peek(kind, on) for kind in ("invoice", "credit_note", "service_order")]
    assert numbers == [f"FA-{year % 100}00057", f"NC-{year % 100}00001", "SO-00001"]


def test_french_company_takes_the_french_chart_rates_and_discount(client: FlaskClient) -> None:
    sent = form(country_code="FR", vat_number="FR40303265045", iban="", time_zone="Europe/Paris")
    assert client.post("/first-start", data=sent).status_code == 303
    company = one(Company)
    assert (company.chart, [str(rate.normalize()) for rate in company.tax_rates]) == ("fr_pcg", ["2E+1", "1E+1", "5.5"])
    assert company.enterprise_number == "303265045"
    assert one(DocumentSettings).cash_discount_mode is CashDiscountMode.ON_PAYMENT
    assert count(BankAccount) == 0


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"vat_number": "BE0403170702"}, "not a valid VAT number"),
        ({"vat_number": ""}, "needs its VAT number"),
        ({"country_code": "DE"}, "Not a valid choice"),
        ({"iban": "BE68 5390 0754 7035"}, "not a valid IBAN"),
        ({"iban": "", "bic": "GKCCBEBB"}, "A bank account needs its IBAN"),
        ({"bic": "GKCC"}, "not a valid BIC"),
        ({"name": ""}, "This field is required"),
        ({"name": "x" * 101}, "100 characters"),
        ({"first_day": ""}, "This field is required"),
        ({"first_day": "2001-01-01"}, "The first fiscal year starts between"),
        ({"first_month": "13"}, "Not a valid choice"),
        ({"credit_note_prefix": "FA-"}, "Another kind of document has this prefix"),
        ({"invoice_first_number": "0"}, "between 1 and 999999"),
        ({"password_again": "something else"}, "The two passwords differ"),
        ({"password": "short", "password_again": "short"}, "at least 10 characters"),
        ({"administrator_email": "ann"}, "not an e-mail address"),
    ],
)
def test_refused_at_its_field_and_nothing_is_made(client: FlaskClient, sent: dict[str, str], sentence: str) -> None:
    answer = client.post("/first-start", data=form(court_register="RPR Gent") | sent)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'value="RPR Gent"' in answer.text
    assert [count(model) for model in (Company, User, Account, FiscalYear, BankAccount)] == [0] * 5


def test_second_time_is_refused(client: FlaskClient) -> None:
    assert client.post("/first-start", data=form()).status_code == 303
    stranger = client.application.test_client()
    answer = stranger.post("/first-start", data=form(name="Mine now", administrator_email="evil@x.example"))
    assert answer.status_code == 409
    assert stranger.post("/first-start/demo").status_code == 409
    assert stranger.get("/first-start").status_code == 302
    assert one(Company).name == "Warmte BV"
    assert count(User) == 1


def test_demo_is_loaded_by_the_handler_of_the_roof(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    extensions = client.application.extensions
    monkeypatch.delitem(extensions, "fsm_load_demo", raising=False)
    assert client.post("/first-start/demo").status_code == 404

    def load() -> None:  # as the real one, in a transaction of its own
        with writing(bulk=True):
            set_up_company(set_up(is_demo=True), today=TODAY)

    monkeypatch.setitem(extensions, "fsm_load_demo", load)
    assert "/first-start/demo" in client.get("/first-start").text
    answer = client.post("/first-start/demo")
    assert (answer.status_code, answer.location) == (303, "/login")
    assert one(Company).is_demo


def set_up(**values: Any) -> SetUp:
    identity = company_values(country_code="BE", on=TODAY, name="Warmte BV", vat_number="BE0403170701")
    return SetUp(
        **{
            "company": identity,
            "first_day": dt.date(2026, 1, 1),
            "administrator_name": "Ann",
            "administrator_email": "ann@warmte.example",
            "password_hash": "a hash",
        }
        | values
    )


def test_small_business_starts_with_no_vat(empty: Flask) -> None:
    identity = company_values(country_code="BE", on=TODAY, name="Klein", vat_scheme=VatScheme.SMALL_BUSINESS)
    with writing():
        set_up_company(set_up(company=identity), today=TODAY)
    assert (one(Company).default_tax_rate, one(Company).vat_number) == (0, "")


def test_called_twice_it_is_a_conflict(empty: Flask) -> None:
    with writing():
        set_up_company(set_up(), today=TODAY)
    with pytest.raises(ConflictError), writing():
        set_up_company(set_up(administrator_email="other@warmte.example"), today=TODAY)
    assert count(User) == 1


def test_refusal_of_the_administrator_names_the_field_of_this_page(empty: Flask) -> None:
    with pytest.raises(DomainError) as refused, writing():
        set_up_company(set_up(administrator_name=" "), today=TODAY)
    assert refused.value.field == "administrator_name"
    assert count(Company) == 0


@pytest.mark.parametrize(
    ("first_day", "first_month", "last_day"),
    [
        ((2026, 1, 1), 1, (2026, 12, 31)),
        ((2026, 10, 15), 1, (2026, 12, 31)),
        ((2026, 7, 1), 7, (2027, 6, 30)),
        ((2026, 2, 10), 7, (2026, 6, 30)),
        ((2027, 5, 1), 3, (2028, 2, 29)),
    ],
)
def test_first_year_ends_before_the_next_first_month(
    first_day: tuple[int, int, int], first_month: int, last_day: tuple[int, int, int]
) -> None:
    assert last_day_of_year(dt.date(*first_day), first_month) == dt.date(*last_day)
