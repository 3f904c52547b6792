"""Service orders in every state, from three months back to two weeks ahead, and the work on them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from fsm.core.db import session
from fsm.demo import pictures
from fsm.demo.scene import Scene, acting, tell_of
from fsm.demo.tables import rows
from fsm.files import services as files
from fsm.files.images import Picture
from fsm.service_orders import marks, parts, report, services, time_entries, visits
from fsm.service_orders.models import Priority, ServiceOrder
from fsm.service_orders.parts import PartValues
from fsm.service_orders.services import OrderValues
from fsm.service_orders.time_entries import TimeValues
from fsm.users.actor import Actor

SEED = 20
CALLED_OUT = ("Breakdown", "Emergency")
NOT_STARTED = ("draft", "scheduled", "cancelled")
# What the customer calls it; printed on the order and its invoice.
REFERENCES = {"maes_yard": "WO-4417", "maes_site": "WO-4431 Nevele", "delattre": "KTK/0288", "school_main": "B2-117"}
CANCELLED = {
    "c01": "The tenant bled the radiator and it is warm again.",
    "c02": "The customer has found another firm for the lighting.",
    "c03": "The owner is abroad until spring and will call again.",
}
NOBODY_SIGNS = "Nobody was there; worked with the key from the safe."
WAITS = {
    "p01": "Board mounted and circuits laid; the RCD comes in with tomorrow's delivery.",
    "p02": "Old tap removed and pipes capped. The basin has another hole size: tap ordered again.",
    "p03": "Fan is blocked. Part ordered, boiler in emergency operation.",
}
# Order, picture, caption.
PHOTOS = (
    ("i04", "low", "Pressure on arrival"),
    ("i04", "good", "Pressure after filling"),
    ("i09", "fault", "Fault code on arrival"),
    ("i15", "dripping", "Pinhole above the ceiling"),
    ("i15", "tight", "New section"),
    ("i21", "tripped", "Circuit of the kitchen"),
    ("n01", "tripped", "Circuit 5 had tripped"),
    ("n03", "dripping", "Leak in the shaft"),
)


@dataclass(frozen=True, slots=True)
class Job:
    """A kind of work, as it is ordered and as it is reported."""

    kind_of_work: str
    rate: str
    minutes: int
    parts: tuple[tuple[str, Decimal], ...]
    description: str
    report: str


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the demo's table of orders; ``day`` counts working days from today."""

    key: str
    day: int
    created_day: int
    start: str
    people: tuple[str, ...]
    site: str
    equipment: str
    job: Job
    outcome: str
    signer: str
    priority: Priority
    kilometres: int
    jitter: int


def draw() -> dict[str, Picture]:
    """All pictures by name; slow, so before any write."""
    signers = sorted({row["signer"] for row in rows("orders")} - {""})
    return {name: pictures.signature(name) for name in signers} | {
        "low": pictures.gauge(0.3),
        "good": pictures.gauge(1.6),
        "fault": pictures.display("F 28"),
        "tripped": pictures.board(4),
        "dripping": pictures.joint(is_dripping=True),
        "tight": pictures.joint(is_dripping=False),
    }


def store(scene: Scene, drawn: dict[str, Picture]) -> None:
    """Keep the pictures."""
    for name, picture in drawn.items():
        scene.pictures[name] = files.put(picture.data, picture.media_type).id


def table() -> list[Row]:
    """The orders in the order in which they were taken, as their numbers follow their days."""
    rng = Random(SEED)  # noqa: S311 - the same invented figures each time
    jobs = {row["code"]: _job(row) for row in rows("jobs")}
    kilometres = {row["key"]: int(row["km"]) for row in rows("sites")}
    found = []
    for row in rows("orders"):
        day = int(row["day"])
        taken_before = 1 if row["priority"] == "emergency" else rng.randint(3, 6)
        found.append(
            Row(
                key=row["key"],
                day=day,
                created_day=min(day - taken_before, -1),
                start=row["start"],
                people=tuple(row["people"].split("+")) if row["people"] else (),
                site=row["site"],
                equipment=row["equipment"],
                job=jobs[row["job"]],
                outcome=row["outcome"],
                signer=row["signer"],
                priority=Priority(row["priority"]),
                kilometres=kilometres[row["site"]],
                jitter=rng.randint(-6, 9),
            )
        )
    return sorted(found, key=lambda row: row.created_day)


def _job(row: dict[str, str]) -> Job:
    pairs = [part.split("*") for part in row["parts"].split()]
    return Job(
        row["kind"],
        row["rate"],
        int(row["minutes"]),
        tuple((code, Decimal(quantity)) for code, quantity in pairs),
        row["description"],
        row["report"],
    )


def load(scene: Scene, orders: Sequence[Row]) -> None:
    """Take each order and bring it to where it stands."""
    for row in orders:
        order = _take(scene, row)
        scene.orders[row.key] = order.id
        if row.outcome == "cancelled":
            services.cancel(order.id, CANCELLED[row.key], actor=scene.people["ann"])
        elif row.outcome == "running":
            tom, rate_id = scene.people[row.people[0]], scene.rates[row.job.rate]
            with acting(tom):
                time_entries.start_timer(order.id, actor=tom, moment=_timer_start(scene), labor_rate_id=rate_id)
        elif row.outcome not in NOT_STARTED:
            end_at = _log_hours(scene, row, order)
            with acting(scene.people[row.people[0]]):
                _report(scene, row, order, end_at)
            _conclude(scene, row, order)
        session.expunge_all()  # what is done with need not be looked through at each flush


