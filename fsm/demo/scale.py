"""Years of an office beside the demo company: thousands of customers and invoices, posted in lots, most of them paid.

It comes before the demo's own three months, through the same services, so every check of the books holds. The same day
and number give the same rows.
"""

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal

import sqlalchemy as sa

from fsm.catalog.models import StockItem
from fsm.core.db import session, writing
from fsm.customers import services as customers
from fsm.customers.services import CustomerValues
from fsm.demo.scene import Scene, tell_of
from fsm.documents.payment_reference import printed
from fsm.documents.values import LineValues
from fsm.invoices import crediting, drafts, services
from fsm.invoices.models import Invoice
from fsm.payments import services as payments
from fsm.payments.receivables import PartValues
from fsm.payments.services import RegisterValues

MOST = 2_000_000
YEARS = 3  # before the year in which the demo company starts
LOT = 200
_LEAST_LOT = 10
_DAYS = 600  # so many lots at least, so that small numbers are spread over the years too
_BEFORE = -62  # the demo's own money begins after it
_INVOICES_PER_CUSTOMER = 20
_LEAST_CUSTOMERS, _CUSTOMERS_PER_LOT = 40, 100
_PAID_AT_ONCE = 4  # invoices of one customer, by one transfer
_CREDITED_OF = 50
_RATE = Decimal(21)
_FIRST = ("Jan", "Marie", "Luc", "Sofie", "Pieter", "Nathalie", "Karim", "Els", "Thomas", "Julie", "Bart", "Fatima")
_LAST = (
    "Peeters",
    "Janssens",
    "Maes",
    "Dubois",
    "Lambert",
    "Willems",
    "Claes",
    "Martin",
    "Wouters",
    "De Smet",
    "Simon",
)
_TRADES = ("Bakkerij", "Garage", "Drukkerij", "Apotheek", "Brasserie", "Kapsalon", "Slagerij", "Hotel", "Transport")
_TOWNS = (("9000", "Gent"), ("8000", "Brugge"), ("2000", "Antwerpen"), ("1000", "Brussel"), ("4000", "Liège"))
_WORK = (
    ("Maintenance of the boiler", "h", "65.00", (1, 3)),
    ("Repair of the installation", "h", "62.00", (1, 8)),
    ("Travel", "km", "0.62", (8, 90)),
)


