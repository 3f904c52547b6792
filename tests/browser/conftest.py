"""A server process over a database of its own, Chromium, and people who are signed in and watched."""

import contextlib
import os
import re
import shutil
import socket
import time
import urllib.request
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, expect, sync_playwright

from fsm.app import create_app
from fsm.core.db import db, session, writing
from fsm.users.models import Role
from tests import factories, postgres
from tests.browser import serve
from tests.conftest import CONFIG, migrated
from tests.processes import Process
from tools import chromium

RESULTS = Path(__file__).parents[2] / "test-results"
FAILED = pytest.StashKey[bool]()
TIMEOUT = float(os.environ.get("FSM_BROWSER_TIMEOUT", "15000"))  # milliseconds
START_LIMIT_SECONDS = 30
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--in-process-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
)
DESKTOP = {"viewport": {"width": 1440, "height": 900}}
TABLET = {"viewport": {"width": 820, "height": 1180}, "has_touch": True}

expect.set_options(timeout=TIMEOUT)


@dataclass
class Site:
    """A running server, and what its ``seed`` gave."""

    url: str
    rows: Any


@dataclass
class Watch:
    """What went wrong on somebody's pages. ``refusals``: the statuses that the test provokes."""

    refusals: set[int] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    def console(self, message: ConsoleMessage) -> None:
        """Errors and broken policies; a refusal that the test wants is none."""
        is_wanted = any(f"the server responded with a status of {status} " in message.text for status in self.refusals)
        # axe measures pages with styles of its own, which our policy refuses.
        is_of_axe = "axe-core" in message.location.get("url", "")
        if message.type == "error" and not is_wanted and not is_of_axe:
            self.faults.append(f"{message.text} ({message.location.get('url')})")

    def on(self, page: Page) -> None:
        """Watch a page and those it opens."""
        page.set_default_timeout(TIMEOUT)
        page.on("console", self.console)
        page.on("pageerror", lambda error: self.faults.append(f"{error} ({page.url})"))


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """One for the run: a second one in the same process is refused."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chrome(playwright: Playwright) -> Iterator[Browser]:
    """One Chromium for the run."""
    browser = playwright.chromium.launch(executable_path=chromium.path(), args=list(ARGUMENTS))
    yield browser
    browser.close()


def filled(url: str, folder: Path, seed: Callable[[], Any] | None) -> Any:
    """Bring the database to where the tests begin: a company, and what ``seed`` makes."""
    # Signed links are made with the installation's own key, as the server that is asked for them has it.
    app = create_app(
        **(CONFIG | {"WRITE_LIMIT_SECONDS": None, "SECRET_KEY": None}), DATA_FOLDER=folder, SQLALCHEMY_DATABASE_URI=url
    )
    if url.startswith("postgresql"):
        migrated(app)
    with app.app_context():
        if url.startswith("postgresql"):
            with writing(bulk=True):
                factories.make_company()
        rows = seed() if seed is not None else None
        session.remove()
        db.engine.dispose()
    return rows


@contextlib.contextmanager
def serving(url: str, folder: Path, seed: Callable[[], Any] | None = None) -> Iterator[Site]:
    """A server process with its worker over a database that is made first."""
    rows = filled(url, folder, seed)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log, address = folder / "server.log", f"http://127.0.0.1:{port}"
    process = serve.start(url, folder, port, log)
    try:
        wait_for(address, process, log)
        yield Site(address, rows)
    finally:
        process.terminate()
        process.end(20)


def wait_for(address: str, process: Process, log: Path) -> None:
    """Until the server answers; RuntimeError with its log where it ended or takes too long."""
    limit = time.monotonic() + START_LIMIT_SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=5):  # noqa: S310 - our own server
                return
        except OSError:
            if not process.is_running() or time.monotonic() > limit:
                raise RuntimeError(f"The server did not start:\n{log.read_text(errors='replace')}") from None
            time.sleep(0.1)


@pytest.fixture(scope="module")
def seed() -> Callable[[], Any] | None:
    """What a module's tests find in the database beside the company: overridden there."""
    return None


@pytest.fixture(scope="module", params=["sqlite"])
def site(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    worker: str,
    seed: Callable[[], Any] | None,
) -> Iterator[Site]:
    """One server per module; ``@pytest.mark.parametrize("site", [...], indirect=True)`` names the engines."""
    folder = tmp_path_factory.mktemp("site")
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), folder / "fsm.sqlite3")
        with serving(f"sqlite:///{folder / 'fsm.sqlite3'}", folder, seed) as running:
            yield running
        return
    server, name = postgres.start(), f"{worker}_browser"
    try:
        with serving(server.create_database(name), folder, seed) as running:
            yield running
    finally:
        server.drop_database(name)


SignIn = Callable[..., Page]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember how the test went, for the pictures."""
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Console errors, broken policies and errors in scripts, of all pages of the test: any fails it."""
    found = Watch()
    yield found
    assert not found.faults, "\n".join(found.faults)


@pytest.fixture
def sign_in(request: pytest.FixtureRequest, chrome: Browser, site: Site, watch: Watch) -> Iterator[SignIn]:
    """``sign_in(Role.OFFICE)``: a page in a context of its own; keywords are Playwright's."""
    contexts: list[BrowserContext] = []

    def make(who: Role | str, **options: Any) -> Page:
        context = chrome.new_context(base_url=site.url, locale="en-GB", **(DESKTOP | options))
        contexts.append(context)
        context.on("page", watch.on)
        page = context.new_page()
        page.goto("/login")
        page.get_by_label("E-mail").fill(who if "@" in who else f"{Role(who).value}@test.example")
        page.get_by_label("Password").fill(factories.PASSWORD)
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("navigation", name="Main")).to_be_attached()
        return page

    yield make
    for place, page in enumerate(page for context in contexts for page in context.pages):
        if request.node.stash.get(FAILED, False):
            RESULTS.mkdir(exist_ok=True)
            name = re.sub(r"\W+", "-", request.node.name)
            page.screenshot(path=RESULTS / f"{name}-{place}.png", full_page=True)
    for context in contexts:
        context.close()
