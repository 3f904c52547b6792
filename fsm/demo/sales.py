"""Quotes in each state, and the sales orders of the signed ones; one waits for its deposit to be posted."""

from dataclasses import dataclass, fields
from decimal import Decimal

from fsm.core.db import session
from fsm.demo.scene import Scene, tell_of
from fsm.documents.values import LineValues
from fsm.invoices import from_sales_orders
from fsm.quotes import services as quotes
from fsm.quotes.services import QuoteValues, Signed
from fsm.sales_orders import services as sales_orders

RATE = Decimal(21)


@dataclass(frozen=True, slots=True)
class Offer:
    """A quote: for whom, when it was made and what came of it; (words, hours or item code, quantity, price)."""

    customer: str
    day: int
    state: str
    lines: tuple[tuple[str, str, str], ...]
    signer: str = ""


OFFERS = (
    Offer("bakery", -1, "created", (("Second expansion vessel in the bakehouse, placed", "1", "385.00"),)),
    Offer(
        "brewery",
        -6,
        "sent",
        (("Condensing boiler 80 kW, delivered and placed", "1", "8640.00"), ("Chimney lining", "14", "92.50")),
    ),
    Offer("restaurant", -40, "expired", (("Heat recovery on the kitchen's extraction", "1", "4150.00"),)),
    Offer("desmet", -12, "declined", (("Thermostatic valves, all radiators", "9", "68.00"),)),
    Offer("vermeulen", -9, "signed", (("Water softener with placing", "1", "1495.00"),), "Greet Vermeulen"),
    Offer(
        "syndic",
        -15,
        "ordered",
        (("Replacing the boiler of block B", "1", "11200.00"), ("Hydraulic balancing", "16", "74.00")),
        "Annelies Claeys",
    ),
)


def load(scene: Scene) -> None:
    """Each on its day, in the order of the days."""
    for offer in sorted(OFFERS, key=lambda one: one.day):
        _load(scene, offer)


def _load(scene: Scene, offer: Offer) -> None:
    ann, today = scene.people["ann"], scene.day(offer.day)
    tell_of(scene.at(offer.day, "14:05"))
    quote = quotes.create(scene.customers[offer.customer], actor_id=ann.id, today=today)
    values = QuoteValues(**{field.name: getattr(quote, field.name) for field in fields(QuoteValues)})
    lines = [
        LineValues(words, Decimal(quantity), Decimal(price), tax_rate=RATE) for words, quantity, price in offer.lines
    ]
    quotes.save(quote.id, values, lines, version=None)
    if offer.state == "created":
        return
    quotes.mark_sent(quote.id, how="By e-mail", today=today)
    if offer.state == "declined":
        tell_of(scene.at(offer.day + 4, "09:30"))
        quotes.decline(quote.id, "Waits for a subsidy", today=scene.day(offer.day + 4))
    if offer.signer:
        _sign(scene, offer, quote.id)


def _sign(scene: Scene, offer: Offer, quote_id: int) -> None:
    ann = scene.people["ann"]
    tell_of(scene.at(offer.day + 3, "10:15"))
    order = quotes.sign(quote_id, Signed(offer.signer), actor_id=ann.id, today=scene.day(offer.day + 3))
    if offer.state == "ordered":
        sales_orders.mark_sent(order.id, how="By e-mail")
        words = f"Deposit of 30 % on order {order.number}"
        from_sales_orders.new_deposit(order.id, Decimal(30), words, actor_id=ann.id)
    session.flush()
