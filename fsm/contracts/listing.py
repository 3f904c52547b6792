"""The list of maintenance contracts, declared: tabs by state, the next date first."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from fsm.contracts import queries
from fsm.contracts.making import machine_name
from fsm.contracts.models import NEVER, Contract, ContractState
from fsm.contracts.queries import Filters
from fsm.contracts.words import STATES, rhythm_words, status_of
from fsm.core.lists import Asked, Column, Kind, ListSpec, Status
from fsm.core.paging import Page, capped_count
from fsm.core.web import MAX_ID

TABS = {state.value: label for state, label in STATES.items()}
_ONLY_ACTIVE = frozenset(TABS) - {ContractState.ACTIVE.value}


def day_or_none(value: dt.date) -> dt.date | None:
    """A date that is kept as NEVER where there is none."""
    return None if value == NEVER else value


def _status(contract: Contract) -> Status:
    if contract.problem:
        return Status("overdue", contract.problem)
    if contract.state is ContractState.ACTIVE and contract.next_date == NEVER:
        return Status("neutral", _("No date left"))
    return status_of(contract)


def _machines(contract: Contract) -> str:
    names = [machine_name(row.equipment) for row in contract.machines]
    return names[0] if len(names) == 1 else _("%(count)s machines", count=len(names)) if names else ""


COLUMNS = (
    Column(
        name="name",
        label=_l("Contract"),
        value=lambda row: row.name,
        always=True,
        under=Column(name="kind", label=_l("Kind of work"), value=lambda row: row.kind_of_work),
    ),
    Column(
        name="customer",
        label=_l("Customer"),
        value=lambda row: row.customer.name,
        under=Column(name="site", label=_l("Site"), value=lambda row: row.site.name),
    ),
    Column(name="machines", label=_l("Equipment"), value=_machines),
    Column(name="rhythm", label=_l("How often"), value=lambda row: rhythm_words(row.interval_count, row.interval_unit)),
    Column(
        name="next",
        label=_l("Next date"),
        value=lambda row: day_or_none(row.next_date),
        kind=Kind.DATE,
        sort="next",
        hidden_in=_ONLY_ACTIVE,
    ),
    Column(
        name="makes_on",
        label=_l("Its order is made on"),
        value=lambda row: day_or_none(row.makes_on),
        kind=Kind.DATE,
        hidden_in=_ONLY_ACTIVE,
    ),
    Column(name="state", label=_l("State"), value=_status, kind=Kind.STATUS),
    Column(
        name="reason",
        label=_l("Reason"),
        value=lambda row: row.state_reason,
        hidden_in=frozenset({ContractState.ACTIVE.value}),
    ),
    Column(name="reference", label=_l("Reference"), value=lambda row: row.reference, shown=False),
    Column(name="created", label=_l("Created"), value=lambda row: row.created_at, kind=Kind.MOMENT, shown=False),
)


def _filters(arguments: Mapping[str, str], actor: Any) -> Filters:  # noqa: ANN401 - as the declaration has it
    del actor
    return Filters(
        text=arguments.get("q", "").strip()[:100],
        customer_id=_id(arguments.get("customer_id", "")),
        from_date=_day(arguments.get("from", "")),
        to_date=_day(arguments.get("to", "")),
    )


def _id(text: str) -> int | None:
    is_id = text.isascii() and text.isdigit() and len(text) < 20  # noqa: PLR2004 - below 2^64
    return min(int(text), MAX_ID) if is_id else None


def _day(text: str) -> dt.date | None:
    try:
        found = dt.date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2100 else None  # noqa: PLR2004 - as in every date field


def _page(asked: Asked, cursor: str | None, size: int) -> Page[Contract]:
    return queries.list_page(asked.tab, asked.filters, sort=asked.sort, cursor=cursor, size=size)


CONTRACTS = ListSpec(
    name="contracts",
    title=_l("Maintenance contracts"),
    columns=COLUMNS,
    parameters=("q", "customer_id", "from", "to"),
    filters=_filters,
    page=_page,
    count=lambda asked: capped_count(queries.listed(asked.tab, asked.filters)),
    sorts=lambda tab: ("next",) if tab == ContractState.ACTIVE.value else ("-new",),
    record=("contracts.show", "contract_id"),
    id_of=lambda row: row.id,
    tabs=TABS,
    opening_tab=lambda _filters, _actor: ContractState.ACTIVE.value,
    tone=lambda row: "error" if row.problem else None,
)
