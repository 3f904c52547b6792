"""Customers and contacts: pages, rules, permissions, two people at once."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from fsm.core import audit
from fsm.core.db import session, writing
from fsm.customers.models import Contact, Customer, Site
from fsm.users.models import Role
from tests.factories import make_contact, make_customer, make_equipment, make_site

pytestmark = pytest.mark.database
Clients = Callable[..., FlaskClient]
CUSTOMER = {
    "name": "Café De Zwaan",
    "is_business": "y",
    "billing_street": "Markt 2",
    "billing_postal_code": "9300",
    "billing_city": "Aalst",
    "billing_country_code": "BE",
    "delivery_country_code": "BE",
    "currency": "EUR",
    "language": "",
    "automatic_reminders": "",
    "days_due": "",
}


@pytest.fixture
def client(client_for: Clients) -> FlaskClient:
    return client_for(Role.OFFICE)


def made(**values: Any) -> Customer:
    with writing():
        return make_customer(**values)


def customers() -> list[Customer]:
    session.rollback()
    session.expire_all()
    return list(session.scalars(sa.select(Customer).order_by(Customer.id)))


def sites() -> list[Site]:
    session.rollback()
    session.expire_all()
    return list(session.scalars(sa.select(Site).order_by(Site.id)))


def test_saved_with_its_first_site_and_numbers(client: FlaskClient) -> None:
    sent = {"vat_number": "be 0428.759.497", "makes_site": "y", "days_due": "0", "phone": "053 12 34 56"}
    answer = client.post("/customers/new", data=CUSTOMER | sent)
    (customer,) = customers()
    assert (answer.status_code, answer.location) == (303, f"/customers/{customer.id}")
    assert (customer.vat_number, customer.enterprise_number) == ("BE0428759497", "0428759497")
    assert (customer.days_due, customer.language, customer.automatic_reminders) == (0, None, None)
    assert customer.sort_key == "cafe de zwaan"
    (site,) = sites()
    assert (site.customer_id, site.name, site.address) == (customer.id, "Markt 2", customer.billing_address)
    assert any("was added" in note.sentence for note in audit.timeline("customer", customer.id))


def test_site_is_only_made_when_asked_for(client: FlaskClient) -> None:
    assert client.post("/customers/new", data=CUSTOMER).status_code == 303
    assert len(customers()) == 1
    assert sites() == []


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"vat_number": "FR40303265045", "billing_country_code": "FR"}, "FR40303265045"),
        ({"vat_number": "40 303 265 045", "billing_country_code": "FR"}, "FR40303265045"),
        ({"vat_number": "094259216", "billing_country_code": "GR"}, "EL094259216"),
        ({"vat_number": "ATU13585627", "billing_country_code": "BE"}, "ATU13585627"),
    ],
)
def test_vat_number_of_another_country(client: FlaskClient, sent: dict[str, str], kept: str) -> None:
    assert client.post("/customers/new", data=CUSTOMER | sent).status_code == 303
    assert customers()[0].vat_number == kept
    assert customers()[0].enterprise_number == ""


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"vat_number": "BE0428759498"}, "not a valid VAT number"),
        ({"vat_number": "FR40303265044", "billing_country_code": "FR"}, "not a valid VAT number"),
        ({"enterprise_number": "0428759498"}, "not a valid enterprise number"),
        ({"name": " "}, "This field is required"),
        ({"name": "x" * 101}, "100 characters"),
        ({"billing_street": "x" * 151}, "150 characters"),
        ({"billing_city": "x" * 51}, "50 characters"),
        ({"billing_postal_code": "x" * 11}, "10 characters"),
        ({"billing_country_code": "be"}, "Not a valid choice"),
        ({"billing_country_code": "EU"}, "Not a valid choice"),
        ({"delivery_country_code": "XX"}, "Not a valid choice"),
        ({"currency": "JPY"}, "Not a valid choice"),
        ({"currency": "EURO"}, "Not a valid choice"),
        ({"language": "klingon"}, "Invalid Choice"),
        ({"days_due": "1000"}, "between 0 and 999"),
        ({"days_due": "-1"}, "between 0 and 999"),
        ({"days_due": "9" * 5000}, "Not a valid integer"),
        ({"email": "a@b@c.example"}, "not an e-mail address"),
        ({"notes": "x" * 10_001}, "10000 characters"),
        ({"attention": "x\x1b[31m"}, "cannot be stored"),
    ],
)
def test_refused_at_its_field_with_all_that_was_typed(client: FlaskClient, sent: dict[str, str], sentence: str) -> None:
    answer = client.post("/customers/new", data=CUSTOMER | {"makes_site": "y", "phone": "053 99"} | sent)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'value="053 99"' in answer.text
    assert customers() == []
    assert sites() == []


@pytest.mark.parametrize(
    "same",
    [{"name": "CAFÉ de zwaan"}, {"name": "Cafe De Zwaan "}, {"name": "Other", "vat_number": "0428759497"}],
)
def test_likely_duplicate_is_shown_and_may_be_saved_all_the_same(client: FlaskClient, same: dict[str, str]) -> None:
    other = made(name="Café De Zwaan", vat_number="BE0428759497")
    answer = client.post("/customers/new", data=CUSTOMER | same)
    assert answer.status_code == 422
    assert f'href="/customers/{other.id}"' in answer.text
    assert "saves_all_the_same" in answer.text
    assert len(customers()) == 1
    assert client.post("/customers/new", data=CUSTOMER | same | {"saves_all_the_same": "y"}).status_code == 303
    assert len(customers()) == 2


def test_customer_is_no_duplicate_of_itself(client: FlaskClient) -> None:
    customer = made(name="Café De Zwaan", vat_number="BE0428759497")
    sent = CUSTOMER | {"vat_number": "BE 0428.759.497", "version": str(customer.version)}
    assert client.post(f"/customers/{customer.id}/edit", data=sent).status_code == 303


def test_of_two_who_edit_one_customer_the_second_sees_the_first(client_for: Clients) -> None:
    customer = made(name="Café De Zwaan")
    page, version = f"/customers/{customer.id}/edit", str(customer.version)
    first, second = client_for(Role.OFFICE), client_for(Role.MANAGER)
    assert first.post(page, data=CUSTOMER | {"phone": "053 11", "version": version}).status_code == 303
    answer = second.post(page, data=CUSTOMER | {"phone": "053 22", "version": version})
    assert answer.status_code == 409
    assert "Somebody else has changed this meanwhile" in answer.text
    assert re.search(r"<dd>\s*053 11\s*</dd>", answer.text)
    assert 'value="053 22"' in answer.text
    assert customers()[0].phone == "053 11"
    fresh = str(customers()[0].version)
    assert second.post(page, data=CUSTOMER | {"phone": "053 22", "version": fresh}).status_code == 303
    assert customers()[0].phone == "053 22"


def test_save_that_changes_nothing_leaves_version_and_timeline(client: FlaskClient) -> None:
    client.post("/customers/new", data=CUSTOMER)
    (customer,) = customers()
    sent = CUSTOMER | {"version": str(customer.version)}
    assert client.post(f"/customers/{customer.id}/edit", data=sent).status_code == 303
    assert customers()[0].version == customer.version
    assert len(audit.timeline("customer", customer.id)) == 1


def test_archived_not_deleted(client: FlaskClient) -> None:
    customer = made(name="Old Mill")
    assert client.post(f"/customers/{customer.id}/archive").status_code == 303
    link = f'href="/customers/{customer.id}"'
    assert link not in client.get("/customers").text
    assert link in client.get("/customers?tab=archived").text
    assert client.get("/customers/suggest?q=old").json == []
    assert client.post(f"/customers/{customer.id}/unarchive").status_code == 303
    assert link in client.get("/customers").text


@pytest.mark.parametrize(
    "q",
    ["zwa", "ZWAAN", "café", "cafe d", "0428", "be0428", "0428.759", "053/12", "+32 53 12", "Info@zw"],
)
def test_found_by_the_beginning_of(client: FlaskClient, q: str) -> None:
    made(name="Café De Zwaan", vat_number="BE0428759497", enterprise_number="0428759497",
         phone="+32 53 12 34 56", email="info@Zwaan.example")  # fmt: skip
    made(name="Other", phone="02 999 99 99")
    text = client.get("/customers", query_string={"q": q}).text
    assert "Café De Zwaan" in text
    assert ">Other<" not in text


@pytest.mark.parametrize("q", ["%", "_", "waan", "\\", "'", "x" * 5000, "\N{GREEK SMALL LETTER ALPHA}"])
def test_not_found_by_wild_cards_or_the_middle_of_a_word(client: FlaskClient, q: str) -> None:
    made(name="Café De Zwaan")
    answer = client.get("/customers", query_string={"q": q})
    assert answer.status_code == 200
    assert "Café De Zwaan" not in answer.text
    assert "Nothing found" in answer.text


def test_pages_by_key_without_gap_or_double(client: FlaskClient) -> None:
    with writing(bulk=True):
        for number in range(120):
            make_customer(name=f"Customer {number:03d}" if number % 2 else "Same name")
    seen: list[str] = []
    url: str | None = "/customers"
    while url:
        text = client.get(url).text
        seen += re.findall(r'<a href="/customers/(\d+)"', text)
        following = re.search(r'rel="next"\s+href="([^"]+)"', text)
        url = following[1].replace("&amp;", "&") if following else None
    assert len(seen) == 120
    assert len(set(seen)) == 120


def test_list_asks_no_question_per_row(client: FlaskClient, count_queries: Callable[[], Any]) -> None:
    made()
    client.get("/customers")
    with count_queries() as few:
        client.get("/customers")
    with writing(bulk=True):
        for number in range(40):
            make_customer(name=f"Customer {number}")
    with count_queries() as many:
        client.get("/customers")
    assert len(many) == len(few)


def test_customer_page_asks_no_question_per_site(client: FlaskClient, count_queries: Callable[[], Any]) -> None:
    customer, payer = made(), made(name="Syndic")

    def count() -> int:
        with count_queries() as statements:
            assert client.get(f"/customers/{customer.id}").status_code == 200
        return len(statements)

    with writing():
        make_equipment(make_site(customer, payer_id=payer.id))
        make_contact(customer)
    few = count()
    with writing(bulk=True):
        for number in range(12):
            make_equipment(make_site(customer, name=f"Site {number}", payer_id=make_customer(name=f"P{number}").id))
            make_contact(customer, name=f"Contact {number}")
    assert count() == few


def test_suggestions_are_twenty_at_most(client: FlaskClient) -> None:
    with writing(bulk=True):
        for number in range(25):
            make_customer(name=f"Bakker {number:02d}", vat_number="BE0428759497")
    rows = client.get("/customers/suggest?q=bak").json
    assert rows is not None
    assert len(rows) == 20
    assert rows[0] == {"id": rows[0]["id"], "name": "Bakker 00", "city": "Gent", "vat_number": "BE0428759497"}


PAGES = (
    ("GET", "/customers", "read"),
    ("GET", "/customers/suggest?q=x", "read"),
    ("GET", "/customers/options?field=payer_id&payer_id=x", "read"),
    ("GET", "/customers/{customer}", "read"),
    ("GET", "/customers/{customer}/sites", "read"),
    ("GET", "/customers/{customer}/site/{site}", "read"),
    ("GET", "/customers/new", "write"),
    ("GET", "/customers/{customer}/edit", "write"),
    ("GET", "/customers/{customer}/contacts/new", "write"),
    ("GET", "/customers/{customer}/contact/{contact}/edit", "write"),
    ("GET", "/customers/{customer}/sites/new", "write"),
    ("GET", "/customers/{customer}/site/{site}/edit", "write"),
    ("GET", "/customers/{customer}/site/{site}/equipment/new", "write"),
    ("GET", "/customers/{customer}/equipment/{equipment}/edit", "write"),
    ("POST", "/customers/{customer}/archive", "write"),
    ("POST", "/customers/{customer}/unarchive", "write"),
    ("POST", "/customers/{customer}/site/{site}/archive", "write"),
    ("POST", "/customers/{customer}/site/{site}/unarchive", "write"),
    ("POST", "/customers/{customer}/equipment/{equipment}/archive", "write"),
    ("POST", "/customers/{customer}/equipment/{equipment}/unarchive", "write"),
    ("POST", "/customers/{customer}/contact/{contact}/remove", "write"),
)
MAY = {
    Role.OFFICE: {"read", "write"},
    Role.MANAGER: {"read", "write"},
    Role.ACCOUNTANT: {"read"},
    Role.TECHNICIAN: set[str](),
    Role.ADMINISTRATOR: set[str](),
}


@pytest.mark.parametrize("role", list(MAY))
def test_desk_writes_accountant_reads_nobody_else_sees(client_for: Clients, role: Role) -> None:
    with writing():
        customer = make_customer()
        site = make_site(customer, access_code="1234#")
        ids = {
            "customer": customer.id,
            "site": site.id,
            "equipment": make_equipment(site).id,
            "contact": make_contact(customer).id,
        }
    client = client_for(role)
    for method, path, right in PAGES:
        answer = client.open(path.format(**ids), method=method)
        assert (path, answer.status_code < 400) == (path, right in MAY[role])
        assert answer.status_code in {200, 303, 403}


def test_access_code_is_not_for_the_accountant(client_for: Clients) -> None:
    with writing():
        site = make_site(make_customer(), access_code="1234#")
    page = f"/customers/{site.customer_id}/site/{site.id}"
    assert "1234#" in client_for(Role.OFFICE).get(page).text
    assert "1234#" not in client_for(Role.ACCOUNTANT).get(page).text


@pytest.mark.parametrize("number", ["999", str(2**63), "0", "-1", "x", str(2**63 - 1)])
def test_what_is_not_there_is_a_404(client: FlaskClient, number: str) -> None:
    customer = made()
    for path in (
        f"/customers/{number}",
        f"/customers/{number}/edit",
        f"/customers/{number}/sites",
        f"/customers/{number}/sites/new",
        f"/customers/{customer.id}/site/{number}",
        f"/customers/{customer.id}/equipment/{number}/edit",
        f"/customers/{customer.id}/contact/{number}/edit",
    ):
        assert (path, client.get(path).status_code) == (path, 404)
    assert client.post(f"/customers/{number}/archive").status_code in {404, 405}


@pytest.mark.parametrize("cursor", ["x", "e30", "%00", "WyJmIiwxXQ"])
def test_cursor_that_is_none_is_a_404(client: FlaskClient, cursor: str) -> None:
    assert client.get(f"/customers?after={cursor}").status_code == 404


def test_contact_who_gets_mails_needs_an_address(client: FlaskClient) -> None:
    customer = made()
    page = f"/customers/{customer.id}/contacts/new"
    answer = client.post(page, data={"name": "An", "gets_invoices": "y"})
    assert answer.status_code == 422
    assert "needs an e-mail address" in answer.text
    assert client.post(page, data={"name": "An", "gets_invoices": "y", "email": "an@x.example"}).status_code == 303
    session.rollback()
    session.expire_all()
    contact = session.scalars(sa.select(Contact)).one()
    assert (contact.gets_invoices, contact.gets_quotes) == (True, False)
    assert client.post(f"/customers/{customer.id}/contact/{contact.id}/remove").status_code == 303
    session.rollback()
    session.expire_all()
    assert session.scalar(sa.select(sa.func.count()).select_from(Contact)) == 0


def test_contact_is_only_found_at_its_own_customer(client: FlaskClient) -> None:
    with writing():
        contact, other = make_contact(make_customer()), make_customer(name="Other")
    assert client.get(f"/customers/{other.id}/contact/{contact.id}/edit").status_code == 404
    assert client.post(f"/customers/{other.id}/contact/{contact.id}/remove").status_code == 404
    session.rollback()
    session.expire_all()
    assert session.get(Contact, contact.id) is not None


def test_markup_in_a_name_is_text(client: FlaskClient) -> None:
    name = "<script>alert(1)</script>\"'"
    client.post("/customers/new", data=CUSTOMER | {"name": name, "makes_site": "y"})
    (customer,) = customers()
    for page in (
        "/customers",
        f"/customers/{customer.id}",
        f"/customers/{customer.id}/edit",
        "/customers/options?field=q&q=<s",
    ):
        assert "<script>alert" not in client.get(page).text
