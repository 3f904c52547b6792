"""How a user wants a list: saved filters, the one it opens with, and the columns."""

from collections.abc import Sequence

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.core.db import session
from fsm.core.errors import DomainError, NotFoundError
from fsm.users.models import ChosenColumns, SavedFilter

MOST_SAVED = 50
NAME_LENGTH = 60
QUERY_LENGTH = 1000


def saved(user_id: int, list_name: str) -> list[SavedFilter]:
    """The saved filters of a list, in the order in which they were saved."""
    query = sa.select(SavedFilter).where(SavedFilter.user_id == user_id, SavedFilter.list_name == list_name)
    return list(session.scalars(query.order_by(SavedFilter.id)))


def columns(user_id: int, list_name: str) -> list[str] | None:
    """The names of the chosen columns; None where the list is shown as it is declared."""
    row = session.get(ChosenColumns, (user_id, list_name))
    return row.names.split() if row else None


def save(name: str, query: str, *, user_id: int, list_name: str, is_default: bool = False) -> SavedFilter:
    """Keep a view under a name; a name that is taken gets the new view. DomainError out of bounds."""
    name, existing = _named(name), saved(user_id, list_name)
    if len(query) > QUERY_LENGTH:
        raise DomainError(_("This filter is too long to be saved."), "name")
    row = next((row for row in existing if row.name == name), None)
    if row is None:
        if len(existing) >= MOST_SAVED:
            raise DomainError(
                _("A list has %(most)s saved filters at most. Delete one first.", most=MOST_SAVED), "name"
            )
        row = SavedFilter(user_id=user_id, list_name=list_name, name=name)
        session.add(row)
    row.query = query
    session.flush()
    if is_default:
        make_default(row.id, user_id=user_id)
    return row


def _named(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= NAME_LENGTH or not name.isprintable():
        raise DomainError(_("Give the filter a name of at most %(length)s characters.", length=NAME_LENGTH), "name")
    return name


def find(filter_id: int, *, user_id: int) -> SavedFilter:
    """NotFoundError for that of another user, as for none."""
    row = session.get(SavedFilter, filter_id)
    if row is None or row.user_id != user_id:
        raise NotFoundError(_("There is no such saved filter."))
    return row


def rename(filter_id: int, name: str, *, user_id: int) -> SavedFilter:
    """DomainError where another one has the name."""
    row, name = find(filter_id, user_id=user_id), _named(name)
    if any(other.name == name and other.id != row.id for other in saved(user_id, row.list_name)):
        raise DomainError(_("Another saved filter has this name."), "name")
    row.name = name
    session.flush()
    return row


def delete(filter_id: int, *, user_id: int) -> SavedFilter:
    """Gives the row as it was."""
    row = find(filter_id, user_id=user_id)
    session.delete(row)
    session.flush()
    return row


def make_default(filter_id: int, *, user_id: int, is_default: bool = True) -> SavedFilter:
    """The list opens with it from now on; without a default it opens as it is declared."""
    row = find(filter_id, user_id=user_id)
    for other in saved(user_id, row.list_name):
        other.is_default = other.id == row.id and is_default
    session.flush()
    return row


def choose_columns(names: Sequence[str], *, user_id: int, list_name: str) -> None:
    """Show these columns in this order; none at all: as the list is declared."""
    row = session.get(ChosenColumns, (user_id, list_name))
    if not names:
        if row is not None:
            session.delete(row)
    elif row is None:
        session.add(ChosenColumns(user_id=user_id, list_name=list_name, names=" ".join(names)))
    else:
        row.names = " ".join(names)
    session.flush()
