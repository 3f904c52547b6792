"""A technician with a tablet: a server that can be killed, a weak line, a browser that can be killed, and what all know."""

import contextlib
import datetime as dt
import os
import shutil
import signal
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from fsm.app import create_app
from fsm.core.db import session, writing
from tests import factories
from tests.browser import serve
from tests.browser.conftest import ARGUMENTS, TABLET, TIMEOUT, wait_for
from tests.browser.weak_line import Line
from tests.conftest import CONFIG
from tests.processes import Process
from tools import chromium

TECHNICIAN = "technician@test.example"
# What the pages' own modules do, for the tests: the very modules that the page runs.
WITH_OUTBOX = """
const outbox = await import("/static/js/tablet/outbox.js");
const sync = await import("/static/js/tablet/sync.js");
"""


@dataclass
class Server:
    """One server process over one SQLite file; killed and started again on the same port."""

    folder: Path
    port: int
    process: Process | None = None

    @property
    def database(self) -> Path:
        return self.folder / "fsm.sqlite3"

    def start(self) -> None:
        """Start it and wait until it answers."""
        log = self.folder / "server.log"
        self.process = serve.start(f"sqlite:///{self.database}", self.folder, self.port, log)
        try:
            wait_for(f"http://127.0.0.1:{self.port}", self.process, log)
        except BaseException:
            self.kill()
            raise

    def kill(self) -> None:
        """As a power cut does."""
        assert self.process is not None
        self.process.kill()
        self.process.end()

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the database says."""
        with contextlib.closing(sqlite3.connect(self.database, timeout=20)) as connection:
            return connection.execute(query, values).fetchall()

    def change(self, query: str, *values: Any) -> None:
        """Behind the program's back."""
        with contextlib.closing(sqlite3.connect(self.database, timeout=20)) as connection, connection:
            connection.execute(query, values)

    def app(self) -> Flask:
        """The program over the same database, for what the office does."""
        return create_app(
            **(CONFIG | {"WRITE_LIMIT_SECONDS": None}),
            DATA_FOLDER=self.folder,
            SQLALCHEMY_DATABASE_URI=f"sqlite:///{self.database}",
        )


@contextlib.contextmanager
def serving(template: Path, folder: Path, seed: Callable[[], Any]) -> Iterator[tuple[Server, Any]]:
    """A server over a copy of the template, with what the seed makes."""
    shutil.copy(template, folder / "fsm.sqlite3")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        server = Server(folder, probe.getsockname()[1])
    with server.app().app_context():
        with writing(bulk=True):
            rows = seed()
        session.remove()
    server.start()
    try:
        yield server, rows
    finally:
        server.kill()


@dataclass
class Tablet:
    """A browser with a profile on the disk, so that it can be killed and come back."""

    playwright: Playwright
    line: Line
    profile: Path
    options: dict[str, Any] = field(default_factory=dict)
    context: BrowserContext | None = None
    cookies: list[Any] = field(default_factory=list)

    def open(self) -> Page:
        """Start the browser, and the app in it."""
        self.context = self.playwright.chromium.launch_persistent_context(
            str(self.profile),
            executable_path=chromium.path(),
            args=list(ARGUMENTS),
            base_url=self.line.url,
            locale="en-GB",
            **(TABLET | self.options),
        )
        self.context.set_default_timeout(TIMEOUT)
        if self.cookies:  # Chromium writes them to the disk half a minute later
            self.context.add_cookies(self.cookies)
        return self.context.pages[0]

    def log_in(self, email: str = TECHNICIAN) -> Page:
        """Open, log in, and wait until the day is on the device and the worker has the page."""
        page = self.context.pages[0] if self.context else self.open()
        page.goto("/login?next=/tablet")
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Password").fill(factories.PASSWORD)
        page.get_by_role("button", name="Log in").click()
        expect(page.locator("#pill")).to_contain_text("All saved")
        expect(page.locator("html[data-worker][data-synced]")).to_be_attached()
        assert self.context is not None
        self.cookies = self.context.cookies()
        return page

    def kill(self) -> None:
        """All of its processes at once, as when the battery falls out."""
        mine = str(self.profile).encode()
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    if mine in (entry / "cmdline").read_bytes():
                        os.kill(int(entry.name), signal.SIGKILL)
        with contextlib.suppress(Exception):
            if self.context:
                self.context.close()
        self.context = None
        (self.profile / "SingletonLock").unlink(missing_ok=True)

    def close(self) -> None:
        """As a person does."""
        if self.context:
            self.context.close()
        self.context = None


def capture(page: Page, order_id: int, kind: str, values: dict[str, Any] | None = None, *, now: bool = False) -> str:
    """Capture by the page's own outbox; resolves when it is on the disk. Gives the operation's id."""
    given = {"order_id": order_id, "kind": kind, "values": values or {}, "now": now}
    return str(
        page.evaluate(
            f"""async ({{ order_id, kind, values, now }}) => {{ {WITH_OUTBOX}
            const user = await outbox.currentUser();
            const order = await (await outbox.storeOf(user.id)).get("orders", order_id);
            const made = await outbox.add(user.id, {{ order_id, kind, values, grant: order?.grant }});
            if (now) sync.captured();
            return made.id; }}""",
            given,
        )
    )


def sync(page: Page) -> str:
    """Send and pull, until it ends; gives how."""
    return str(page.evaluate(f"async () => {{ {WITH_OUTBOX} return String(await sync.now()); }}"))


def waiting(page: Page) -> list[dict[str, Any]]:
    """The outbox, in order."""
    found: list[dict[str, Any]] = page.evaluate(
        f"async () => {{ {WITH_OUTBOX} const user = await outbox.currentUser(); return outbox.waiting(user.id); }}"
    )
    return found


def sync_until_empty(page: Page, tries: int = 40) -> None:
    """Again and again, as the timer does."""
    for _ in range(tries):
        sync(page)
        if not waiting(page):
            return
        time.sleep(0.05)
    raise AssertionError(waiting(page))


def hours(start: float) -> dict[str, Any]:
    """Half an hour; yesterday, so that it lies in the past whatever the time."""
    midnight = dt.datetime.now(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0) - dt.timedelta(days=1)
    first = midnight + dt.timedelta(hours=start)
    return {
        "start_at": first.isoformat(),
        "end_at": (first + dt.timedelta(minutes=30)).isoformat(),
        "description": "Seal",
    }
