"""The house with a few pages of its own, so that its laws are tested on no slice's."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Blueprint, Flask, Response, g, request
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from fsm import app as roof
from fsm.core.audit import TimelineNote, note, now
from fsm.core.db import afterwards, db, session
from fsm.core.errors import ConflictError, DomainError, ForbiddenError, NotFoundError
from fsm.core.transactions import computes_only, needs_no_key, prepares
from tests.conftest import CONFIG

ERRORS = {"422": DomainError, "409": ConflictError, "403": ForbiddenError, "404": NotFoundError}


class FailureOfTheEngine(Exception):  # noqa: N818 - stands for the driver's own
    """What psycopg raises, as far as it is looked at."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


def effects(what: str = "effect") -> int:
    """How often a probe has had its effect."""
    found = session.scalar(sa.select(sa.func.count()).where(TimelineNote.subject_kind == what)) or 0
    session.rollback()
    return found


def _effect(what: str = "effect") -> None:
    note([(what, 1)], "Something happened")


def make_probe() -> Blueprint:  # noqa: C901 - a list of small pages
    """Pages that do one thing each."""
    bp = Blueprint("probe", __name__, url_prefix="/probe")
    bp.tries = 0  # type: ignore[attr-defined]

    @bp.post("/add")
    def add() -> Any:
        _effect()
        status = int(request.form.get("status", 200))
        return Response(
            f"effect {effects_inside()}", status, headers={"Location": "/probe/there"} if status == 303 else {}
        )

    @bp.post("/raise/<string:kind>")
    def raises(kind: str) -> Any:
        _effect()
        afterwards(lambda: _effect("after"))
        raise ERRORS[kind]("This is refused.") if kind in ERRORS else RuntimeError(kind)

    @bp.get("/write-core")
    def write_core() -> Any:
        _effect()
        return "written"

    @bp.get("/write-orm")
    def write_orm() -> Any:
        session.add(TimelineNote(at=now(), subject_kind="effect", subject_id=1, sentence="x"))
        session.flush()
        return "written"

    @bp.get("/afterwards")
    def afterwards_on_get() -> Any:
        afterwards(lambda: _effect("after"))
        return "seen"

    @bp.post("/slow")
    def slow() -> Any:
        _effect()
        started = time.thread_time()
        while time.thread_time() - started < 0.6:
            pass
        return "late"

    @bp.post("/sleepy")
    def sleepy() -> Any:
        _effect()
        time.sleep(0.7)
        return "waited"

    @bp.post("/flaky/<string:sqlstate>/<int:times>")
    def flaky(sqlstate: str, times: int) -> Any:
        _effect()
        bp.tries += 1  # type: ignore[attr-defined]
        if bp.tries <= times:  # type: ignore[attr-defined]
            raise OperationalError("UPDATE", {}, FailureOfTheEngine(sqlstate))
        return f"try {bp.tries}"  # type: ignore[attr-defined]

    @bp.post("/computes")
    @computes_only
    def computes() -> Any:
        if request.form.get("writes"):
            _effect()
        return "computed"

    @bp.post("/harmless")
    @needs_no_key
    def harmless() -> Any:
        return "done"

    @bp.post("/prepared")
    @prepares(lambda: (session.info.get("writes", False), request.form["text"].upper()))
    def prepared() -> Any:
        return f"{g.prepared[0]} {session.info['writes']} {g.prepared[1]}"

    @bp.get("/<id:number>")
    def show(number: int) -> Any:
        return f"number {number}"

    return bp


def effects_inside() -> int:
    """As ``effects``, within the present transaction."""
    return session.scalar(sa.select(sa.func.count()).where(TimelineNote.subject_kind == "effect")) or 0


@pytest.fixture(scope="session")
def houses() -> dict[str, tuple[Flask, Blueprint]]:
    """Programs that stand already, by the address of their database: to build one takes longer than most tests."""
    return {}


@pytest.fixture
def house(app: Flask, monkeypatch: pytest.MonkeyPatch, houses: dict[str, tuple[Flask, Blueprint]]) -> Iterator[Flask]:
    """A second program over the test's database, with the probe's pages open to all; keys are wanted."""
    names = ("add", "raises", "write_core", "write_orm", "afterwards_on_get", "slow", "sleepy", "flaky", "computes")
    names += ("harmless", "prepared", "show")
    monkeypatch.setattr(roof, "PUBLIC", roof.PUBLIC | {f"probe.{name}" for name in names})
    url = db.engine.url.render_as_string(hide_password=False)
    if url not in houses:
        bp = make_probe()
        monkeypatch.setattr(roof, "BLUEPRINTS", (*roof.BLUEPRINTS, bp))
        config = CONFIG | {"KEYS_OPTIONAL": False, "PROPAGATE_EXCEPTIONS": False, "WRITE_LIMIT_SECONDS": 0.5}
        folder = app.config["DATA_FOLDER"]
        houses[url] = roof.create_app(**config, DATA_FOLDER=folder, SQLALCHEMY_DATABASE_URI=url), bp
    program, bp = houses[url]
    program.config["DATA_FOLDER"] = app.config["DATA_FOLDER"]
    bp.tries = 0  # type: ignore[attr-defined]
    yield program
    with program.app_context():
        session.remove()
        db.engine.dispose()


@pytest.fixture
def send(house: Flask) -> Callable[..., Any]:
    """``send("add", key="…", **form)`` posts to a probe, each time as a new browser."""

    def post(path: str, key: str | None = "key-of-a-form", **form: Any) -> Any:
        data = form if key is None else form | {"form_key": key}
        return house.test_client().post(f"/probe/{path}", data=data)

    return post


@pytest.fixture
def get(house: Flask) -> Callable[..., Any]:
    """``get("write-core")``."""
    client: FlaskClient = house.test_client()
    return lambda path: client.get(f"/probe/{path}")
