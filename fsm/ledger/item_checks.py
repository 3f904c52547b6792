"""What must always be true of open items: they are their movements, these are journal lines (accounting.md 4, 8)."""

import functools
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.core.db import session, total
from fsm.core.types import AMOUNT
from fsm.ledger.checks import STREAM, AnySelect, streamed
from fsm.ledger.models import AccountRole, ItemMovement, JournalLine, MovementRole, OpenItem
from fsm.ledger.open_items import standing_of

AnyQuery: TypeAlias = "sa.Select[*tuple[Any, ...]] | sa.CompoundSelect[*tuple[Any, ...]]"
# The figures of an open item that its movements prove.
PROVEN = ("invoiced", "paid", "credited", "written_off", "claimed", "balance", "balance_eur")


def receivables_equal_open_items() -> Iterator[str]:
    """The receivables account is the sum of the open items, and each of its lines names one."""
    queries = _of_receivables()
    accounts = {"accounts": [account_id for (account_id,) in streamed(queries.accounts)]}
    for (entry_id,) in streamed(queries.without_item, accounts):
        yield _("A receivable line of entry %(id)s names no open item.", id=entry_id)
    ((debit, credit),) = streamed(queries.booked, accounts)
    ((items,),) = streamed(queries.items)
    if debit - credit != items:
        yield _(
            "The receivables account stands at %(booked)s EUR, the open items at %(items)s EUR.",
            booked=debit - credit,
            items=items,
        )


class _Receivables(NamedTuple):
    accounts: AnyQuery
    without_item: AnySelect  # of the accounts, as is what is booked
    booked: AnySelect
    items: AnySelect


@functools.cache
def _of_receivables() -> _Receivables:
    bearing = sa.select(JournalLine.account_id).where(JournalLine.open_item_id.is_not(None)).distinct()
    by_role = sa.select(AccountRole.account_id).where(AccountRole.role == "receivables")
    on_receivables = JournalLine.account_id.in_(sa.bindparam("accounts", expanding=True))
    without = sa.select(JournalLine.entry_id).where(on_receivables, JournalLine.open_item_id.is_(None))
    return _Receivables(
        accounts=bearing.union(by_role),
        without_item=without.order_by(JournalLine.id),
        booked=sa.select(total(JournalLine.debit), total(JournalLine.credit)).where(on_receivables),
        items=sa.select(total(OpenItem.balance_eur)),
    )


def open_items_proven_by_movements() -> Iterator[str]:
    """Every figure of an open item follows from its movements, they are its lines, and its standing from its figures."""
    for row in streamed(_unproven_items()):
        figures = ", ".join(name for name in PROVEN if getattr(row, name))
        yield _(
            "Open item %(id)s (%(number)s): its movements say otherwise of %(figures)s.",
            id=row.id,
            number=row.source_number,
            figures=figures,
        )
    yield from _movements_that_are_not_lines()
    for item in session.scalars(_items_in_order()):
        if item.standing is not standing_of(item):
            yield _(
                "Open item %(id)s (%(number)s) stands as %(standing)s.",
                id=item.id,
                number=item.source_number,
                standing=item.standing.value,
            )


@functools.cache
def _items_in_order() -> sa.Select[OpenItem]:
    return sa.select(OpenItem).order_by(OpenItem.id).execution_options(**STREAM)


@functools.cache
def _unproven_items() -> AnySelect:
    """Open items of which any figure differs, with a yes or no per figure."""
    moved = _moved().subquery()
    taken_elsewhere = _taken_elsewhere().subquery()
    nothing = sa.literal(Decimal(0), AMOUNT)
    proven: dict[str, Any] = {name: sa.func.coalesce(moved.c[name], nothing) for name in PROVEN}
    proven["credited"] = proven["credited"] + sa.func.coalesce(taken_elsewhere.c.credited, nothing)
    wrong = {name: getattr(OpenItem, name) != figure for name, figure in proven.items()}
    return (
        sa.select(
            OpenItem.id,
            OpenItem.source_number,
            *(condition.label(name) for name, condition in wrong.items()),
        )
        .outerjoin(moved, moved.c.open_item_id == OpenItem.id)
        .outerjoin(taken_elsewhere, taken_elsewhere.c.credits_item_id == OpenItem.id)
        .where(sa.or_(*wrong.values()))
        .order_by(OpenItem.id)
    )


def _moved() -> AnySelect:
    """What the movements of each item add up to, by the names of its columns."""

    def of(*roles: MovementRole) -> Any:  # noqa: ANN401 - an exact expression
        return total(sa.case((ItemMovement.role.in_(roles), ItemMovement.amount), else_=None))

    return sa.select(
        ItemMovement.open_item_id,
        of(MovementRole.INVOICED).label("invoiced"),
        (-of(MovementRole.PAID)).label("paid"),
        (-of(MovementRole.CREDITED)).label("credited"),
        (-of(MovementRole.WRITTEN_OFF)).label("written_off"),
        of(MovementRole.CLAIMED).label("claimed"),
        total(ItemMovement.amount).label("balance"),
        total(ItemMovement.amount_eur).label("balance_eur"),
    ).group_by(ItemMovement.open_item_id)


def _taken_elsewhere() -> AnySelect:
    """What credit notes took back of an invoice on open items of their own."""
    return (
        sa.select(OpenItem.credits_item_id, (-total(ItemMovement.amount)).label("credited"))
        .join(ItemMovement, ItemMovement.open_item_id == OpenItem.id)
        .where(OpenItem.credits_item_id.is_not(None), ItemMovement.role == MovementRole.INVOICED)
        .group_by(OpenItem.credits_item_id)
    )


def _movements_that_are_not_lines() -> Iterator[str]:
    for entry_id, item_id in streamed(_moved_otherwise()):
        yield _(
            "Entry %(entry)s moves open item %(item)s by other amounts than its lines say.",
            entry=entry_id,
            item=item_id,
        )


@functools.cache
def _moved_otherwise() -> AnySelect:
    both = sa.union_all(
        sa.select(
            JournalLine.entry_id,
            JournalLine.open_item_id,
            (JournalLine.currency_debit - JournalLine.currency_credit).label("amount"),
            (JournalLine.debit - JournalLine.credit).label("amount_eur"),
        ).where(JournalLine.open_item_id.is_not(None)),
        sa.select(
            ItemMovement.entry_id,
            ItemMovement.open_item_id,
            -ItemMovement.amount,
            -ItemMovement.amount_eur,
        ),
    ).subquery()
    return (
        sa.select(both.c.entry_id, both.c.open_item_id)
        .group_by(both.c.entry_id, both.c.open_item_id)
        .having(sa.or_(sa.func.sum(both.c.amount) != 0, sa.func.sum(both.c.amount_eur) != 0))
    )
