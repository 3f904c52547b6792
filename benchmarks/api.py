"""The API's list of invoices, first page and deep, JSON and XML, and how many it creates and posts in a second.

Each beside what one would write first (entities, marshmallow), and beside the very queries that the API sends, on the
driver alone: less than that no program can take.
"""

import base64
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import sqlalchemy as sa
from flask import Flask, g

from benchmarks import plain_invoices, posting
from benchmarks.books import TODAY
from benchmarks.filling import fill
from benchmarks.places import Engine
from fsm.api import keys
from fsm.api.invoices import INVOICES
from fsm.api.routes import list_of
from fsm.core.db import db, session, writing
from fsm.users.actor import Actor
from fsm.users.models import Role

PAGE = 50
REPEATS = 15
ROUNDS = 3
POSTS = 200
ROOT = "http://localhost/api/v1"
OFFICE = Actor(1, "Bench", "bench@example.com", frozenset({Role.OFFICE}), "en", 1)


@dataclass(frozen=True, slots=True)
class ListFigure:
    """Milliseconds of one page: the API's, plain ORM + marshmallow, the API's queries on the driver."""

    name: str
    mine: float
    plain: float
    driver: float

    @property
    def times(self) -> float:
        """How many times as fast as the plain way."""
        return self.plain / self.mine


@dataclass(slots=True)
class Figures:
    """``deep``: a page in the middle as a multiple of the first, by format; ``posts`` and ``inserts`` per second."""

    lists: list[ListFigure] = field(default_factory=list)
    deep: dict[str, float] = field(default_factory=dict)
    posts: float = 0.0
    inserts: float = 0.0


def measure(engine: Engine, *, documents: int) -> Figures:
    """All of it on a fresh database."""
    figures = Figures()
    with engine.app() as app:
        fill(documents, documents // 10, with_lines=True)
        for kind in ("json", "xml"):
            pages = [_list(app, kind, name, after) for name, after in (("first", 0), ("deep", documents // 2))]
            figures.lists += pages
            figures.deep[kind] = pages[1].mine / pages[0].mine
    mine, floor = posting.measure(engine, count=POSTS, per_transaction=1, makers=_poster)
    figures.posts, figures.inserts = POSTS / mine, POSTS / floor
    return figures


def _list(app: Flask, kind: str, name: str, after: int) -> ListFigure:
    cursor = base64.urlsafe_b64encode(json.dumps(["f", after]).encode()).decode().rstrip("=")
    address = f"/api/v1/invoices?format={kind}" + (f"&after={cursor}" if after else "")

    def mine() -> str:
        with app.test_request_context(address):
            g.actor, g.today, g.time_zone = OFFICE, TODAY, "Europe/Brussels"
            answer: Any = list_of(INVOICES)
            return str(answer.get_data(as_text=True))

    def plain() -> str:
        with app.test_request_context(address):
            g.time_zone = "Europe/Brussels"
            return plain_invoices.page(after, PAGE, ROOT, kind)

    if mine() != plain():
        raise AssertionError(f"the two do not show the same: {kind}, {name}")
    queries = _queries_of(app, mine)
    driver = _on_the_driver(queries)
    times: list[list[float]] = [[], [], []]
    for _round in range(ROUNDS):  # in turns, so that the machine's moods hit all alike
        for place, work in enumerate((mine, plain, driver)):
            times[place] += _times(app, work)
    milliseconds = [statistics.median(each) * 1000 for each in times]
    return ListFigure(f"{kind}, {name}", *milliseconds)


def _times(app: Flask, work: Callable[[], object]) -> list[float]:
    """Seconds of each call, with a session that knows nothing yet, as every request has."""
    found = []
    for _at in range(REPEATS):
        with app.app_context():
            started = time.perf_counter()
            work()
            found.append(time.perf_counter() - started)
            session.rollback()
    return found


def _queries_of(app: Flask, work: Callable[[], object]) -> list[tuple[str, Any]]:
    """What is sent to the driver while the work is done."""
    sent: list[tuple[str, Any]] = []

    def remember(*arguments: Any) -> None:  # noqa: ANN401 - SQLAlchemy's own
        sent.append((arguments[2], arguments[3]))

    sa.event.listen(db.engine, "before_cursor_execute", remember)
    try:
        with app.app_context():
            work()
            session.rollback()
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", remember)
    return [(text, parameters) for text, parameters in sent if text.lstrip().upper().startswith("SELECT")]


def _on_the_driver(queries: list[tuple[str, Any]]) -> Callable[[], object]:
    def work() -> object:
        raw = db.engine.raw_connection()
        cursor = raw.cursor()
        found = []
        for text, parameters in queries:
            cursor.execute(text, parameters)
            found.append(cursor.fetchall())
        raw.close()
        return found

    return work


def _poster(app: Flask) -> posting.Maker:
    """Creates and posts invoices by requests to the API."""
    with writing(bulk=True):
        token = keys.create("Bench", [Role.OFFICE], actor_id=None, requests_per_minute=keys.MOST_PER_MINUTE).token
    client = app.test_client(use_cookies=False)
    items = [
        {"description": f"Work {place}", "quantity": "2.5", "amount": "48.20", "tax_rate": "21"} for place in range(3)
    ]

    def make(customer_id: int, count: int) -> None:
        for _place in range(count):
            body = {"client_id": customer_id, "date": str(posting.DAY), "items": items}
            with app.app_context():
                answer = client.post("/api/v1/invoices", json=body, headers={"X-API-Key": token})
            if answer.status_code != HTTPStatus.CREATED:
                raise AssertionError(answer.text)

    return make
