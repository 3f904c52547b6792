"""From a line as it is typed to the columns of a stored one, and what the catalog says of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.catalog.models import LaborRate, StockItem
from fsm.catalog.tax_rates import Taxed
from fsm.core.db import session
from fsm.core.errors import DomainError
from fsm.documents import custom_fields
from fsm.documents.limits import MAX_DESCRIPTION
from fsm.documents.models import CustomField, FieldPlace
from fsm.documents.rich_text import both
from fsm.documents.totals import REFUNDABLE_PACKAGING, unit_prices
from fsm.documents.values import LineValues


def thing_of(values: LineValues) -> tuple[str, int]:
    """The key of the item or rate that a line names, as ``things_of`` has it."""
    return ("item", values.stock_item_id) if values.stock_item_id else ("rate", values.labor_rate_id or 0)


def things_of(wanted: Sequence[LineValues]) -> dict[tuple[str, int], Taxed]:
    """What the catalog says of the VAT of the items and rates that these lines name."""
    items = sa.select(StockItem).where(StockItem.id.in_({values.stock_item_id for values in wanted} - {None}))
    rates = sa.select(LaborRate).where(LaborRate.id.in_({values.labor_rate_id for values in wanted} - {None}))
    return {
        **{("item", row.id): Taxed.of(row) for row in session.scalars(items)},
        **{("rate", row.id): Taxed.of(row) for row in session.scalars(rates)},
    }


def costs_of(wanted: Sequence[LineValues]) -> dict[int | None, Decimal]:
    """What the items on these lines cost the company today, by their ids."""
    ids = {values.stock_item_id for values in wanted if values.stock_item_id}
    if not ids:
        return {}
    query = sa.select(StockItem.id, StockItem.purchase_price).where(StockItem.id.in_(ids))
    return dict(session.execute(query).all())


def resolved(wanted: Sequence[LineValues], kept: Mapping[int, Mapping[str, str]]) -> list[LineValues]:
    """Lines whose HTML is cleaned and has made their text, and whose custom values are checked.

    ``kept``: custom values of stored lines by id. DomainError with the field, as ``lines-<place>-<field>``.
    """
    fields = custom_fields.by_name(FieldPlace.LINE) if any(values.custom_values for values in wanted) else {}
    found = []
    for place, values in enumerate(wanted):
        try:
            found.append(_resolved(values, fields, kept.get(values.line_id or 0, {})))
        except DomainError as refusal:
            raise DomainError(refusal.sentence, f"lines-{place}-{refusal.field}") from None
    return found


def _resolved(values: LineValues, fields: Mapping[str, CustomField], kept: Mapping[str, str]) -> LineValues:
    if not values.description_html and not values.custom_values:
        return values
    text, markup = both(values.description, values.description_html, most=MAX_DESCRIPTION, field="description")
    custom = custom_fields.check_values(values.custom_values, fields, kept)
    return replace(values, description=text, description_html=markup, custom_values=custom)


def extras_of(values: LineValues) -> dict[str, Any]:
    """The columns of a resolved line that not every kind of document has."""
    return {"description_html": values.description_html, "custom_values": dict(values.custom_values)}


def columns_of(
    values: LineValues, position: int, roles: Mapping[str, str], *, tax_included: bool, of_deposit: bool = False
) -> dict[str, Any]:
    """The columns of a line; without an account of its own it bears the one of goods, services or packaging.

    Lines ``of_deposit`` are on the account of advances, and no others: what stands there are deposits (a check).
    """
    advances = roles["advances"]
    if values.account_number == advances and not of_deposit:
        sentence = _("Account %(account)s is for deposit invoices, made from a sales order.", account=advances)
        raise DomainError(sentence, f"lines-{position - 1}-account_number")
    account = advances if of_deposit else values.account_number
    if values.special_status == REFUNDABLE_PACKAGING and account in {roles["goods"], roles["services"]}:
        account = ""  # what is owed back is never sold
    amount, amount_with_tax = unit_prices(
        values.amount, values.amount_with_tax, values.tax_rate, tax_included=tax_included
    )
    return {
        "position": position,
        "description": values.description,
        "quantity": values.quantity,
        "unit": values.unit,
        "amount": amount,
        "amount_with_tax": amount_with_tax,
        "tax_rate": values.tax_rate,
        "special_status": values.special_status,
        "account_number": account or _usual_account(values, roles),
        "stockitem_code": values.stockitem_code,
        "stock_item_id": values.stock_item_id,
        "section": values.section,
    }


def _usual_account(values: LineValues, roles: Mapping[str, str]) -> str:
    if values.special_status == REFUNDABLE_PACKAGING:
        return roles["packaging_deposits"]
    return roles["goods" if values.stock_item_id else "services"]
