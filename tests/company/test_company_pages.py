"""Settings of the company: identity, VAT, bank accounts, numbering, logo."""

import io
import re
from collections.abc import Callable
from decimal import Decimal as D

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from fsm.company import numbering_outlook
from fsm.company.models import BankAccount, Company
from fsm.core import numbering
from fsm.core.db import session, writing
from fsm.core.numbering import NumberFormat
from fsm.users.models import Role
from tests.factories import TODAY

pytestmark = pytest.mark.database
Clients = Callable[..., FlaskClient]
TOO_LARGE = 2**63

SETTINGS = {
    "name": "Testwerk BV",
    "vat_number": "BE0403170701",
    "vat_scheme": "normal",
    "time_zone": "Europe/Brussels",
    "language": "dutch",
    "tax_rate_1": "21",
    "tax_rate_2": "12",
    "tax_rate_3": "6",
    "default_tax_rate": "21",
}
SERIES = {
    "invoice_prefix": "FA-",
    "invoice_format": "year",
    "invoice_first_number": "1",
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
    "service_order_format": "year",
    "service_order_first_number": "1",
}
ACCOUNT = {"name": "Savings", "iban": "BE71 0961 2345 6769", "bic": "GKCCBEBB", "account_number": "551000"}


@pytest.fixture
def client(client_for: Clients) -> FlaskClient:
    return client_for(Role.MANAGER)


def stored() -> Company:
    session.rollback()
    session.expire_all()
    company = session.get(Company, 1)
    assert company is not None
    return company


def accounts() -> list[BankAccount]:
    session.rollback()
    session.expire_all()
    return list(session.scalars(sa.select(BankAccount).order_by(BankAccount.id)))


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.MANAGER, 200),
        (Role.ADMINISTRATOR, 200),
        (Role.OFFICE, 403),
        (Role.TECHNICIAN, 403),
        (Role.ACCOUNTANT, 403),
    ],
)
@pytest.mark.parametrize("path", ["company", "bank-accounts", "bank-accounts/new", "bank-accounts/1/edit", "numbering"])
def test_settings_are_for_managers_and_administrators(client_for: Clients, role: Role, status: int, path: str) -> None:
    assert client_for(role).get(f"/settings/{path}").status_code == status


def test_saved_with_its_numbers_in_their_compact_form(client: FlaskClient) -> None:
    sent = {"vat_number": " 0403.170.701 ", "tax_rate_2": "10,5", "city": "Gent", "phone": "+32 9 123 45 67"}
    answer = client.post("/settings/company", data=SETTINGS | sent)
    assert answer.status_code == 303
    company = stored()
    assert (company.vat_number, company.enterprise_number) == ("BE0403170701", "0403170701")
    assert (company.tax_rate_2, company.city, company.language) == (D("10.5"), "Gent", "dutch")


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"vat_number": "BE0403170702"}, "not a valid VAT number"),
        ({"vat_number": ""}, "needs its VAT number"),
        ({"enterprise_number": "0403170702"}, "not a valid enterprise number"),
        ({"name": "  "}, "This field is required"),
        ({"name": "x" * 101}, "100 characters"),
        ({"postal_code": "x" * 11}, "10 characters"),
        ({"time_zone": "Europe/Atlantis"}, "Not a valid choice"),
        ({"email": "nobody"}, "not an e-mail address"),
        ({"tax_rate_1": "100.01"}, "Between 0 and 100"),
        ({"tax_rate_1": "twenty"}, "not a number"),
        ({"default_tax_rate": "20"}, "one of the three rates"),
        ({"vat_scheme": "small_business"}, "the default rate is 0"),
        ({"city": "Gent\x00"}, "cannot be stored"),
    ],
)
def test_refused_at_its_field_and_nothing_is_saved(client: FlaskClient, sent: dict[str, str], sentence: str) -> None:
    before = stored().version
    answer = client.post("/settings/company", data=SETTINGS | {"street": "Kept as typed"} | sent)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "Kept as typed" in answer.text
    assert stored().version == before


def test_small_business_without_vat_number(client: FlaskClient) -> None:
    sent = {"vat_scheme": "small_business", "default_tax_rate": "0", "vat_number": ""}
    assert client.post("/settings/company", data=SETTINGS | sent).status_code == 303
    assert stored().default_tax_rate == 0