def _take(scene: Scene, row: Row) -> ServiceOrder:
    ann = scene.people["ann"]
    taken_at = scene.at(row.created_day, f"{9 + len(row.site) % 7:02d}:{len(row.job.description) % 60:02d}")
    tell_of(taken_at)
    order = services.create(
        OrderValues(
            site_id=scene.sites[row.site],
            description=row.job.description,
            equipment_id=scene.equipment[row.equipment] if row.equipment else None,
            reference=REFERENCES.get(row.site, ""),
            kind_of_work=row.job.kind_of_work,
            priority=row.priority,
            skills="Electrician" if row.job.rate == "electric" else "Heating",
            planned_minutes=row.job.minutes,
        ),
        actor=ann,
        today=scene.day(row.created_day),
        moment=taken_at,
    )
    if row.people:
        start_at = scene.at(row.day, row.start)
        end_at = start_at + dt.timedelta(minutes=-(-(row.job.minutes + _travel(row)) // 15) * 15)
        for name in row.people:
            visits.schedule(order.id, technician_id=scene.people[name].id, start_at=start_at, end_at=end_at, actor=ann)
    return order


def _travel(row: Row) -> int:
    """Minutes on the road; a stone's throw is not charged."""
    minutes = round(row.kilometres * 1.2 / 5) * 5
    return minutes if minutes >= 15 else 0  # noqa: PLR2004 - a quarter of an hour


def _timer_start(scene: Scene) -> dt.datetime:
    """A good half hour ago, but today."""
    now = scene.now()
    return max(now - dt.timedelta(minutes=37), dt.datetime.combine(scene.today, dt.time(0), now.tzinfo))


def _log_hours(scene: Scene, row: Row, order: ServiceOrder) -> dt.datetime:
    """Road and work of each technician; gives when they were ready."""
    start_at, travel = scene.at(row.day, row.start), dt.timedelta(minutes=_travel(row))
    minutes = (row.job.minutes // 2 if row.outcome == "progress" else row.job.minutes) + row.jitter
    end_at = start_at + travel + dt.timedelta(minutes=minutes)
    tell_of(end_at)
    for name in row.people:
        actor, rate = scene.people[name], "apprentice" if name == "lena" else row.job.rate
        with acting(actor):
            if travel:
                _log(order, actor, scene.rates["travel"], start_at, start_at + travel, end_at)
            _log(order, actor, scene.rates[rate], start_at + travel, end_at, end_at)
    return end_at


def _report(scene: Scene, row: Row, order: ServiceOrder, end_at: dt.datetime) -> None:
    """What the first technician used and wrote, and who signed."""
    first = scene.people[row.people[0]]
    if row.job.kind_of_work in CALLED_OUT:
        _use(order, first, end_at, PartValues(Decimal(1), labor_rate_id=scene.rates["callout"]))
    distance = Decimal(2 * row.kilometres)
    _use(order, first, end_at, PartValues(distance, labor_rate_id=scene.rates["km"]))
    if row.outcome == "progress":
        report.write_report(order.id, WAITS[row.key], actor=first)
        return
    for code, quantity in row.job.parts:
        _use(order, first, end_at, PartValues(quantity, stock_item_id=scene.items[code]))
    report.write_report(order.id, row.job.report, actor=first)
    for key, picture, caption in PHOTOS:
        if key == row.key:
            report.add_photo(order.id, scene.pictures[picture], caption, actor=first, moment=end_at)
    if row.signer:
        report.sign(order.id, row.signer, scene.pictures[row.signer], actor=first, moment=end_at)
    else:
        report.explain_no_signature(order.id, NOBODY_SIGNS, actor=first)
    services.finish(order.id, actor=first, moment=end_at)


def _log(
    order: ServiceOrder, actor: Actor, rate_id: int, start_at: dt.datetime, end_at: dt.datetime, moment: dt.datetime
) -> None:
    time_entries.log_time(order.id, TimeValues(start_at, end_at, rate_id), actor=actor, moment=moment)


def _use(order: ServiceOrder, actor: Actor, moment: dt.datetime, values: PartValues) -> None:
    parts.add_part(order.id, values, actor=actor, moment=moment)


def _conclude(scene: Scene, row: Row, order: ServiceOrder) -> None:
    """What the office does with an order that is done."""
    ann, validated_at = scene.people["ann"], scene.at(min(row.day + 2, -1), "08:40")
    tell_of(validated_at)
    match row.outcome:
        case "progress" | "done":
            return
        case "warranty":
            marks.set_nothing_to_bill(order.id, "Warranty of the manufacturer until next year", actor=ann)
        case "free":
            marks.set_nothing_to_bill(order.id, "Visit for a quote: free", actor=ann)
        case "goodwill":
            part = next(part for part in order.parts_used if part.labor_rate_id == scene.rates["callout"])
            marks.mark_not_to_bill(order.id, "part", part.id, "Goodwill: second visit within a month", actor=ann)
        case "reopened":
            services.reopen(order.id, "Customer calls: hot water is cold again in the evening.", actor=ann)
            return
        case "redone":
            services.reopen(order.id, "The report does not say which parts were fitted.", actor=ann)
            tom = scene.people[row.people[0]]
            with acting(tom):
                report.write_report(order.id, f"{row.job.report} Parts SAF-30 and VES-12 fitted.", actor=tom)
                services.finish(order.id, actor=tom, moment=scene.at(row.day + 1, "16:20"))
    services.validate(order.id, actor=ann, moment=validated_at)
