"""A maintenance contract in each state with dates made, skipped and offered again; an order whose customer was told."""

import datetime as dt

from fsm.contracts import making, services
from fsm.contracts.models import Contract, IntervalUnit
from fsm.contracts.services import ContractValues
from fsm.core.audit import now
from fsm.core.db import session
from fsm.customers.models import Customer, Site
from fsm.service_orders import visits
from fsm.service_orders.models import OrderState, ServiceSettings
from fsm.users.models import Role
from tests import factories
from tests.conftest import user_of


def make(site_id: int, machine_id: int, words: str) -> dict[str, int]:
    """Ids by name."""
    office, moment = factories.actor_of(user_of(Role.OFFICE)), now()
    today = moment.date()
    ids = {
        name: services.create(
            site_id,
            ContractValues(
                name=f"{words} ({name})",
                first_date=today + dt.timedelta(days=3),
                interval_count=1,
                interval_unit=IntervalUnit.MONTHS,
                planned_minutes=90,
                lead_days=100,
                days_before=3,
                days_after=10,
                tasks="Clean\nMeasure",
                is_to_bill=False,
                not_to_bill_reason="Full service",
            ),
            [machine_id],
            actor_id=office.id,
            today=today,
            moment=moment,
        ).id
        for name in ("active", "paused", "ended", "stuck")
    }
    for _order in range(3):
        _made(ids["active"])
    rows = making.open_dates(ids["active"])
    making.back_out(ids["active"], rows[1].id, "Closed for the holidays", offers_again=False, actor=office)
    making.back_out(ids["active"], rows[2].id, "Wrong week", offers_again=True, actor=office)
    _made(ids["ended"])
    services.pause(ids["paused"], "Rebuilding until spring")
    services.end(ids["ended"], "Given up")
    making.note_problem(ids["stuck"], "The site is archived.")
    return {
        **{f"contract_{name}": contract_id for name, contract_id in ids.items()},
        "contract_date": rows[0].id,
        "told": _told(site_id),
    }


def _made(contract_id: int) -> None:
    """The order of the next date, numbered on the day of all other examples."""
    (day,) = services.coming(session.get_one(Contract, contract_id), 1)
    office = factories.actor_of(user_of(Role.OFFICE))
    making.make_now(contract_id, day, actor=office, today=factories.TODAY, moment=now())


def _told(site_id: int) -> int:
    office, technician = factories.actor_of(user_of(Role.OFFICE)), user_of(Role.TECHNICIAN)
    session.get_one(ServiceSettings, 1).tells_booked = True
    site = session.get_one(Site, site_id)
    customer = session.get_one(Customer, site.customer_id)
    order = factories.make_order(site, state=OrderState.DRAFT)
    start = now().replace(minute=0, second=0, microsecond=0) + dt.timedelta(days=4)
    for days, email in ((0, ""), (1, "a-very-long-address-of-somebody@residentie-zonnebloem.example")):
        customer.email = email
        for contact in customer.contacts:
            contact.email = ""
        moment = start + dt.timedelta(days=days)
        visits.schedule(
            order.id,
            technician_id=technician.id,
            start_at=moment,
            end_at=moment + dt.timedelta(hours=2),
            actor=office,
        )
    session.get_one(ServiceSettings, 1).tells_booked = False
    return int(order.id)


def pages(ids: dict[str, int]) -> dict[str, list[str]]:
    """Addresses by endpoint."""
    active = f"/contracts/{ids['contract_active']}"
    coming = services.coming(session.get_one(Contract, ids["contract_active"]), 1)[0]
    return {
        "contracts.index": [
            "/contracts",
            "/contracts?tab=paused",
            "/contracts?tab=ended",
            "/contracts?q=nothing-like-it",
        ],
        "contracts.new": ["/contracts/new", "/contracts/new?q=zon", f"/contracts/new?site_id={ids['site']}"],
        "contracts.show": [f"/contracts/{ids[f'contract_{name}']}" for name in ("active", "paused", "ended", "stuck")],
        "contracts.edit": [f"{active}/edit"],
        "contracts.pause": [f"{active}/pause"],
        "contracts.end": [f"/contracts/{ids['contract_paused']}/end", f"{active}/end"],
        "contracts.skip": [f"{active}/skip?due={coming}"],
        "contracts.back_out": [f"{active}/dates/{ids['contract_date']}/back-out"],
        "service_orders.caption_photo": [f"/service-orders/{ids['order_in_progress']}/photos/{ids['photo']}/caption"],
    }