def test_of_two_who_edit_the_second_is_shown_what_the_first_saved(client_for: Clients) -> None:
    version = str(stored().version)
    first, second = client_for(Role.MANAGER), client_for(Role.ADMINISTRATOR)
    assert first.post("/settings/company", data=SETTINGS | {"city": "Gent", "version": version}).status_code == 303
    answer = second.post("/settings/company", data=SETTINGS | {"city": "Aalst", "version": version})
    assert answer.status_code == 409
    assert "Somebody else has changed this meanwhile" in answer.text
    assert re.search(r"<dd>\s*Gent\s*</dd>", answer.text)
    assert 'value="Aalst"' in answer.text
    assert stored().city == "Gent"
    again = second.post("/settings/company", data=SETTINGS | {"city": "Aalst", "version": str(stored().version)})
    assert again.status_code == 303
    assert stored().city == "Aalst"


def png() -> io.BytesIO:
    file = io.BytesIO()
    Image.new("RGBA", (40, 20), (200, 0, 0, 128)).save(file, "PNG")
    file.seek(0)
    return file


def test_logo_is_kept_shown_and_removed(client: FlaskClient) -> None:
    assert client.get("/settings/company/logo").status_code == 404
    answer = client.post("/settings/company", data=SETTINGS | {"logo": (png(), "logo.png")})
    assert answer.status_code == 303
    with client.get("/settings/company/logo") as shown:
        assert shown.status_code == 200
        assert Image.open(io.BytesIO(shown.data)).size == (40, 20)
    client.post("/settings/company", data=SETTINGS)
    assert stored().logo_file_id is not None
    client.post("/settings/company", data=SETTINGS | {"removes_logo": "y"})
    assert stored().logo_file_id is None


def test_logo_that_is_no_picture_is_refused(client: FlaskClient) -> None:
    answer = client.post("/settings/company", data=SETTINGS | {"logo": (io.BytesIO(b"<svg/>"), "logo.svg")})
    assert answer.status_code == 422
    assert "no image that can be read" in answer.text
    assert stored().logo_file_id is None


def test_bank_account_is_checked_and_kept_compact(client: FlaskClient) -> None:
    assert client.post("/settings/bank-accounts/new", data=ACCOUNT).status_code == 303
    row = accounts()[-1]
    assert (row.iban, row.bic, row.account_number, row.is_default) == ("BE71096123456769", "GKCCBEBB", "551000", False)


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"iban": "BE71 0961 2345 6768"}, "not a valid IBAN"),
        ({"iban": "BE68 5390 0754 7034"}, "already here, as Main"),
        ({"bic": "GKCC"}, "not a valid BIC"),
        ({"account_number": "55100"}, "6 to 8 digits"),
        ({"account_number": "55100x"}, "6 to 8 digits"),
        ({"account_number": "551000000"}, "8 characters"),
        ({"account_number": "٥٥١٠٠٠"}, "6 to 8 digits"),
        ({"name": "x" * 61}, "60 characters"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_bank_account_with_a_wrong_field_is_refused(client: FlaskClient, sent: dict[str, str], sentence: str) -> None:
    answer = client.post("/settings/bank-accounts/new", data=ACCOUNT | sent)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert len(accounts()) == 1


def test_exactly_one_bank_account_is_the_default(client: FlaskClient) -> None:
    client.post("/settings/bank-accounts/new", data=ACCOUNT)
    first, second = accounts()
    assert client.post(f"/settings/bank-accounts/{second.id}/default").status_code == 303
    assert [(row.id, row.is_default) for row in accounts()] == [(first.id, False), (second.id, True)]
    assert client.post(f"/settings/bank-accounts/{second.id}/archive").status_code == 409
    assert client.post(f"/settings/bank-accounts/{first.id}/archive").status_code == 303
    assert client.post(f"/settings/bank-accounts/{first.id}/default").status_code == 409
    assert [row.is_default for row in accounts()] == [False, True]
    assert client.post(f"/settings/bank-accounts/{first.id}/unarchive").status_code == 303
    assert accounts()[0].archived_at is None


def test_bank_account_edited_by_two(client: FlaskClient) -> None:
    row = accounts()[0]
    sent = ACCOUNT | {"iban": row.iban, "version": str(row.version)}
    assert client.post(f"/settings/bank-accounts/{row.id}/edit", data=sent | {"name": "Ours"}).status_code == 303
    answer = client.post(f"/settings/bank-accounts/{row.id}/edit", data=sent | {"name": "Theirs"})
    assert answer.status_code == 409
    assert re.search(r"<dd>\s*Ours\s*</dd>", answer.text)
    assert accounts()[0].name == "Ours"


@pytest.mark.parametrize("number", ["99", str(TOO_LARGE), "0"])
def test_bank_account_that_is_not_there(client: FlaskClient, number: str) -> None:
    assert client.get(f"/settings/bank-accounts/{number}/edit").status_code == 404
    assert client.post(f"/settings/bank-accounts/{number}/default").status_code == 404


def peek(kind: str) -> str:
    session.rollback()
    session.expire_all()
    return numbering.peek(kind, TODAY)


def test_first_number_of_an_unused_series_may_change(client: FlaskClient) -> None:
    assert client.post("/settings/numbering", data=SERIES | {"invoice_first_number": "57"}).status_code == 303
    assert peek("invoice") == "FA-2600057"
    assert peek("credit_note") == "NC-2600001"


def test_first_number_of_a_used_series_stays(client: FlaskClient) -> None:
    with writing():
        numbering.take("invoice", [TODAY])
    answer = client.post("/settings/numbering", data=SERIES | {"invoice_first_number": "57"})
    assert answer.status_code == 422
    assert "This series has been used" in answer.text
    assert peek("invoice") == "FA-2600002"


def test_another_format_opens_a_new_series_and_the_old_one_goes_on_later(client: FlaskClient) -> None:
    with writing():
        numbering.take("invoice", [TODAY])
    sent = {"invoice_format": "year_month", "invoice_first_number": "5"}
    assert client.post("/settings/numbering", data=SERIES | sent).status_code == 303
    assert peek("invoice") == "FA-260300005"
    assert client.post("/settings/numbering", data=SERIES).status_code == 303
    assert peek("invoice") == "FA-2600002"


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"credit_note_prefix": "fa-"}, "Another kind of document has this prefix"),
        ({"invoice_prefix": "FA26"}, "no digit at its end"),
        ({"invoice_prefix": "FÄ-"}, "no digit at its end"),
        ({"invoice_prefix": "ABCDEFGHIJK"}, "10 characters"),
        ({"invoice_first_number": "0"}, "between 1 and 999999"),
        ({"invoice_first_number": "1000000"}, "between 1 and 999999"),
        ({"invoice_first_number": "one"}, "Not a valid integer"),
        ({"invoice_format": "month"}, "Invalid Choice"),
    ],
)
def test_numbering_that_could_not_be_told_apart_or_read(
    client: FlaskClient, sent: dict[str, str], sentence: str
) -> None:
    answer = client.post("/settings/numbering", data=SERIES | sent)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert peek("invoice") == "FA-2600001"


