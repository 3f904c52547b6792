"""Maintenance contracts: one whose order is waiting to be planned, one under full service, one that is paused."""

import datetime as dt
from dataclasses import dataclass

from fsm.contracts import making, services
from fsm.contracts.models import IntervalUnit
from fsm.contracts.services import ContractValues
from fsm.demo.scene import Scene, tell_of


@dataclass(frozen=True, slots=True)
class Deal:
    """What was agreed; ``first`` counts days from today."""

    name: str
    site: str
    machines: tuple[str, ...]
    first: int
    months: int
    tasks: str
    reason: str = ""
    paused: str = ""


_SERVICE = "Clean burner and heat exchanger\nMeasure combustion\nCheck expansion vessel\nLeave the certificate"
DEALS = (
    Deal("Brewing hall: boiler, every quarter", "brewery_hall", ("boiler_hall",), 19, 3, _SERVICE),
    Deal(
        "Main building: boiler, full service",
        "school_main",
        ("boiler_school",),
        24,
        6,
        _SERVICE,
        reason="Full service contract",
    ),
    Deal("Restaurant: boiler, yearly", "restaurant", ("boiler_restaurant",), 75, 12, _SERVICE),
    Deal("Yard: boiler, yearly", "maes_yard", ("boiler_yard",), 130, 12, _SERVICE, paused="The yard is being rebuilt."),
)


def load(scene: Scene) -> None:
    """Agreed some weeks ago; what is due by today is made, as the night would have."""
    for deal in DEALS:
        tell_of(scene.at(-30, "11:20"))
        contract_id = services.create(
            scene.sites[deal.site],
            _values(scene, deal),
            [scene.equipment[key] for key in deal.machines],
            actor_id=scene.people["ann"].id,
            today=scene.day(-30),
            moment=scene.at(-30, "11:20"),
        ).id
        if deal.paused:
            tell_of(scene.at(-20, "09:05"))
            services.pause(contract_id, deal.paused)
        tell_of(scene.now())
        making.make_due(contract_id, today=scene.today, moment=scene.now())


def _values(scene: Scene, deal: Deal) -> ContractValues:
    return ContractValues(
        name=deal.name,
        kind_of_work="Maintenance",
        description="Maintenance of the gas boiler with combustion certificate.",
        tasks=deal.tasks,
        first_date=scene.today + dt.timedelta(days=deal.first),
        interval_count=deal.months,
        interval_unit=IntervalUnit.MONTHS,
        planned_minutes=90,
        days_before=7,
        days_after=14,
        lead_days=28,
        is_to_bill=not deal.reason,
        not_to_bill_reason=deal.reason,
    )
