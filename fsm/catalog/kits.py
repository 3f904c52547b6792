"""Kits: made, changed, archived; their lines; the searches that offer them."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import selectinload

from fsm.catalog.models import Kit, KitLine, LaborRate, StockItem
from fsm.core import audit
from fsm.core.db import session
from fsm.core.errors import DomainError, NotFoundError
from fsm.core.state import check_version
from fsm.core.types import sort_key

MOST_LINES = 50
MOST_QUANTITY = Decimal("999999.99")
MOST_SUGGESTIONS = 5
_WITH_THINGS = (
    selectinload(Kit.lines).joinedload(KitLine.stock_item),
    selectinload(Kit.lines).joinedload(KitLine.labor_rate),
)


def kit(kit_id: int) -> Kit:
    """The kit with its lines as they are now; NotFoundError."""
    query = sa.select(Kit).where(Kit.id == kit_id).options(*_WITH_THINGS).execution_options(populate_existing=True)
    found = session.scalar(query)
    if found is None:
        raise NotFoundError(_("There is no such kit."))
    return found


def create(code: str, description: str) -> Kit:
    """A new kit without lines; DomainError for a code that is taken."""
    _check_code(code, None)
    row = Kit(code=code, description=description, sort_key=_key(code, description))
    session.add(row)
    session.flush()
    audit.note([("kit", row.id)], _("Kit %(code)s was made.", code=code))
    return row


def edit(kit_id: int, code: str, description: str, *, version: int | None) -> Kit:
    """Another code or description."""
    row = kit(kit_id)
    check_version(row.version, version)
    _check_code(code, kit_id)
    row.code, row.description, row.sort_key = code, description, _key(code, description)
    session.flush()
    return row


def archive(kit_id: int, *, moment: dt.datetime | None) -> Kit:
    """Take a kit out of every search; ``moment`` None brings it back."""
    row = kit(kit_id)
    row.archived_at = moment
    session.flush()
    text = _("Kit %(code)s was archived.") if moment else _("Kit %(code)s is in use again.")
    audit.note([("kit", row.id)], text % {"code": row.code})
    return row


def set_line(kit_id: int, thing: StockItem | LaborRate, quantity: Decimal) -> None:
    """So many of an item, or hours of a rate, in place of what the kit had of it; 0 takes it out."""
    row = kit(kit_id)
    if not 0 <= quantity <= MOST_QUANTITY:
        raise DomainError(_("More than 0 and at most 999,999.99."), "quantity")
    column = KitLine.stock_item_id if isinstance(thing, StockItem) else KitLine.labor_rate_id
    line = session.scalar(sa.select(KitLine).where(KitLine.kit_id == kit_id, column == thing.id))
    name = thing.description if isinstance(thing, StockItem) else thing.name
    sentence = _("%(what)s was put into the kit.", what=name)
    if line is not None and quantity == 0:
        session.delete(line)
        sentence = _("%(what)s was taken out of the kit.", what=name)
    elif line is not None:
        line.quantity = quantity
        sentence = _("The quantity of %(what)s was changed.", what=name)
    elif quantity:
        if thing.archived_at is not None:
            raise DomainError(_("This is archived."), "item_code")
        if len(row.lines) >= MOST_LINES:
            raise DomainError(_("A kit has at most %(most)s lines.", most=MOST_LINES), "item_code")
        session.add(KitLine(kit_id=kit_id, quantity=quantity, **{column.key: thing.id}))
    session.flush()
    audit.note([("kit", kit_id)], sentence)


def listed(*, archived: bool = False, text: str = "") -> sa.Select[Any]:
    """The kits of a tab, to be paged by (sort_key, id)."""
    condition = Kit.archived_at.is_not(None) if archived else Kit.archived_at.is_(None)
    words = [Kit.sort_key.contains(word, autoescape=True) for word in sort_key(text).split()[:6]]
    return sa.select(Kit).where(condition, *words).options(*_WITH_THINGS)


def found(text: str, limit: int = MOST_SUGGESTIONS) -> list[Kit]:
    """The kits in use, with at least one line, that a search means; the exact code first."""
    if not text.strip():
        return []
    exact = sa.case((Kit.code == text.strip(), 0), else_=1)
    query = listed(text=text).where(sa.exists().where(KitLine.kit_id == Kit.id))
    return list(session.scalars(query.order_by(exact, Kit.sort_key, Kit.id).limit(limit)))


def lines_in_use(row: Kit) -> Sequence[KitLine]:
    """Its lines, without what was archived since."""
    return [line for line in row.lines if line.thing.archived_at is None]


def _key(code: str, description: str) -> str:
    return sort_key(f"{code} {description}")[:530]


def _check_code(code: str, kit_id: int | None) -> None:
    if session.scalar(sa.select(Kit.id).where(Kit.code == code)) not in {None, kit_id}:
        raise DomainError(_("Another kit has this code."), "code")
    if session.scalar(sa.select(StockItem.id).where(StockItem.code == code)) is not None:
        raise DomainError(_("An item has this code."), "code")
