"""Month-end on the screen: choose, validate, confirm once, watch, stop; several invoices from one order; now or later."""

import re
from collections.abc import Callable
from html import unescape

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fsm.core.db import session, writing
from fsm.invoices.models import Invoice
from fsm.invoices.run_models import InvoiceRun, RunState
from fsm.service_orders.models import OrderState, ServiceOrder
from fsm.users.models import Role
from tests.factories import TODAY, make_month
from tests.invoices.test_month_end import work

pytestmark = pytest.mark.database
ALL = {"from_date": "", "to_date": TODAY.isoformat(), "grouping": "customer", "by": "done"}


@pytest.fixture(autouse=True)
def is_the_20th_of_march(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker's day; the pages know the real one, which is later."""
    monkeypatch.setattr("fsm.invoices.jobs.today", lambda: TODAY)


def month(orders: int, payers: int) -> list[int]:
    with writing(bulk=True):
        return make_month(orders, payers)


def text_of(answer: TestResponse) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True))))


def seal_in(answer: TestResponse) -> str:
    found = re.search(r'name="seal"[^>]*value="([^"]*)"', answer.get_data(as_text=True))
    assert found is not None
    return unescape(found[1])


def the_run() -> InvoiceRun:
    session.rollback()
    return session.scalars(sa.select(InvoiceRun).execution_options(populate_existing=True)).one()


def test_a_month_from_the_screen(app: Flask, client_for: Callable[..., FlaskClient]) -> None:
    ids = month(6, 2)
    with writing():
        session.get_one(ServiceOrder, ids[0]).validated_at = None
    client = client_for(Role.OFFICE)
    page = client.get("/invoices/month-end", query_string=ALL)
    # 5 orders of 66.45: 332.25; payer 01 has three (41.86), payer 00 two (27.91)
    for words in ("332.25", "69.77", "402.02", "Start: 2 invoices", "Not validated yet", "SO-2600001"):
        assert words in text_of(page), words
    answer = client.post("/invoices/month-end/validate", data=ALL | {"ids": [str(ids[0])]})
    assert answer.status_code == 303
    validated = client.get(answer.location)
    assert "398.70" in text_of(validated)  # 6 x 66.45
    form = ALL | {"then": "post", "posting_date": TODAY.isoformat(), "seal": seal_in(page)}
    stale = client.post("/invoices/month-end/start", data=form)
    assert (stale.status_code, "The selection has changed meanwhile" in text_of(stale)) == (409, True)
    early = client.post(
        "/invoices/month-end/start", data=form | {"seal": seal_in(validated), "posting_date": "2099-01-01"}
    )
    assert (early.status_code, "may not be dated in the future" in text_of(early)) == (422, True)
    assert (
        client.post("/invoices/month-end/start", data=form | {"seal": seal_in(stale), "posting_date": "no"}).status_code
        == 422
    )
    answer = client.post("/invoices/month-end/start", data=form | {"seal": seal_in(stale)})
    assert answer.status_code == 303
    run = the_run()
    assert answer.location == f"/invoices/month-end/{run.id}"
    page = client.get(answer.location)
    assert 'hx-trigger="every 1s"' in page.get_data(as_text=True)
    assert "0 of 2 drafts made, 0 posted" in text_of(page)
    assert "HX-Refresh" not in client.get(f"{answer.location}/progress").headers
    assert client.post(f"{answer.location}/stop").status_code == 303
    assert (the_run().state, client.get(f"{answer.location}/progress").headers["HX-Refresh"]) == (
        RunState.STOPPED,
        "true",
    )
    work(app)
    assert the_run().state is RunState.STOPPED
    client.post(f"{answer.location}/go-on")
    work(app)
    page = client.get(answer.location)
    assert "2 of 2 drafts made, 2 posted" in text_of(page)
    assert "Posted as FA-2600001 to FA-2600002" in text_of(page)
    assert client.get(f"{answer.location}?tab=failed").status_code == 200
    assert "Drafts only" not in text_of(client.get("/invoices/month-end/runs"))
    assert "6 more orders of this selection have nothing left to bill" in text_of(
        client.get("/invoices/month-end", query_string=ALL)
    )
    assert "Nothing to invoice here" in text_of(client.get("/invoices/month-end", query_string=ALL))


