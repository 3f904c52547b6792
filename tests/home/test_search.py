"""The search index is what the owners say, and everybody finds what they may see, in any spelling, and nothing else."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from fsm.core import bulk
from fsm.core import search as index
from fsm.core.audit import now
from fsm.core.db import session, writing
from fsm.core.search import SearchEntry, SearchWord
from fsm.core.types import sort_key
from fsm.customers.models import Contact, Customer
from fsm.home import search
from fsm.invoices import services as invoices
from fsm.invoices.models import Invoice
from fsm.service_orders.models import ServiceOrder
from fsm.users.models import Role
from tests import factories
from tests.conftest import MadeOnce, user_of
from tests.home.books import TODAY, keep_books

pytestmark = pytest.mark.database
ClientFor = Callable[..., FlaskClient]


@pytest.fixture
def books(made_once: MadeOnce) -> dict[str, int]:
    """The small company's books and some customers more; gives the customers' ids."""
    return made_once("sought", make_books)


def make_books() -> dict[str, int]:
    """Some by each of the words that are sought."""
    keep_books()
    with writing():
        peeters = factories.make_customer(
            name="Peeters & Zonen", vat_number="BE0403170701", phone="+32 475 12 34 56", billing_city="Brugge"
        )
        eric = factories.make_customer(name="Éric Peeters", email="eric@demo.example")
        factories.make_contact(eric, name="Liesbeth Claes", phone="050 33 44 55")
        site = factories.make_site(peeters, name="Warehouse", street="Havenkaai 9", city="Zeebrugge")
        factories.make_equipment(site, make="Calora", model="X-200", serial="SN 778-99")
    return {"peeters": peeters.id, "eric": eric.id}


def found(text: str, role: Role = Role.OFFICE, **values: object) -> dict[str, list[str]]:
    """The titles of what is found, by kind."""
    with_request = search.search(text, factories.actor_of(user_of(role)), each=50, **values)  # type: ignore[arg-type]
    return {group.kind.name: [hit.title for hit in group.hits] for group in with_request.groups}


@pytest.mark.parametrize(
    ("typed", "kind", "titles"),
    [
        ("peet", "customer", {"Peeters & Zonen", "Éric Peeters", "Bakkerij Peeters"}),
        ("zonen PEETERS", "customer", {"Peeters & Zonen"}),
        ("eric", "customer", {"Éric Peeters"}),
        ("brugge peet", "customer", {"Peeters & Zonen"}),
        ("0403.170.701", "customer", {"Peeters & Zonen"}),
        ("be403170701", "customer", {"Peeters & Zonen"}),
        ("0475/12.34.56", "customer", {"Peeters & Zonen"}),
        ("3456", "customer", {"Peeters & Zonen"}),
        ("claes lies", "customer", {"Éric Peeters"}),
        ("050334455", "customer", {"Éric Peeters"}),
        ("havenk", "site", {"Warehouse"}),
        ("sn778", "equipment", {"Calora X-200"}),
        ("x200 calora", "equipment", {"Calora X-200"}),
        ("so-2600", "service_order", {"SO-2600001", "SO-2600002", "SO-2600003"}),
        ("1316", "invoice", {"FA-2600003"}),  # 1210.00 + 106.00
        ("1.316,00", "invoice", {"FA-2600003"}),
        ("800,00", "payment", {"20 Mar 2026"}),
    ],
)
def test_words_are_found(books: dict[str, int], app: Flask, typed: str, kind: str, titles: set[str]) -> None:
    with app.test_request_context():
        assert set(found(typed)[kind]) == titles


def test_what_is_not_found(books: dict[str, int], app: Flask) -> None:
    with app.test_request_context():
        for typed in ("nothing of the kind", "", "%", "_", "peeters antwerpen", "1316,01", "\0", "x" * 999):
            assert found(typed) == {}, typed


def test_an_exact_number_jumps(books: dict[str, int], app: Flask, client_for: ClientFor) -> None:
    client = client_for(Role.OFFICE)
    order_id = session.scalars(sa.select(ServiceOrder.id).where(ServiceOrder.number == "SO-2600002")).one()
    for typed in ("SO-2600002", "so 2600002", "so2600002"):
        assert client.get("/search", query_string={"q": typed}).headers["Location"] == f"/service-orders/{order_id}"
    page = client.get("/search?q=2600001")  # an invoice, a credit note and an order bear these digits
    assert page.status_code == 200
    text = page.get_data(as_text=True).replace("<mark>", "").replace("</mark>", "")
    for number in ("FA-2600001", "NC-2600001", "SO-2600001"):
        assert number in text
    groups = client.get("/search/live?q=fa-2600001").get_json()
    assert [row["label"] for row in groups[0]["rows"]] == ["FA-2600001"]
    assert groups[0]["is_exact"]


def test_the_posted_one_of_two_that_bore_a_number(books: dict[str, int], client_for: ClientFor) -> None:
    with writing(bulk=True):
        again = factories.make_posted_invoice(on=TODAY)
    number = again.number or ""
    assert session.scalar(sa.select(sa.func.count()).select_from(Invoice).where(Invoice.number == number)) == 2
    assert client_for(Role.OFFICE).get(f"/search?q={number}").headers["Location"] == f"/invoices/{again.id}"


def test_technicians_find_their_own_orders_only(books: dict[str, int], app: Flask, client_for: ClientFor) -> None:
    with app.test_request_context():
        assert found("26000", Role.TECHNICIAN) == {"service_order": ["SO-2600002", "SO-2600001"]}
        assert found("bakkerij", Role.TECHNICIAN) == {"service_order": ["SO-2600002", "SO-2600001"]}  # their customer
        for foreign in ("peeters zonen", "1316", "800", "warehouse", "calora", "FA-2600001"):
            assert found(foreign, Role.TECHNICIAN) == {}, foreign
    client = client_for(Role.TECHNICIAN)
    page = client.get("/search?q=SO-2600003").get_data(as_text=True)
    assert "Nothing found" in page
    assert client.get("/search/live?q=SO-2600003").get_json() == []
    assert client.get("/search?q=SO-2600001").status_code == 302


def test_the_page_marks_the_words_and_filters_by_kind(books: dict[str, int], client_for: ClientFor) -> None:
    client = client_for(Role.OFFICE)
    page = client.get("/search?q=claes").get_data(as_text=True)
    assert "<mark>Claes</mark>" in page
    page = client.get("/search?q=peet&kind=customer").get_data(as_text=True)
    assert "Éric" in page
    assert "FA-26" not in page
    assert client.get("/search?q=peet&kind=nonsense&page=99999999999999").status_code == 200


def differences() -> list[tuple[str, int]]:
    session.rollback()
    return list(index.differences())


def test_the_index_is_what_the_owners_say(books: dict[str, int], app: Flask) -> None:
    assert differences() == []
    with writing():
        peeters = session.get_one(Customer, books["peeters"])
        peeters.name, peeters.sort_key, peeters.archived_at = "Janssens", sort_key("Janssens"), now()
        contact = session.scalars(sa.select(Contact).where(Contact.customer_id == books["eric"])).one()
        contact.customer_id = peeters.id
        session.flush()
        contact.name = "Greet Claes"
    assert differences() == []
    with app.test_request_context():
        assert found("janssens greet") == {"customer": ["Janssens"]}
        assert found("peeters zonen") == {}
        assert found("claes eric") == {}
    with writing():
        session.delete(session.get_one(Contact, contact.id))
    assert differences() == []
    values = {"is_business": True, "created_at": now(), "billing_city": "Ieper"}
    with writing():
        bulk.insert(Customer, [values | {"name": f"Bulk {n}", "sort_key": f"bulk {n}"} for n in range(3)])
    with app.test_request_context():
        assert found("bulk ieper") == {"customer": ["Bulk 2", "Bulk 1", "Bulk 0"]}
    assert differences() == []
    row = session.scalars(sa.select(Customer).where(Customer.name == "Bulk 1")).one()
    with writing():
        contact = factories.make_contact(row, name="Old Name")
    with writing():
        changes = [(row.id, row.version, {"billing_city": "Ieper"}, {"billing_city": "Veurne"})]
        bulk.update(Customer, changes)
        bulk.update(Contact, [(contact.id, contact.version, {"name": "Old Name"}, {"name": "Newer"})])
    assert differences() == []


def test_posting_many_at_once_writes_their_numbers(books: dict[str, int], app: Flask) -> None:
    with writing(bulk=True):
        drafts = [factories.make_invoice(reference="PO 77-1") for _ in range(3)]
        invoices.post([draft.id for draft in drafts], actor_id=user_of(Role.OFFICE).id, today=TODAY)
    assert differences() == []
    with app.test_request_context():
        assert len(found("po771")["invoice"]) == 3


def test_a_refused_change_leaves_no_words(books: dict[str, int], app: Flask) -> None:
    def fail() -> None:
        with writing():
            factories.make_customer(name="Neverland")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with writing():
        factories.make_customer(name="Everland")
    with app.test_request_context():
        assert found("neverland") == {}
        assert found("everland") == {"customer": ["Everland"]}
    assert differences() == []


def test_a_broken_index_is_told_and_made_anew(books: dict[str, int]) -> None:
    with writing():
        session.execute(sa.delete(SearchWord).where(SearchWord.kind == "site"))
        session.execute(
            sa.update(SearchEntry)
            .where(SearchEntry.kind == "customer", SearchEntry.subject_id == books["eric"])
            .values(words=" lost")
        )
    assert ("site", 0) in differences()
    assert ("customer", books["eric"]) in differences()
    session.rollback()
    assert index.rebuild() == session.scalar(sa.select(sa.func.count()).select_from(SearchEntry))
    assert differences() == []
    assert index.is_current()


def test_the_page_takes_the_same_queries_for_many(
    books: dict[str, int], client_for: ClientFor, count_queries: Callable[[], Any]
) -> None:
    client = client_for(Role.OFFICE)
    client.get("/search?q=peet")
    with count_queries() as few:
        client.get("/search?q=peet")
    with writing():
        for number in range(30):
            factories.make_customer(name=f"Peeters {number}")
    with count_queries() as many:
        client.get("/search?q=peet")
    assert len(many) == len(few)
