"""What each document still owes: open items as ``services.post`` writes them, and where they stand."""

from collections.abc import Sequence
from decimal import Decimal
from types import SimpleNamespace
from typing import TypeAlias

import sqlalchemy as sa

from fsm.core import bulk, events
from fsm.core.db import lock, session
from fsm.ledger.models import ItemKind, MovementRole, OpenItem, Standing
from fsm.ledger.posting import ZERO, NewItem

Move: TypeAlias = tuple[NewItem | int, MovementRole, Decimal, Decimal]
Item: TypeAlias = OpenItem | SimpleNamespace  # a stored one, or plain values on their way to a bulk insert


def touch(moves: Sequence[Sequence[Move]]) -> dict[NewItem | int, int]:
    """Insert the new items, lock the existing ones, add the movements to them; gives the id of each item named."""
    named = {move[0]: None for entry in moves for move in entry}
    fresh = [item for item in named if isinstance(item, NewItem)]
    existing = {item for item in named if isinstance(item, int)}
    existing |= {item.credits_item_id for item in fresh if item.credits_item_id is not None}
    if existing:
        query = sa.select(OpenItem.credits_item_id).where(
            OpenItem.id.in_(existing), OpenItem.credits_item_id.is_not(None)
        )
        existing |= set(session.scalars(query))
    rows: dict[int, OpenItem] = lock(OpenItem, existing)
    new_rows = {item: _new_row(item) for item in fresh}
    for entry in moves:
        for item, role, amount, amount_eur in entry:
            row = rows[item] if isinstance(item, int) else new_rows[item]
            _add(row, role, amount, amount_eur)
            if row.credits_item_id is not None and role is MovementRole.INVOICED:
                rows[row.credits_item_id].credited -= amount
    touched: list[Item] = [*rows.values(), *new_rows.values()]
    was_settled = {row.id for row in rows.values() if row.standing is Standing.SETTLED}
    for row in touched:
        row.standing = standing_of(row)
    ids: dict[NewItem | int, int] = {item_id: item_id for item_id in rows}
    ids.update(zip(fresh, bulk.insert(OpenItem, [vars(row) for row in new_rows.values()]), strict=True))
    session.flush()
    settled = [row.id for row in rows.values() if row.standing is Standing.SETTLED and row.id not in was_settled]
    settled += [ids[item] for item, row in new_rows.items() if row.standing is Standing.SETTLED]
    events.happened("open_item.settled", settled)
    return ids


def _new_row(item: NewItem) -> SimpleNamespace:
    return SimpleNamespace(
        kind=item.kind,
        source_id=item.source_id,
        source_number=item.source_number,
        customer_id=item.customer_id,
        credits_item_id=item.credits_item_id,
        opened_on=item.opened_on,
        due_on=item.due_on,
        currency=item.currency,
        invoiced=ZERO,
        paid=ZERO,
        credited=ZERO,
        written_off=ZERO,
        claimed=ZERO,
        balance=ZERO,
        balance_eur=ZERO,
    )


def _add(row: Item, role: MovementRole, amount: Decimal, amount_eur: Decimal) -> None:
    row.balance += amount
    row.balance_eur += amount_eur
    match role:
        case MovementRole.INVOICED:
            row.invoiced += amount
        case MovementRole.PAID:
            row.paid -= amount
        case MovementRole.CREDITED:
            row.credited -= amount
        case MovementRole.WRITTEN_OFF:
            row.written_off -= amount
        case MovementRole.CLAIMED:
            row.claimed += amount
        case MovementRole.DISCOUNT | MovementRole.DIFFERENCE:
            pass


def standing_of(item: Item) -> Standing:
    """The ledger's part of the table of product.md 7; also what ``fsm check`` recomputes."""
    if item.kind is ItemKind.INVOICE and item.invoiced > 0 and item.credited == item.invoiced and not item.balance:
        return Standing.CANCELLED
    if item.balance:
        return Standing.OPEN
    return Standing.WRITTEN_OFF if item.written_off else Standing.SETTLED
