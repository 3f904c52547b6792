"""What the company sells: parts, hours, kilometres, and what some customers pay for them."""

from decimal import Decimal

from fsm.catalog import kits, price_lists, services
from fsm.catalog.models import LaborRate, RateKind, StockItem
from fsm.catalog.price_lists import PriceListValues
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
# At 21 % in dwellings too, since 29 July 2025.
FOSSIL = frozenset({"BOI-24", "FLU-60"})
# A list that the builder has beside its own prices: item or rate, percentage off.
BUILDERS_LIST = (("LED-60", 10), ("SOC-01", 12), ("DET-SM", 10))
# What the yearly service of a gas boiler takes: item or rate, quantity.
SERVICE_KIT = (("ELC-01", "1"), ("GSK-01", "1"), ("SEA-01", "1"), ("heating", "1.5"))
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
            has_normal_rate_in_dwellings=row["code"] in FOSSIL,
        )
        scene.items[values.code] = services.create_item(values, company=company).id
    for key, rate in RATES.items():
        scene.rates[key] = services.create_rate(rate, company=company).id
    kit = kits.create("SERVICE-GAS", "Yearly service of a gas boiler")
    for key, quantity in SERVICE_KIT:
        kits.set_line(kit.id, _thing(scene, key), Decimal(quantity))


def load_own_prices(scene: Scene) -> None:
    """After the customers are there."""
    for customer, key, price in OWN_PRICES:
        services.set_customer_price(scene.customers[customer], _thing(scene, key), Decimal(price))
    builders = price_lists.create(PriceListValues("Builders"))
    for key, percentage in BUILDERS_LIST:
        price_lists.set_price(builders.id, _thing(scene, key), percentage_off=Decimal(percentage))
    price_lists.give_to_customer(scene.customers["maes"], builders.id)


def _thing(scene: Scene, key: str) -> StockItem | LaborRate:
    return services.item(scene.items[key]) if key in scene.items else services.rate(scene.rates[key])
