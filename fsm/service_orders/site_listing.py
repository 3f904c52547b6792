"""The list of sites across customers, declared."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from fsm.company.countries import country_name
from fsm.core.lists import Asked, Column, Kind, ListSpec, Status
from fsm.core.paging import Page
from fsm.core.web import id_of
from fsm.customers.models import Site
from fsm.service_orders import sites
from fsm.service_orders.sites import Filters, SiteRow

TABS = {"active": _l("Active"), "archived": _l("Archived")}


def is_archived(site: Site) -> bool:
    """By itself or with its customer: offered no more for new orders."""
    return bool(site.archived_at or site.customer.archived_at)


def status_of(site: Site) -> Status:
    """In use or not."""
    return Status("neutral", _("Archived")) if is_archived(site) else Status("done", _("Active"))


COLUMNS = (
    Column(
        name="name",
        label=_l("Site"),
        value=lambda row: row.site.name,
        under=Column(name="street", label=_l("Street"), value=lambda row: row.site.street),
        always=True,
        sort="name",
    ),
    Column(name="customer", label=_l("Customer"), value=lambda row: row.site.customer.name),
    Column(name="city", label=_l("City"), value=lambda row: f"{row.site.postal_code} {row.site.city}".strip()),
    Column(name="phone", label=_l("Phone on site"), value=lambda row: row.site.phone, shown=False),
    Column(
        name="open_orders",
        label=_l("Open orders"),
        value=lambda row: row.open_orders or None,
        kind=Kind.COUNT,
        needs="service_orders.index",
    ),
    Column(name="equipment", label=_l("Equipment"), value=lambda row: row.equipment or None, kind=Kind.COUNT),
    Column(
        name="payer",
        label=_l("Invoices go to"),
        value=lambda row: (row.site.payer or row.site.customer).name,
        shown=False,
    ),
    Column(name="country", label=_l("Country"), value=lambda row: country_name(row.site.country_code), shown=False),
    Column(name="hazards", label=_l("Hazards"), value=lambda row: row.site.hazards, shown=False),
    Column(
        name="access_code",
        label=_l("Access code"),
        value=lambda row: row.site.access_code,
        shown=False,
        needs="customers.see_access_codes",
    ),
    Column(
        name="dwelling",
        label=_l("Private dwelling"),
        value=lambda row: _("Yes") if row.site.is_private_dwelling else _("No"),
        shown=False,
    ),
)


def _filters(arguments: Mapping[str, str], actor: Any) -> Filters:  # noqa: ANN401 - as the declaration has it
    return Filters(
        text=arguments.get("q", "").strip()[:100],
        customer_id=id_of(arguments.get("customer_id", "")),
        has_open_orders=arguments.get("orders") == "open" and actor.can("service_orders.index"),
    )


def _page(asked: Asked, cursor: str | None, size: int) -> Page[SiteRow]:
    return sites.page_of(asked.tab, asked.filters, cursor, sort=asked.sort, size=size)


SITES = ListSpec(
    name="sites",
    title=_l("Sites"),
    columns=COLUMNS,
    parameters=("q", "customer_id", "orders"),
    filters=_filters,
    page=_page,
    count=lambda asked: sites.count(asked.tab, asked.filters),
    sorts=lambda _tab: ("name",),
    record=("sites.show", "site_id"),
    id_of=lambda row: row.site.id,
    tabs=TABS,
    opening_tab=lambda _filters, _actor: "active",
    tone=lambda row: "quiet" if is_archived(row.site) else None,
)
