"""The list of customers, declared."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from fsm.company.countries import country_name
from fsm.core.lists import Action, Asked, Column, Kind, ListSpec, Status
from fsm.core.paging import Page, capped_count, page
from fsm.customers import queries
from fsm.customers.models import Customer
from fsm.customers.queries import Filters

TABS = {"active": _l("Active"), "archived": _l("Archived")}


def _city(row: Customer) -> str:
    return f"{row.billing_postal_code} {row.billing_city}".strip()


def _reminders(row: Customer) -> str:
    if row.automatic_reminders is None:
        return _("As the company")
    return _("Yes") if row.automatic_reminders else _("No")


COLUMNS = (
    Column(name="name", label=_l("Name"), value=lambda row: row.name, always=True, sort="name"),
    Column(name="city", label=_l("City"), value=_city),
    Column(name="vat_number", label=_l("VAT number"), value=lambda row: row.vat_number),
    Column(name="phone", label=_l("Phone"), value=lambda row: row.phone),
    Column(name="email", label=_l("E-mail"), value=lambda row: row.email),
    Column(
        name="kind",
        label=_l("Kind"),
        value=lambda row: _("Business") if row.is_business else _("Consumer"),
        shown=False,
    ),
    Column(name="street", label=_l("Street"), value=lambda row: row.billing_street, shown=False),
    Column(name="country", label=_l("Country"), value=lambda row: country_name(row.billing_country_code), shown=False),
    Column(name="days_due", label=_l("Days to pay"), value=lambda row: row.days_due, kind=Kind.COUNT, shown=False),
    Column(name="reminders", label=_l("Automatic reminders"), value=_reminders, shown=False),
    Column(
        name="added", label=_l("Added"), value=lambda row: row.created_at, kind=Kind.MOMENT, shown=False, sort="added"
    ),
)


def _filters(arguments: Mapping[str, str], actor: Any) -> Filters:  # noqa: ANN401 - as the declaration has it
    del actor
    kind = arguments.get("kind", "")
    return Filters(text=arguments.get("q", "").strip()[:100], kind=kind if kind in {"business", "consumer"} else "")


def _page(asked: Asked, cursor: str | None, size: int) -> Page[Customer]:
    keys = [Customer.id] if asked.sort.endswith("added") else [Customer.sort_key, Customer.id]
    query = queries.customers(archived=asked.tab == "archived", q=asked.filters.text, kind=asked.filters.kind)
    return page(query, keys, cursor, descending=asked.sort.startswith("-"), size=size)


def _count(asked: Asked) -> int:
    query = queries.customers(archived=asked.tab == "archived", q=asked.filters.text, kind=asked.filters.kind)
    return capped_count(query.with_only_columns(Customer.id))


def status_of(row: Customer) -> Status:
    """In use or not."""
    return Status("neutral", _("Archived")) if row.archived_at else Status("done", _("Active"))


CUSTOMERS = ListSpec(
    name="customers",
    title=_l("Customers"),
    columns=COLUMNS,
    parameters=("q", "kind"),
    filters=_filters,
    page=_page,
    count=_count,
    sorts=lambda _tab: ("name", "added"),
    record=("customers.show", "customer_id"),
    id_of=lambda row: row.id,
    tabs=TABS,
    opening_tab=lambda _filters, _actor: "active",
    actions=(
        Action(
            name="archive_many",
            label=_l("Archive"),
            tabs=frozenset({"active"}),
            icon="archive",
            confirm=_l("They are offered no more for new work. Documents and history stay."),
        ),
        Action(name="unarchive_many", label=_l("Use again"), tabs=frozenset({"archived"}), icon="undo"),
        Action(name="remind_many", label=_l("Reminders on"), tabs=frozenset({"active"}), icon="bell"),
        Action(name="do_not_remind_many", label=_l("Reminders off"), tabs=frozenset({"active"})),
    ),
)
