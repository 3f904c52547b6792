"""What is due by the clock is done once, whoever asks; what fails is tried again; what was missed is done once."""

import datetime as dt
from collections.abc import Callable

import pytest
from flask import Flask

from fsm.core import schedules
from fsm.core.db import session, writing
from fsm.core.schedules import Renew, Schedule, ScheduledRun

pytestmark = pytest.mark.database
START = dt.datetime(2026, 3, 20, 1, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


class Clock:
    """Told time; ``done`` collects when the work was done."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.done = START, []
        self.work: Callable[[Renew], None] = lambda _renew: self.done.append(self.now)
        monkeypatch.setattr(schedules, "now", lambda: self.now)

    def run(self, *, hours: float = 0) -> bool:
        self.now += HOUR * hours
        hourly = Schedule(self.work, lambda after: after.replace(minute=30) + HOUR)
        asked = Schedule(self.work, lambda _after: None)
        return schedules.run_due({"hourly": hourly, "asked": asked})


@pytest.fixture
def clock(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def row(name: str = "hourly") -> ScheduledRun:
    session.rollback()
    return session.get_one(ScheduledRun, name, populate_existing=True)


def test_once_each_time_and_once_for_all_that_was_missed(clock: Clock) -> None:
    assert [clock.run(), clock.run(hours=1), clock.run(hours=0.5), clock.run()] == [False, False, True, False]
    assert clock.run(hours=10)
    assert not clock.run()
    assert clock.done == [START + HOUR * 1.5, START + HOUR * 11.5]
    assert row().due_at == START + HOUR * 12.5


def test_another_worker_takes_it_only_when_the_lease_has_run_out(clock: Clock) -> None:
    seen: list[bool] = []

    def look(renew: Renew) -> None:
        before = clock.now
        clock.work = lambda _renew: clock.done.append(clock.now)
        seen.append(clock.run())  # at once: it is taken
        clock.now += schedules.LEASE * 0.9
        renew()
        clock.now += schedules.LEASE * 0.9
        seen.append(clock.run())  # renewed
        clock.now += schedules.LEASE
        seen.append(clock.run())  # thought dead: done by another
        clock.now = before

    clock.work = look
    clock.run()
    assert clock.run(hours=2)
    assert seen == [False, False, True]
    assert len(clock.done) == 1
    assert row().done_at == clock.done[0]  # the late finisher wrote nothing


def test_what_fails_is_tried_three_times_then_the_next_time(clock: Clock) -> None:
    def fail(_renew: Renew) -> None:
        clock.done.append(clock.now)
        raise ValueError("the disk is full")

    clock.work = fail
    clock.run()
    assert [clock.run(hours=2), clock.run(), clock.run(hours=0.1), clock.run(hours=0.2)] == [True, False, True, True]
    assert not clock.run(hours=0.3)
    assert len(clock.done) == 3
    found = row()
    assert (found.error, found.attempts, found.due_at) == ("ValueError: the disk is full", 0, START + HOUR * 3.5)


def test_asked_for_and_asked_again_while_it_is_done(clock: Clock) -> None:
    def ask(_renew: Renew | None = None) -> None:
        with writing():
            schedules.plan("asked", clock.now)

    clock.run()
    ask()

    def ask_again(_renew: Renew) -> None:
        clock.done.append(clock.now)
        clock.now += HOUR * 0.01
        clock.work = lambda _renew: clock.done.append(clock.now)
        ask()

    clock.work = ask_again
    assert [clock.run(), clock.run(), clock.run()] == [True, True, False]
    assert len(clock.done) == 2
    assert row("asked").due_at is None
