"""A believable company to look around in: people, customers, three months of work, invoices and payments.

All of it goes through the services that the pages use. What is on which day counts from the day of loading, so that
there is always a morning's work; the same day gives the same company.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TypeVar

from flask_babel import force_locale

from fsm.core.db import writing
from fsm.demo import catalog, customers, money, people, sales, scale, schedule, upkeep, work
from fsm.demo.bills import events
from fsm.demo.people import LOGINS
from fsm.demo.scene import Scene
from fsm.users import passwords
from fsm.users.queries import DEMO_PASSWORD

__all__ = ["LOGINS", "MOST_SCALED", "PASSWORD", "STEPS", "load"]

PASSWORD = DEMO_PASSWORD
MOST_SCALED = scale.MOST
_ORDER_STEPS, _MONEY_STEPS = 8, 6
STEPS = 6 + _ORDER_STEPS + _MONEY_STEPS
"""How often ``load`` calls ``progress``."""

T = TypeVar("T")


def _nobody(count: int) -> None:
    """Hears of the lots where nobody else wants to."""
    del count


def load(
    today: dt.date, progress: Callable[[], None], *, scaled: int = 0, told: Callable[[int], None] = _nobody
) -> None:
    """Fill a migrated, empty database, in writing transactions of its own; ConflictError where there is a company.

    The first transaction makes the company, marked as a demo. A load that is killed later leaves the same company with
    less in it, and sound books; to have the rest, load into a new database. ``scaled``: so many invoices more, of years
    before, each lot of which ``told`` hears of.
    """
    scene = Scene(today, scale.YEARS if scaled else 0)
    with force_locale("en"):  # the sentences that are stored
        password_hash = passwords.new_hash(PASSWORD)
        with writing(bulk=True):
            people.load(scene, password_hash)
        progress()
        with _writing(scene):
            catalog.load(scene)
        progress()
        with _writing(scene):
            customers.load(scene)
            catalog.load_own_prices(scene)
            schedule.load(scene)
        progress()
        if scaled:
            scale.load(scene, scaled, told)
        drawn = work.draw()
        with _writing(scene):
            work.store(scene, drawn)
        progress()
        for orders in _shares(work.table(), _ORDER_STEPS):
            with _writing(scene):
                work.load(scene, orders)
            progress()
        for share in _shares(events(), _MONEY_STEPS):
            with _writing(scene):
                money.load(scene, share)
            progress()
        with _writing(scene):
            sales.load(scene)
        progress()
        with _writing(scene):
            upkeep.load(scene)
        progress()


def _writing(scene: Scene) -> AbstractContextManager[None]:
    return writing(bulk=True, actor_id=scene.people["ann"].id)


def _shares(things: Sequence[T], count: int) -> list[Sequence[T]]:
    """So many slices of nearly the same length."""
    return [things[len(things) * i // count : len(things) * (i + 1) // count] for i in range(count)]
