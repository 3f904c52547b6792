"""Reading the books: accounts by role, open items, entries, the trial balance's figures."""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from fsm.core.db import session
from fsm.ledger.models import Account, AccountRole, ItemKind, OpenItem


def account_of_role() -> Mapping[str, str]:
    """Role of the posting rules -> account number."""
    query = sa.select(AccountRole.role, Account.number).join(Account, Account.id == AccountRole.account_id)
    return {role: number for role, number in session.execute(query)}


def account_exists(number: str) -> bool:
    """Whether the chart has this account."""
    return session.scalar(sa.select(sa.exists().where(Account.number == number))) or False


def item_of(kind: ItemKind, source_id: int) -> OpenItem | None:
    """The open item of one document or payment."""
    return session.scalar(sa.select(OpenItem).where(OpenItem.kind == kind, OpenItem.source_id == source_id))


def items_of(kind: ItemKind, source_ids: Iterable[int]) -> dict[int, OpenItem]:
    """Open items by their source's id."""
    query = sa.select(OpenItem).where(OpenItem.kind == kind, OpenItem.source_id.in_(list(source_ids)))
    return {item.source_id: item for item in session.scalars(query)}
