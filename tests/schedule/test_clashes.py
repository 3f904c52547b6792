"""The rules that warn, and the hours and ways that they go by; no database."""

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from fsm.core.errors import DomainError
from fsm.schedule import hours
from fsm.schedule.clashes import Away, Planned, Worker, clashes
from fsm.schedule.slots import Slot, Task, free_slots, laid_out
from fsm.schedule.travel import Place, kilometres, travel_minutes

ZONE = ZoneInfo("Europe/Brussels")
MONDAY = dt.date(2026, 3, 23)
GHENT, BRUSSELS = Place(51.0543, 3.7174), Place(50.8466, 4.3528)
TOM = Worker(1, "Tom", hours.DEFAULT_WEEK, frozenset({"gas"}))


def at(clock: str, day: dt.date = MONDAY) -> dt.datetime:
    return dt.datetime.combine(day, dt.time.fromisoformat(clock), ZONE).astimezone(dt.UTC)


def visit(start: str, end: str, **values: object) -> Planned:
    return replace(Planned("SO-1", at(start), at(end), visit_id=1), **values)  # type: ignore[arg-type]


def said(planned: Planned, worker: Worker = TOM, *others: Planned) -> list[str]:
    return clashes(planned, worker, others, speed_kmh=40, zone=ZONE)


def test_a_visit_that_fits_has_no_warning() -> None:
    before, after = visit("08:00", "09:00", visit_id=2), visit("10:00", "11:00", visit_id=3)
    assert said(visit("09:00", "10:00", needs=("Gas",)), TOM, before, after) == []


@pytest.mark.parametrize(
    ("planned", "worker", "words"),
    [
        (visit("09:00", "10:00"), replace(TOM, absences=(Away(at("09:59"), at("12:00"), "Dentist"),)), "Dentist"),
        (visit("07:45", "09:00"), TOM, "Outside the working hours"),
        (visit("16:30", "17:15"), TOM, "Outside the working hours"),
        (visit("09:00", "10:00", needs=("Gas", "Élec")), TOM, "lacks the skill: Élec"),
        (visit("09:00", "10:00", window_start=at("09:30")), TOM, "Before the promised time"),
        (visit("09:00", "10:00", window_end=at("09:45")), TOM, "After the promised time"),
        (visit("11:00", "14:00"), replace(TOM, week={1: [(480, 720), (780, 1020)]}), "Outside the working hours"),
        (visit("09:00", "10:00"), replace(TOM, week={2: [(480, 1020)]}), "Outside the working hours"),
    ],
)
def test_each_rule_warns_by_itself(planned: Planned, worker: Worker, words: str) -> None:
    (sentence,) = said(planned, worker)
    assert words in sentence


def test_overlap_names_the_other_visit_and_touching_is_none() -> None:
    other = replace(visit("09:30", "10:30", visit_id=2), label="SO-2")
    assert said(visit("09:00", "10:00"), TOM, other) == ["Overlaps SO-2 (09:30–10:30)."]
    assert said(visit("09:00", "09:30"), TOM, other) == []


def test_travel_by_the_straight_line() -> None:
    """Ghent to Brussels is 50.2 km as the crow flies: 75.4 minutes at 40 km/h, begun minutes whole."""
    assert kilometres(GHENT, BRUSSELS) == pytest.approx(50.2, abs=0.2)
    assert travel_minutes(GHENT, BRUSSELS, 40) == 76
    assert travel_minutes(GHENT, None, 40) == travel_minutes(GHENT, GHENT, 40) == 0
    before = replace(visit("08:00", "09:00", visit_id=2, place=GHENT), label="SO-2")
    (sentence,) = said(visit("10:00", "11:00", place=BRUSSELS), TOM, before)
    assert sentence == "76 min of travel from SO-2 to SO-1, 60 min between them."
    assert said(visit("10:16", "11:00", place=BRUSSELS), TOM, before) == []


def test_hours_follow_the_clock_on_the_wall_when_it_is_put_forward() -> None:
    """Brussels, Sunday 2026-03-29: one hour less."""
    sunday = {7: [(60, 240)]}
    ((start, end),) = hours.spans_on(sunday, dt.date(2026, 3, 29), ZONE)
    assert (start, end) == (at("01:00", dt.date(2026, 3, 29)), at("04:00", dt.date(2026, 3, 29)))
    assert end - start == dt.timedelta(hours=2)


def test_weeks_with_spans_that_overlap_or_end_first_are_refused() -> None:
    assert hours.check({1: [(780, 1020), (480, 720)]}) == {1: [(480, 720), (780, 1020)]}
    for spans in ([(480, 800), (780, 1020)], [(500, 480)], [(500, 1500)]):
        with pytest.raises(DomainError):
            hours.check({1: list(spans)})
    assert hours.read(hours.stored({1: [(480, 720)], 2: []})) == {1: [(480, 720)]}
    assert hours.minutes_a_week(hours.DEFAULT_WEEK) == 45 * 60


def test_free_time_is_working_hours_without_absences_and_visits() -> None:
    worker = replace(TOM, absences=(Away(at("08:00"), at("09:00")),))
    visits = [visit("10:00", "11:00", place=GHENT), visit("15:00", "15:30", place=BRUSSELS, visit_id=2)]
    slots = free_slots(worker, visits, [MONDAY], not_before=at("09:12"), zone=ZONE)
    assert [(slot.start, slot.end, slot.before, slot.after) for slot in slots] == [
        (at("09:15"), at("10:00"), None, GHENT),
        (at("11:00"), at("15:00"), GHENT, BRUSSELS),
        (at("15:30"), at("17:00"), BRUSSELS, None),
    ]


def test_what_is_laid_out_leaves_time_for_the_way_on_and_drops_what_does_not_fit() -> None:
    slot = Slot(1, frozenset(), at("09:00"), at("12:00"), before=GHENT, after=GHENT)
    near, far = Task(1, 60, frozenset(), GHENT), Task(2, 45, frozenset(), BRUSSELS)
    (only,) = laid_out([(slot, [near, far])], 40)  # 10:00 + 76 + 45 + 76 minutes are more than until 12:00
    assert (only.order_id, only.start, only.end, only.travel_minutes) == (1, at("09:00"), at("10:00"), 0)
