"""What the company sells: parts, hours, kilometres, and what two customers pay for them."""

from decimal import Decimal

from fsm.catalog import services
from fsm.catalog.models import RateKind
from fsm.catalog.services import ItemValues, RateValues
from fsm.company.services import the_company
from fsm.demo.scene import Scene
from fsm.demo.tables import rows

RATES = {
    "heating": RateValues("Heating technician", RateKind.LABOR, Decimal(65), is_default=True),
    "electric": RateValues("Electrician", RateKind.LABOR, Decimal(62)),
    "apprentice": RateValues("Apprentice", RateKind.LABOR, Decimal(38)),
    "travel": RateValues("Travel time", RateKind.TRAVEL_TIME, Decimal(45)),
    "km": RateValues("Kilometres", RateKind.DISTANCE, Decimal("0.62")),
    "callout": RateValues("Call-out", RateKind.CALL_OUT, Decimal(55)),
}
# Agreed prices: customer, item or rate, price.
OWN_PRICES = (
    ("brewery", "heating", "58.00"),
    ("brewery", "electric", "57.00"),
    ("brewery", "callout", "30.00"),
    ("brewery", "LED-60", "64.50"),
    ("maes", "heating", "60.00"),
    ("maes", "BOI-24", "1710.00"),
    ("maes", "FLT-MG", "129.00"),
)


def load(scene: Scene) -> None:
    """Items and rates."""
    company = the_company()
    for row in rows("items"):
        values = ItemValues(
            code=row["code"],
            description=row["description"],
            sale_price=Decimal(row["sale_price"]),
            purchase_price=Decimal(row["purchase_price"]),
            unit=row["unit"],
            barcode=row["barcode"],
            tax_rate=Decimal(row["tax_rate"]) if row["tax_rate"] else None,
        )
        scene.items[values.code] = services.create_item(values, company=company).id
    for key, rate in RATES.items():
        scene.rates[key] = services.create_rate(rate, company=company).id


def load_own_prices(scene: Scene) -> None:
    """After the customers are there."""
    for customer, key, price in OWN_PRICES:
        thing = services.item(scene.items[key]) if key in scene.items else services.rate(scene.rates[key])
        services.set_customer_price(scene.customers[customer], thing, Decimal(price))
