"""Bytes are stored once, whole, and served so that nothing in them runs."""

import hashlib
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from fsm.core.db import session, writing
from fsm.core.errors import DomainError, NotFoundError
from fsm.files import queries, services
from fsm.files.models import StoredFile

pytestmark = pytest.mark.database
DATA = b"%PDF-1.7 a report"


def stored(database: Flask) -> list[Path]:
    return [path for path in (Path(database.config["DATA_FOLDER"]) / "files").rglob("*") if path.is_file()]


def put(data: bytes = DATA, media_type: str = "application/pdf") -> StoredFile:
    with writing():
        return services.put(data, media_type)


@pytest.fixture(autouse=True)
def empty_folder(database: Flask) -> None:
    """PostgreSQL's program keeps its folder from test to test."""
    for path in stored(database):
        path.unlink()


def test_bytes_lie_under_their_hash_and_come_back(database: Flask) -> None:
    file = put()
    sha256 = hashlib.sha256(DATA).hexdigest()
    assert (file.sha256, file.size, file.media_type) == (sha256, len(DATA), "application/pdf")
    assert [path.parent.name + path.name for path in stored(database)] == [sha256]
    assert services.open_bytes(file.id) == DATA


def test_same_bytes_are_one_file_and_one_row(database: Flask) -> None:
    assert put().id == put(media_type="text/plain").id
    assert len(stored(database)) == 1
    assert session.scalar(sa.select(sa.func.count()).select_from(StoredFile)) == 1


def test_row_goes_with_the_rollback_and_the_bytes_are_found_by_the_next_try(database: Flask) -> None:
    def put_and_fail() -> None:
        with writing():
            services.put(DATA, "application/pdf")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        put_and_fail()
    assert session.scalar(sa.select(sa.func.count()).select_from(StoredFile)) == 0
    assert services.open_bytes(put().id) == DATA


def test_half_written_file_never_gets_the_name(database: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(services.os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space"):
        services.write_bytes(DATA)
    assert stored(database) == []


@pytest.mark.concurrency
def test_same_bytes_at_once_are_one_row(database: Flask) -> None:
    start, ids = threading.Barrier(4), []

    def work() -> None:
        with database.app_context():
            start.wait()
            ids.append(put().id)

    threads = [threading.Thread(target=work) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 4
    assert len(set(ids)) == 1


def test_too_large_a_file_is_refused(database: Flask) -> None:
    with pytest.raises(DomainError, match="at most 15 MB"):
        services.write_bytes(bytes(15 * 1024 * 1024 + 1))


def test_missing_row_and_missing_bytes_are_not_found(database: Flask) -> None:
    file = put()
    with pytest.raises(NotFoundError):
        services.open_bytes(file.id + 1)
    stored(database)[0].unlink()
    with pytest.raises(NotFoundError, match="backup"):
        services.open_bytes(file.id)


def test_damage_is_found(database: Flask) -> None:
    good, changed, gone = put(b"good"), put(b"changed"), put(b"gone")
    for path in stored(database):
        name = path.parent.name + path.name
        if name == changed.sha256:
            path.write_bytes(b"Changed")
        if name == gone.sha256:
            path.unlink()
    assert [file.id for file in queries.damaged()] == [changed.id, gone.id]
    assert services.is_intact(good)


@pytest.mark.parametrize(
    ("media_type", "disposition", "is_sandboxed"),
    [
        ("image/jpeg", "inline", True),
        ("application/pdf", "inline", False),
        ("text/html", "attachment", True),
        ("image/svg+xml", "attachment", True),
    ],
)
def test_answer_runs_nothing(database: Flask, media_type: str, disposition: str, *, is_sandboxed: bool) -> None:
    file = put(media_type.encode(), media_type)
    with database.test_request_context():
        answer = services.response(file)
        answer.direct_passthrough = False
        assert answer.get_data() == media_type.encode()
        answer.close()
    assert answer.mimetype == media_type
    assert answer.headers["Content-Disposition"].startswith(disposition)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "script-src" not in policy
    assert ("sandbox" in policy) is is_sandboxed
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_named_file_is_downloaded_under_its_name(database: Flask) -> None:
    file = put()
    with database.test_request_context():
        answer = services.response(file, "Rapport été.pdf")
        answer.close()
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "Rapport%20%C3%A9t%C3%A9.pdf" in answer.headers["Content-Disposition"]


def test_browser_that_has_the_file_gets_no_bytes_again(database: Flask) -> None:
    file = put()
    with database.test_request_context(headers={"If-None-Match": f'"{file.sha256}"'}):
        answer = services.response(file)
        answer.close()
    assert answer.status_code == 304
