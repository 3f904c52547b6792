"""Random scripts: whatever is dropped, killed, doubled or edited, the rows on the server are the intentions on the tablet.

A failure prints its seed; ``FSM_TABLET_SEED=17`` plays that script alone.
"""

import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, Playwright

from fsm.core.audit import now
from fsm.core.db import session, writing
from fsm.service_orders import report
from fsm.service_orders.models import OrderState, ServiceOrder
from fsm.users.models import Role
from tests import factories
from tests.browser.van import WITH_OUTBOX, Server, Tablet, capture, hours, serving, sync, waiting
from tests.browser.weak_line import DROP_ANSWER, DROP_REQUEST, Line, weak_line
from tests.conftest import user_of

pytestmark = pytest.mark.browser
SCRIPTS = 20
STEPS = 6
ACTIONS = {
    "capture": 40,
    "sync": 14,
    "drop the request": 10,
    "drop the answer": 12,
    "second tab": 6,
    "office edits": 8,
    "expire session": 4,
    "kill browser": 3,
    "kill server": 2,
}


def seed() -> int:
    """What every script works with."""
    factories.make_rate(name="Work", is_default=True)
    factories.make_item(code="PUMP-25")
    return int(factories.make_site(factories.make_customer()).id)


@dataclass
class Script:
    """One script: its order, what was intended, and the means to break things."""

    chance: random.Random
    server: Server
    line: Line
    tablet: Tablet
    page: Page
    order_id: int
    office: Any
    intended: list[str] = field(default_factory=list)
    hours: int = 0
    parts: int = 0
    reports: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def step(self) -> None:
        """Something happens."""
        action = self.chance.choices(list(ACTIONS), list(ACTIONS.values()))[0]
        self.told.append(action)
        getattr(self, action.replace(" the ", " ").replace(" ", "_"))()

    def capture(self) -> None:
        kind = self.chance.choice(["log_time", "log_time", "add_part", "add_part", "write_report", "on_my_way"])
        values: dict[str, Any] = {}
        if kind == "log_time":
            values = hours(self.hours / 2)
            self.hours += 1
        elif kind == "add_part":
            values = {"code": "PUMP-25", "quantity": str(self.chance.randint(1, 9))}
            self.parts += 1
        elif kind == "write_report":
            before = self.reports[-1] if self.reports else ""
            values = {"report": f"Text {len(self.reports)}", "before": {"report": before}}
            self.reports.append(values["report"])
        self.intended.append(kind)
        capture(self.page, self.order_id, kind, values, now=self.chance.random() < 0.5)

    def sync(self) -> None:
        sync(self.page)

    def drop_request(self) -> None:
        self.line.drop(DROP_REQUEST, self.chance.randint(1, 3))

    def drop_answer(self) -> None:
        self.line.drop(DROP_ANSWER, self.chance.randint(1, 4))

    def second_tab(self) -> None:
        assert self.page.context is not None
        other = self.page.context.new_page()
        other.goto("/tablet")
        self.page.evaluate("navigator.serviceWorker.controller?.postMessage('send')")
        if self.chance.random() < 0.5:
            sync(other)
        other.close()

    def kill_browser(self) -> None:
        self.tablet.kill()
        self.page = self.tablet.open()
        self.page.goto("/tablet")

    def kill_server(self) -> None:
        self.server.kill()
        sync(self.page)
        self.server.start()

    def expire_session(self) -> None:
        self.server.change("UPDATE user_session SET revoked_at = created_at")
        sync(self.page)
        self.server.change("UPDATE user_session SET revoked_at = NULL")

    def office_edits(self) -> None:
        with self.office.app_context():
            actor = factories.actor_of(user_of(Role.OFFICE))
            with writing(actor_id=actor.id):
                order = session.get_one(ServiceOrder, self.order_id)
                if self.chance.random() < 0.5:
                    order.description += " More."
                else:
                    report.write_report(self.order_id, "The office's words", actor=actor)
            session.remove()

    def settle(self) -> None:
        """The line is sound again; the technician keeps his own words where the office has changed them."""
        self.line.sound()
        for _ in range(60):
            sync(self.page)
            queue = waiting(self.page)
            if not queue:
                return
            if any(operation["state"] == "refused" for operation in queue):
                self.page.evaluate(MINE)
            time.sleep(0.02)
        raise AssertionError([(row["kind"], row["state"], row.get("refusal")) for row in queue])

    def check(self) -> None:
        """Every intention once, in the order in which they were captured."""
        arrived = self.server.rows(
            "SELECT kind FROM tablet_operation WHERE service_order_id = ? ORDER BY rowid", self.order_id
        )
        assert [kind for (kind,) in arrived] == self.intended, self.told
        counts = [
            self.server.rows(f"SELECT count(*) FROM {table} WHERE service_order_id = ?", self.order_id)[0][0]
            for table in ("time_entry", "part_used", "stamp")
        ]
        assert counts == [self.hours, self.parts, self.intended.count("on_my_way")], self.told
        (words,) = self.server.rows("SELECT report FROM service_order WHERE id = ?", self.order_id)[0]
        assert words in {*self.reports[-1:], "The office's words"} or not self.reports, self.told


