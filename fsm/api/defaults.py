"""S3's own defaults of a new document, where the customer or the settings of the pages may say otherwise."""

from collections.abc import Sequence
from decimal import Decimal

from flask_babel import gettext as _

from fsm.api.errors import BadRequestError
from fsm.api.resource import Values
from fsm.documents.models import TaxCalculation

EURO = "EUR"
# What these defaults are of: a document that is replaced has them, not the customer's.
OF_S3 = frozenset({"currency", "exchange_rate", "tax_calculation"})


def with_defaults(data: Values, *, tax_included: bool) -> Values:
    """The euro, and VAT on the total; ``tax_included``: what the settings say where the request does not."""
    found = {**data, "currency": data.get("currency") or EURO}
    if not found.get("tax_included", tax_included):
        found.setdefault("tax_calculation", TaxCalculation.TOTAL)
    return with_rate(found)


def with_rate(data: Values) -> Values:
    """The exchange rate that goes with a currency: 1 of the euro, else it is to be given."""
    if data["currency"] == EURO:
        return {"exchange_rate": Decimal(1)} | data
    if "exchange_rate" not in data:
        raise BadRequestError(_("It is required unless the currency is EUR."), "exchange_rate")
    return data


def is_same(held: Sequence[Values], given: Sequence[Values]) -> bool:
    """Whether a list in a request says what there is: system fields may be missing in it."""
    return len(held) == len(given) and all(
        row.get(name) == value for row, one in zip(held, given, strict=True) for name, value in one.items()
    )