def test_drafts_then_the_date_that_is_refused(app: Flask, client_for: Callable[..., FlaskClient]) -> None:
    month(2, 2)
    client = client_for(Role.MANAGER)
    page = client.get("/invoices/month-end", query_string=ALL)
    client.post("/invoices/month-end/start", data=ALL | {"then": "draft", "seal": seal_in(page)})
    work(app)
    url = f"/invoices/month-end/{the_run().id}"
    for day, sentence in (("", "Which date"), ("2099-01-01", "in the future"), ("x", "This is not a date")):
        answer = client.post(f"{url}/post", data={"posting_date": day})
        assert (answer.status_code, sentence in text_of(answer)) == (422, True), day
    assert client.post(f"{url}/post", data={"posting_date": TODAY.isoformat()}).status_code == 303
    work(app)
    assert "2 of 2 drafts made, 2 posted" in text_of(client.get(url)), text_of(client.get(url))[1200:4200]


@pytest.mark.parametrize(
    "query",
    [
        "to_date=2026-13-45&from_date=x",
        "payer_id=nobody&customer_id=%23999999999999999999999",
        "grouping=moon&by=sun",
        "without=x&without=-1&without=99999999999999999999&page=zz",
        f"reference={'x' * 300}",
        "page=99",
    ],
)
def test_addresses_that_make_no_sense(app: Flask, client_for: Callable[..., FlaskClient], query: str) -> None:
    month(1, 1)
    assert client_for(Role.OFFICE).get(f"/invoices/month-end?{query}").status_code == 200


def test_who_may(app: Flask, client_for: Callable[..., FlaskClient]) -> None:
    for role in (Role.TECHNICIAN, Role.ACCOUNTANT, Role.ADMINISTRATOR):
        client = client_for(role)
        assert client.get("/invoices/month-end").status_code == 403
        assert client.post("/invoices/month-end/validate", data={"ids": "1"}).status_code == 403
        assert "Month-end" not in text_of(client.get("/"))


def test_some_of_an_order_now_the_rest_later(app: Flask, client_for: Callable[..., FlaskClient]) -> None:
    (order_id,) = month(1, 1)
    client = client_for(Role.OFFICE)
    url = f"/invoices/from-order/{order_id}/choose"
    page = client.get(url)
    keys = re.findall(r'name="work" value="([^"]+)"', page.get_data(as_text=True))
    assert len(keys) == 2
    assert "Choose what goes on the invoice" in text_of(client.post(url, data={}))
    assert client.post(url, data={"work": ["time-99999"]}).status_code == 409
    answer = client.post(url, data={"work": [keys[1]]})
    assert answer.status_code == 303
    session.rollback()
    assert session.scalars(sa.select(Invoice.total_without_tax)).all() == [12.5]
    assert client.post(url, data={"work": [keys[1]]}).status_code == 409
    assert re.findall(r'name="work" value="([^"]+)"', client.get(url).get_data(as_text=True)) == [keys[0]]


def test_finishing_asks_now_or_later(app: Flask, client_for: Callable[..., FlaskClient]) -> None:
    ids = month(2, 1)
    with writing():
        for order_id in ids:
            order = session.get_one(ServiceOrder, order_id)
            order.state, order.done_at, order.validated_at = OrderState.IN_PROGRESS, None, None
    client = client_for(Role.OFFICE)
    assert "Done, invoice now" in text_of(client.get(f"/service-orders/{ids[0]}/finish"))
    report = {"report": "Done.", "before": "Done as agreed."}
    now = client.post(f"/service-orders/{ids[0]}/finish", data=report | {"then": "invoice"})
    assert now.location == f"/service-orders/{ids[0]}/validate"
    assert "Validate and create invoice" in text_of(client.get(now.location))
    later = client.post(f"/service-orders/{ids[1]}/finish", data=report)
    assert later.location == "/service-orders/done-not-invoiced"
    assert "132.90" in text_of(client.get(later.location))  # 2 x 66.45
    validated = client.post(f"/service-orders/{ids[0]}/validate")
    assert validated.location == "/service-orders/done-not-invoiced"