MINE = f"""async () => {{ {WITH_OUTBOX}
  const user = await outbox.currentUser();
  for (const operation of await outbox.waiting(user.id)) {{
    if (operation.state !== "refused") continue;
    await outbox.settle(user.id, operation.seq, ({{ values, refusal }}) => {{
      const before = {{ ...values.before }};
      for (const row of refusal.differences ?? []) before[row.field] = row.theirs;
      return {{ ...values, before }};
    }});
  }}
}}"""


@pytest.fixture(scope="module")
def technician(
    playwright: Playwright, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, int, Line, Tablet]]:
    folder = tmp_path_factory.mktemp("scripts")
    with (
        serving(sqlite_template, folder, seed) as (server, site_id),
        weak_line(server.port) as line,
    ):
        tablet = Tablet(playwright, line, folder / "profile")
        tablet.log_in()
        yield server, site_id, line, tablet
        tablet.close()


def play(
    number: int, technician: tuple[Server, int, Line, Tablet], steps: int = STEPS, office: Flask | None = None
) -> None:
    """One script, on an order of its own; ``office``: the program over the same database, where there is one."""
    server, site_id, line, tablet = technician
    office = office or server.app()
    with office.app_context():
        with writing():
            order = factories.make_order(session.get_one(factories.Site, site_id), state=OrderState.SCHEDULED)
            factories.make_visit(order, user_of(Role.TECHNICIAN), now())
            server_order = order.id
        session.remove()
    server.change("DELETE FROM time_entry WHERE service_order_id <> ?", server_order)  # each has the whole day
    # A tablet holds a hundred orders: those of earlier scripts are done with.
    server.change("UPDATE service_order SET state = 'cancelled' WHERE id <> ?", server_order)
    assert tablet.context is not None
    page = tablet.context.pages[0]
    sync(page)
    script = Script(random.Random(number), server, line, tablet, page, server_order, office)
    try:
        for _ in range(steps):
            script.step()
        script.settle()
        script.check()
    except BaseException:
        print(f"FSM_TABLET_SEED={number}: {script.told}")  # noqa: T201 - to play it again
        raise


ASKED = os.environ.get("FSM_TABLET_SEED")


@pytest.mark.parametrize("number", [int(ASKED)] if ASKED else range(SCRIPTS))
def test_random_scripts(technician: tuple[Server, int, Line, Tablet], number: int) -> None:
    play(number, technician)


@pytest.mark.soak
def test_a_thousand_random_scripts(technician: tuple[Server, int, Line, Tablet]) -> None:
    """In one browser, over one program of the office; ``FSM_TABLET_SCRIPTS=100`` plays fewer."""
    count, office = int(os.environ.get("FSM_TABLET_SCRIPTS", "1000")), technician[0].app()
    started = time.monotonic()
    for number in range(count):
        play(number, technician, office=office)
    print(f"{count} scripts of {STEPS} steps in {time.monotonic() - started:.0f} s")  # noqa: T201 - for the note