def test_prefix_of_a_used_series_stays_with_its_kind(client: FlaskClient) -> None:
    with writing():
        numbering.take("invoice", [TODAY])
    answer = client.post("/settings/numbering", data=SERIES | {"invoice_prefix": "IN-", "credit_note_prefix": "FA-"})
    assert answer.status_code == 422
    assert peek("credit_note") == "NC-2600001"


def test_two_kinds_may_swap_prefixes_that_were_never_used(client: FlaskClient) -> None:
    sent = {"invoice_prefix": "NC-", "credit_note_prefix": "FA-"}
    assert client.post("/settings/numbering", data=SERIES | sent).status_code == 303
    assert (peek("invoice"), peek("credit_note")) == ("NC-2600001", "FA-2600001")


@pytest.mark.parametrize(
    ("prefix", "number_format", "first", "sentences"),
    [
        ("X-", "plain", "7", ["Begins with X-00007.", "Counts on for ever", "goes on with FA-2600002"]),
        ("FA-", "year", "1", ["Next number: FA-2600002.", "FA-2700001 in 2027"]),
        ("FA-", "year_month", "1", ["Begins with FA-260300001.", "FA-260400001 next month"]),
        ("FA-", "year", "9", ["This series has been used"]),
        ("FA26", "year", "1", ["no digit at its end"]),
        ("ABCDEFGHIJK", "year", "1", ["At most 10 letters"]),
        ("nc-", "year", "1", ["Another kind of document has this prefix"]),
        ("X-", "plain", "x", ["between 1 and 999999"]),
    ],
)
def test_what_a_change_of_numbers_does_is_said(
    app: Flask, prefix: str, number_format: str, first: str, sentences: list[str]
) -> None:
    with writing():
        numbering.take("invoice", [TODAY])
    found = numbering_outlook.typed("invoice", prefix, number_format, first, TODAY)
    told = " ".join((*found.sentences, found.refusal))
    assert all(sentence in told for sentence in sentences), told


def test_example_while_typing(client: FlaskClient, app: Flask) -> None:
    query = "kind=invoice&invoice_prefix=X-&invoice_format=plain&invoice_first_number=7"
    assert "Begins with X-00007." in client.get(f"/settings/numbering/example?{query}").text
    for broken in ("", "kind=invoice&invoice_format=weekly&invoice_first_number=x", "kind=../etc"):
        answer = client.get(f"/settings/numbering/example?{broken}")
        assert (answer.status_code, answer.text.strip()) == (200, "")


def test_formats_are_those_of_the_source() -> None:
    assert [numbering.written("FA-", numbering.period_of(kind, TODAY), 1) for kind in NumberFormat] == [
        "FA-260300001",
        "FA-2600001",
        "FA-00001",
    ]
