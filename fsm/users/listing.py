"""The list of users, declared."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from fsm.core.lists import Asked, Column, Kind, ListSpec
from fsm.core.paging import Page, capped_count, page
from fsm.users import queries
from fsm.users.forms import ROLE_LABELS
from fsm.users.models import User

TABS = {"active": _l("Active"), "deactivated": _l("Deactivated")}


def _roles(user: User) -> str:
    return ", ".join(str(ROLE_LABELS[role]) for role in sorted(user.roles))


COLUMNS = (
    Column(name="name", label=_l("Name"), value=lambda user: user.name, always=True, sort="name"),
    Column(name="email", label=_l("E-mail"), value=lambda user: user.email),
    Column(name="phone", label=_l("Phone"), value=lambda user: user.phone),
    Column(name="roles", label=_l("Roles"), value=_roles),
    Column(
        name="hourly_cost",
        label=_l("Cost of an hour"),
        value=lambda user: user.hourly_cost,
        kind=Kind.PRICE,
        needs="users.see_hourly_cost",
    ),
)


def _filters(arguments: Mapping[str, str], actor: Any) -> str:  # noqa: ANN401 - as the declaration has it
    del actor
    return arguments.get("q", "").strip()[:100]


def _page(asked: Asked, cursor: str | None, size: int) -> Page[User]:
    query = queries.listed(active=asked.tab == "active", text=asked.filters)
    return page(query, [User.sort_key, User.id], cursor, descending=asked.sort.startswith("-"), size=size)


USERS = ListSpec(
    name="users",
    title=_l("Users"),
    columns=COLUMNS,
    parameters=("q",),
    filters=_filters,
    page=_page,
    count=lambda asked: capped_count(queries.listed(active=asked.tab == "active", text=asked.filters)),
    sorts=lambda _tab: ("name",),
    record=("users.edit", "user_id"),
    id_of=lambda user: user.id,
    tabs=TABS,
    opening_tab=lambda _filters, _actor: "active",
)
