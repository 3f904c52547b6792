"""Every page that a technician may open, crawled: no cost, no margin, and no sale price where the setting hides it."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from decimal import Decimal as D

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from fsm.catalog.models import StockItem
from fsm.core.audit import now
from fsm.core.db import session, writing
from fsm.core.web import IdConverter
from fsm.invoices import from_orders
from fsm.invoices import services as invoices
from fsm.invoices.models import Invoice
from fsm.service_orders import services as orders
from fsm.service_orders.models import OrderState, ServiceOrder, ServiceSettings
from fsm.users.models import Role
from tests import factories
from tests.conftest import user_of

pytestmark = pytest.mark.database
Clients = Callable[..., FlaskClient]
# What a part, an hour and both cost; what is left of 80.56 and of 161.12 after that.
COSTS = ("9.41", "41.83", "51.24", "29.32", "58.64")
# What a part, an hour and both are sold for, without VAT, once and twice; and the VAT of it.
PRICES = ("17.37", "63.19", "80.56", "161.12", "97.48")
WORDS = re.compile(r"\b(?:purchase price|margin|hourly cost)\b", re.IGNORECASE)


@pytest.fixture
def own_order(database: Flask) -> int:
    """An order in progress of the technician, with a machine; one like it Done before, and a third billed."""
    with writing(bulk=True):
        technician, office = user_of(Role.TECHNICIAN), factories.actor_of(user_of(Role.OFFICE))
        technician.hourly_cost = D("41.83")
        site = factories.make_site(factories.make_customer())
        machine = factories.make_equipment(site)
        item = factories.make_item(sale_price=D("17.37"), purchase_price=D("9.41"))
        rate = factories.make_rate(price=D("63.19"))
        made = []
        for place in range(3):
            order = factories.make_order(site, equipment_id=machine.id, report="Looked at.")
            factories.make_visit(order, technician, now() + dt.timedelta(hours=1 + 3 * place))
            factories.make_time(order, technician, rate, now() - dt.timedelta(hours=3 + 3 * place))
            factories.make_part(order, technician, item)
            made.append(order)
        for order in made[1:]:
            order.state, order.done_at = OrderState.DONE, now()
        session.flush()
        orders.validate(made[2].id, actor=office, moment=now())
        invoice = from_orders.draft_from_orders([made[2].id], actor_id=office.id)
        invoices.post([invoice.id], actor_id=office.id, today=now().date())
        own = made[0].id
    session.remove()
    return own


def pages(app: Flask, client: FlaskClient) -> Iterator[tuple[str, str]]:
    """(address, text) of all that opens: by following every link from the start, and by every address with small ids."""
    waiting, seen = ["/", *_addresses(app)], set()
    while waiting:
        url = waiting.pop().partition("#")[0]
        if url in seen or url.startswith(("/static/", "/first-start")):
            continue
        seen.add(url)
        with client.get(url) as answer:
            if answer.status_code != 200 or not answer.mimetype.startswith(("text/", "application/json")):
                continue
            text = answer.get_data(as_text=True)
        yield url, text
        waiting += re.findall(r'(?:href|src|hx-get)="(/[^"]*)"', text.replace("&amp;", "&"))


def _addresses(app: Flask) -> Iterator[str]:
    words = {"kind": "time", "number": "550000"}
    urls = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if "GET" not in rule.methods or rule.endpoint == "static":
            continue
        ids = [name for name, kind in rule._converters.items() if isinstance(kind, IdConverter)]
        for number in (1, 2, 3) if ids else (1,):
            given = {name: words.get(name, "nothing") for name in rule.arguments} | dict.fromkeys(ids, number)
            yield urls.build(rule.endpoint, given, method="GET")
    yield "/catalog/suggest-parts?q=FLT"


def shown(figures: tuple[str, ...], text: str) -> list[str]:
    return [figure for figure in figures if re.search(rf"(?<![\d.,]){figure.replace('.', '[.,]')}(?!\d)", text)]


@pytest.mark.parametrize("sees_sale_prices", [False, True])
def test_nothing_of_what_things_cost(
    database: Flask, client_for: Clients, own_order: int, *, sees_sale_prices: bool
) -> None:
    with writing():
        session.execute(sa.update(ServiceSettings).values(technicians_see_sale_prices=sees_sale_prices))
        assert session.get_one(ServiceOrder, own_order).has_work_to_bill
    session.remove()
    hidden = COSTS if sees_sale_prices else COSTS + PRICES
    found, opened = {}, set()
    for url, text in pages(database, client_for(Role.TECHNICIAN)):
        opened.add(url)
        if figures := shown(hidden, text):
            found[url] = figures
        if words := [text[max(word.start() - 80, 0) : word.end() + 80] for word in WORDS.finditer(text)]:
            found[f"{url} says"] = words
    assert found == {}
    own = f"/service-orders/{own_order}"
    assert {"/service-orders/mine", own, f"{own}/add-part", f"{own}/finish", "/catalog/suggest-parts?q=FLT"} <= opened


def test_the_office_does_see_these_figures(database: Flask, client_for: Clients, own_order: int) -> None:
    """Else the crawl would look for what is nowhere."""
    manager, seen = client_for(Role.MANAGER), ""
    for url in (f"/service-orders/{own_order}", "/invoices/{invoice}", "/catalog/items/{item}/edit"):
        address = url.format(
            invoice=session.scalar(sa.select(Invoice.id)), item=session.scalar(sa.select(StockItem.id))
        )
        session.rollback()
        seen += manager.get(address).get_data(as_text=True)
    assert shown(COSTS + PRICES, seen) == ["9.41", "51.24", "29.32", "17.37", "63.19", "80.56", "97.48"]
