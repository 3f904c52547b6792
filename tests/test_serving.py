"""Several processes serve one database; PostgreSQL's two roles: one owns the tables, the other can only work on them."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask

from fsm import restoring, upgrading
from fsm.app import ROOT, create_app
from fsm.core.db import db, session, writing
from fsm.home import checks
from fsm.users.models import Role
from tests import postgres
from tests.backups.conftest import elsewhere
from tests.conftest import CONFIG
from tests.factories import PASSWORD, make_company
from tests.home.books import keep_books

__all__ = ["elsewhere"]
pytestmark = pytest.mark.database
OWNER, WORKS = "fsm_owner", "fsm_app"


@pytest.mark.concurrency
@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_gunicorn_with_two_processes(app: Flask, tmp_path: Path) -> None:
    session.remove()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
        "FSM_DATA": str(tmp_path),
        "PORT": str(port),
        "WEB_CONCURRENCY": "2",
    }
    process = subprocess.Popen(
        [Path(sys.executable).with_name("gunicorn")], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    )
    try:
        assert wait_for(f"http://127.0.0.1:{port}/healthz") == "ok\n"
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        assert len(children) == 2
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/login") as page:
            assert page.headers["Content-Security-Policy"]
    finally:
        process.send_signal(signal.SIGTERM)
        _out, errors = process.communicate(timeout=60)
    assert "Traceback" not in errors
    assert process.returncode == 0


def wait_for(url: str) -> str:
    limit = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(url) as answer:  # noqa: S310 - our own
                return str(answer.read().decode())
        except urllib.error.URLError:
            if time.monotonic() > limit:
                raise
            time.sleep(0.2)


def documented_sql() -> list[str]:
    """The statements of the page, so that what is tested is what people type."""
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    block = text.split("```sql\n")[1].split("```")[0]
    return [statement for statement in (part.strip() for part in block.split(";")) if statement]


@pytest.fixture
def two_roles(worker: str) -> Iterator[tuple[str, str]]:
    """Addresses of a new database set up as documented, for the owner and for the program."""
    server, name = postgres.start(), f"{worker}_roles"
    admin = sa.engine.make_url(server.create_database(name))
    plain = admin.set(drivername="postgresql").render_as_string(hide_password=False)
    suffix = f"_{worker}"
    with psycopg.connect(plain, autocommit=True) as connection:
        for statement in documented_sql():
            if not statement.startswith("CREATE DATABASE"):
                text = statement.replace(OWNER, OWNER + suffix).replace(WORKS, WORKS + suffix)
                connection.execute(text.replace("DATABASE fsm ", f'DATABASE "{admin.database}" ').encode())
        connection.execute(f'ALTER DATABASE "{admin.database}" OWNER TO {OWNER}{suffix}'.encode())
    owner, works = (
        admin.set(username=role + suffix, password="x").render_as_string(hide_password=False) for role in (OWNER, WORKS)
    )
    yield owner, works
    server.drop_database(name)
    with psycopg.connect(
        admin.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False), autocommit=True
    ) as connection:
        for role in (WORKS, OWNER):
            connection.execute(f"DROP ROLE {role}{suffix}".encode())


@pytest.mark.postgresql
def test_the_programs_role_owns_nothing(two_roles: tuple[str, str], tmp_path: Path) -> None:
    owner_url, app_url = two_roles
    owner = create_app(**CONFIG, DATA_FOLDER=tmp_path, SQLALCHEMY_DATABASE_URI=owner_url)
    app = create_app(**CONFIG | {"WRITE_LIMIT_SECONDS": None}, DATA_FOLDER=tmp_path, SQLALCHEMY_DATABASE_URI=app_url)
    with app.app_context(), pytest.raises(upgrading.UpgradeError, match="fsm migrate"):
        upgrading.bring_up_to_date(lambda _text: None)
    with owner.app_context():
        upgrading.bring_up_to_date(lambda _text: None)
        end()
    with app.app_context():
        with writing(bulk=True):
            make_company()
        keep_books()
        assert not upgrading.bring_up_to_date(lambda _text: None)
        assert checks.run() == []
        client = app.test_client()
        answer = client.post("/login", data={"email": f"{Role.OFFICE.value}@test.example", "password": PASSWORD})
        assert answer.status_code in {302, 303}
        backup = restoring.back_up("manual").path
        for statement in (
            "DROP TABLE journal_line",
            "TRUNCATE journal_line",
            "ALTER TABLE journal_entry DISABLE TRIGGER ALL",
            "DROP TRIGGER guard_journal_entry_row ON journal_entry",
            "DROP FUNCTION guard_refuse() CASCADE",
            "CREATE OR REPLACE FUNCTION guard_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
            "CREATE TABLE mine (id int)",
            "SET session_replication_role = replica",
        ):
            with (
                pytest.raises(sa.exc.ProgrammingError, match=r"must be owner|permission denied"),
                db.engine.begin() as one,
            ):
                one.exec_driver_sql(statement)
        with pytest.raises(restoring.BackupError, match="permission denied"):
            restoring.restore(backup, replace=True)
        end()
    with owner.app_context():
        restoring.restore(backup, replace=True)
        end()
    with app.app_context():  # what the owner restored, the program may use
        with writing():
            session.execute(sa.text("UPDATE company SET name = 'After'"))
        assert checks.run() == []
        end()


def end() -> None:
    session.remove()
    db.engine.dispose()