def lots(count: int) -> list[int]:
    """How many invoices each lot has; together ``count``."""
    size = max(_LEAST_LOT, min(LOT, count // _DAYS))
    return [min(size, count - at) for at in range(0, count, size)]


def customer_lots(count: int) -> list[int]:
    """How many customers each transaction makes."""
    wanted = max(_LEAST_CUSTOMERS, count // _INVOICES_PER_CUSTOMER)
    return [min(_CUSTOMERS_PER_LOT, wanted - at) for at in range(0, wanted, _CUSTOMERS_PER_LOT)]


def load(scene: Scene, count: int, progress: Callable[[int], None]) -> None:
    """Customers, then invoices with credit notes and payments, in transactions of their own; tells of invoices made."""
    chance = random.Random(count)  # noqa: S311 - invented data is seeded, not secret
    office = scene.people["ann"].id
    ids: list[int] = []
    for number in customer_lots(count):
        with writing(bulk=True, actor_id=office):
            ids += [customers.create(_customer(len(ids) + place, chance)).id for place in range(number)]
        session.expunge_all()
    things = _things()
    sizes = lots(count)
    unpaid: dict[int, list[int]] = defaultdict(list)
    for size, day in zip(sizes, _days(scene, len(sizes)), strict=True):
        _lot(scene, [(chance.choice(ids), _lines(things, chance)) for _place in range(size)], day, unpaid, chance)
        session.expunge_all()
        progress(size)


def _lot(
    scene: Scene,
    wanted: list[tuple[int, list[LineValues]]],
    day: dt.date,
    unpaid: dict[int, list[int]],
    chance: random.Random,
) -> None:
    office = scene.people["ann"].id
    moment = dt.datetime.combine(day, dt.time(10), dt.UTC)
    with writing(bulk=True, actor_id=office):
        tell_of(moment)
        made = drafts.create_many(wanted, actor_id=office, invoice_date=day)
        services.post(made, actor_id=office, today=day)
        services.mark_sent(made, how="mail", actor_id=office)
        credited = {invoice_id for invoice_id in made if chance.randrange(_CREDITED_OF) == 0}
        if credited:
            back = [
                crediting.draft_credit(invoice_id, None, releases_work=False, actor_id=office).id
                for invoice_id in sorted(credited)
            ]
            services.post(back, actor_id=office, today=day)
            services.mark_sent(back, how="mail", actor_id=office)
        for invoice_id, (customer_id, _lines_of) in zip(made, wanted, strict=True):
            if invoice_id not in credited and chance.random() < 0.97:  # noqa: PLR2004 - the rest stays overdue
                unpaid[customer_id].append(invoice_id)
        for customer_id in [one for one, waiting in unpaid.items() if len(waiting) >= _PAID_AT_ONCE]:
            _pay(unpaid.pop(customer_id), day, office)


def _pay(invoice_ids: list[int], day: dt.date, office: int) -> None:
    message = session.scalar(sa.select(Invoice.structured_message).where(Invoice.id == invoice_ids[0]))
    payments.register(
        RegisterValues(
            paid_on=day,
            parts=[PartValues(invoice_id=invoice_id) for invoice_id in invoice_ids],
            description=printed(message or ""),
        ),
        actor_id=office,
        today=day,
    )


def _days(scene: Scene, count: int) -> Iterator[dt.date]:
    """So many days in order, evenly from the first fiscal year's start to before the demo's own."""
    first, last = scene.first_day, scene.day(_BEFORE)
    span = (last - first).days
    for place in range(count):
        yield first + dt.timedelta(days=span * place // max(1, count - 1))


def _things() -> list[LineValues]:
    """A line for one of each item."""
    return [
        LineValues(
            item.description,
            Decimal(1),
            item.sale_price,
            tax_rate=_RATE,
            unit=item.unit,
            stockitem_code=item.code,
            stock_item_id=item.id,
        )
        for item in session.scalars(sa.select(StockItem).order_by(StockItem.id))
    ]


def _lines(things: list[LineValues], chance: random.Random) -> list[LineValues]:
    work, unit, price, (low, high) = _WORK[chance.randrange(len(_WORK) - 1)]
    travel, kilometres, of_each, (near, far) = _WORK[-1]
    hours = Decimal(chance.randint(low * 4, high * 4)) / 4
    return [
        LineValues(work, hours, Decimal(price), tax_rate=_RATE, unit=unit),
        replace(chance.choice(things), quantity=Decimal(chance.randint(1, 4))),
        LineValues(travel, Decimal(chance.randint(near, far)), Decimal(of_each), tax_rate=_RATE, unit=kilometres),
    ]


def _customer(number: int, chance: random.Random) -> CustomerValues:
    first, last = chance.choice(_FIRST), chance.choice(_LAST)
    is_business = number % 3 != 0
    name = f"{chance.choice(_TRADES)} {last} {number + 1}" if is_business else f"{first} {last} {number + 1}"
    postal_code, city = chance.choice(_TOWNS)
    return CustomerValues(
        name=name,
        is_business=is_business,
        vat_number=_vat_number(number) if is_business else "",
        is_subject_to_vat=is_business,
        files_periodic_returns=is_business,
        days_due=30,
        email=f"customer{number + 1}@demo.example",
        phone=f"09 {number % 900 + 100} {number % 90 + 10} {number % 80 + 10}",
        billing_street=f"Stationsstraat {number % 300 + 1}",
        billing_postal_code=postal_code,
        billing_city=city,
        billing_country_code="BE",
    )


def _vat_number(number: int) -> str:
    """A Belgian number that nobody has: in a range of its own, with its check digits."""
    base = 9_000_000 + number % 900_000
    return f"BE0{base}{97 - base % 97:02}"
