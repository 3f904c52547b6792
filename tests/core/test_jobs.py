"""Jobs: done at least once, by one worker at a time, with back-off, and given up in the end."""

import contextlib
import datetime as dt
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from fsm import worker
from fsm.core import jobs
from fsm.core.audit import now
from fsm.core.db import session, writing
from fsm.core.jobs import LEASE, MAX_ATTEMPTS, Job, JobState, enqueue, run_one, waiting_count
from tests.core import endless_job
from tests.processes import Process

pytestmark = pytest.mark.database
PATIENCE_SECONDS = 60


def add(*payloads: dict[str, Any], kind: str = "work") -> None:
    with writing():
        enqueue(kind, list(payloads) or [{}])


def the_job() -> Job:
    session.rollback()
    job = session.scalars(sa.select(Job).execution_options(populate_existing=True)).one()
    session.expunge(job)
    return job


def make_due() -> None:
    """As if the time had passed that the job waits, or that its lease lasts."""
    with writing():
        session.execute(sa.update(Job).values(run_at=now() - dt.timedelta(seconds=1)))


def test_jobs_exist_if_and_only_if_their_transaction_commits(database: Flask) -> None:
    with contextlib.suppress(ZeroDivisionError), writing():
        enqueue("work", [{"at": 1}])
        session.flush()
        raise ZeroDivisionError
    assert waiting_count() == 0
    add({"at": 1}, {"at": 2})
    assert (waiting_count(), waiting_count("work"), waiting_count("other")) == (2, 2, 0)


def test_each_due_job_is_done_once_the_oldest_first(database: Flask) -> None:
    add({"at": 1})
    add({"at": 2}, {"at": 3})
    with writing():
        session.add(
            Job(kind="work", payload={"at": 4}, run_at=now() + dt.timedelta(hours=1), created_at=now(), attempts=0)
        )
    done: list[int] = []
    handlers = {"work": lambda payload: done.append(payload["at"])}
    while run_one(handlers):
        assert len(done) <= 3
    assert done == [1, 2, 3]
    assert waiting_count() == 1
    assert session.scalar(sa.select(sa.func.count()).where(Job.state == JobState.DONE, Job.done_at.is_not(None))) == 3


def test_a_failing_job_backs_off_twice_as_long_each_time_and_is_given_up(database: Flask) -> None:
    add()

    def fail(_payload: jobs.Payload) -> None:
        raise ValueError("no paper")

    for attempt in range(1, MAX_ATTEMPTS + 1):
        before = now()
        assert run_one({"work": fail})
        job = the_job()
        assert (job.attempts, job.error, job.done_at) == (attempt, "ValueError: no paper", None)
        if attempt < MAX_ATTEMPTS:
            assert job.state is JobState.WAITING
            assert dt.timedelta(0) <= job.run_at - before - dt.timedelta(seconds=2**attempt) < dt.timedelta(seconds=5)
            assert not run_one({"work": fail})
        make_due()
    assert the_job().state is JobState.FAILED
    assert not run_one({"work": fail})


def test_what_a_failing_job_wrote_is_undone(database: Flask) -> None:
    add()

    def write_and_fail(_payload: jobs.Payload) -> None:
        with writing():
            enqueue("other", [{}])
            raise OSError("disk full")

    assert run_one({"work": write_and_fail})
    assert waiting_count("other") == 0
    assert the_job().error == "OSError: disk full"


def test_a_kind_that_nobody_handles_is_a_failure_of_that_job_alone(database: Flask) -> None:
    add(kind="unheard-of")
    assert run_one({})
    job = the_job()
    assert (job.state, job.error) == (JobState.WAITING, "KeyError: 'unheard-of'")


def test_a_running_job_is_left_alone_until_its_lease_is_over(database: Flask) -> None:
    add()
    with writing():
        jobs._take()
    job = the_job()
    assert (job.state, job.attempts) == (JobState.RUNNING, 1)
    assert abs(job.run_at - now() - LEASE) < dt.timedelta(seconds=5)
    done: list[jobs.Payload] = []
    assert not run_one({"work": done.append})
    make_due()
    assert run_one({"work": done.append})
    assert (done, the_job().state, the_job().attempts) == ([{}], JobState.DONE, 2)


@pytest.mark.parametrize("fails", [False, True])
def test_a_late_finisher_is_fenced_off(database: Flask, *, fails: bool) -> None:
    add()

    def outlive_the_lease(_payload: jobs.Payload) -> None:
        make_due()
        with writing():
            assert jobs._take() is not None  # another worker has it now, and is still at it
        if fails:
            raise TimeoutError

    assert run_one({"work": outlive_the_lease})
    job = the_job()
    assert (job.state, job.attempts, job.error, job.done_at) == (JobState.RUNNING, 2, None, None)


@pytest.fixture
def elsewhere(app: Flask, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment in which another process finds this test's database."""
    uri = app.config["SQLALCHEMY_DATABASE_URI"]
    monkeypatch.setenv("DATABASE_URL", uri if isinstance(uri, str) else uri.render_as_string(hide_password=False))
    monkeypatch.setenv("FSM_DATA", str(app.config["DATA_FOLDER"]))
    monkeypatch.setenv("SECRET_KEY", "only for tests")
    return dict(os.environ)


@contextlib.contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


@pytest.mark.concurrency
@pytest.mark.usefixtures("elsewhere")
def test_a_job_whose_worker_was_killed_is_taken_again_after_its_lease(app: Flask) -> None:
    add({"at": 7})
    process = Process(endless_job.main)
    assert next(process.lines()) == "taken\n"
    process.kill()
    process.end()
    done: list[jobs.Payload] = []
    assert (the_job().state, the_job().attempts) == (JobState.RUNNING, 1)
    assert not run_one({"work": done.append})
    make_due()
    assert run_one({"work": done.append})
    assert (done, the_job().state, the_job().attempts) == ([{"at": 7}], JobState.DONE, 2)


def test_the_worker_does_what_waits_and_survives_what_fails(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    add({"at": 1}, {"at": 2}, {"at": 3})
    stop, seen = threading.Event(), []

    def work(payload: jobs.Payload) -> None:
        seen.append(payload["at"])
        if payload["at"] == 1:
            raise ValueError("no paper")
        if payload["at"] == 3:
            stop.set()

    monkeypatch.setitem(app.extensions, "job_handlers", {"work": work})
    worker.run(app, stop)
    session.rollback()
    assert seen == [1, 2, 3]
    assert session.scalar(sa.select(sa.func.count()).where(Job.state == JobState.DONE)) == 2


def test_the_worker_goes_on_when_the_database_was_away(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    stop, answers = threading.Event(), iter([ConnectionError("away"), True, False])

    def flaky(_handlers: object, _stop: threading.Event) -> bool:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        if not answer:
            stop.set()
        return answer

    monkeypatch.setattr(worker, "run_one", flaky)
    monkeypatch.setattr(worker, "TROUBLE_SECONDS", 0.01)
    worker.run(app, stop)
    assert next(answers, "all used") == "all used"


@pytest.mark.concurrency
@pytest.mark.parametrize("how", ["pipe closed", "SIGTERM"])
def test_the_worker_process_ends_with_its_parent_or_when_told(app: Flask, elsewhere: dict[str, str], how: str) -> None:
    del elsewhere
    add(kind="unheard-of")
    with ended(worker.start_child()) as child:
        waiting = threading.Event()
        for _ in range(PATIENCE_SECONDS * 10):
            if the_job().error:
                break
            waiting.wait(0.1)
        assert the_job().error == "KeyError: 'unheard-of'"
        assert child.poll() is None
        if how == "SIGTERM":
            child.send_signal(signal.SIGTERM)
        else:
            assert child.stdin is not None
            child.stdin.close()
        assert child.wait(PATIENCE_SECONDS) == 0


def test_a_long_job_renews_its_lease_and_tells_its_progress(database: Flask) -> None:
    add()

    def lots(_payload: jobs.Payload) -> None:
        for done in (1, 2):
            make_due()  # the lease is about to run out
            with writing():
                jobs.renew(dt.timedelta(minutes=5), done=done, total=2)
            job = the_job()
            assert abs(job.run_at - now() - dt.timedelta(minutes=5)) < dt.timedelta(seconds=5)
            assert (job.done_count, job.total_count) == (done, 2)

    assert run_one({"work": lots})
    assert the_job().state is JobState.DONE


def test_what_was_fenced_off_writes_nothing_more(database: Flask) -> None:
    add()

    def outlive_the_lease(_payload: jobs.Payload) -> None:
        make_due()
        with writing():
            assert jobs._take() is not None
        with writing():
            jobs.renew()
            enqueue("other", [{}])

    assert run_one({"work": outlive_the_lease})
    assert waiting_count("other") == 0
    assert (the_job().state, the_job().attempts, the_job().error) == (JobState.RUNNING, 2, None)


def test_a_worker_that_ends_gives_a_long_job_back(database: Flask) -> None:
    add()
    stop, lots = threading.Event(), []

    def work(_payload: jobs.Payload) -> None:
        for lot in range(3):
            with writing():
                jobs.renew()
                lots.append(lot)
            stop.set()

    assert run_one({"work": work}, stop)
    job = the_job()
    assert (lots, job.state, job.attempts, job.error) == ([0], JobState.WAITING, 0, None)
    stop.clear()
    assert run_one({"work": lambda _payload: None}, stop)
    assert the_job().state is JobState.DONE


def test_what_somebody_waits_for_goes_first(database: Flask) -> None:
    add({"at": 1}, {"at": 2})
    with writing():
        enqueue("work", [{"at": 3}], is_urgent=True)
    seen: list[int] = []
    while run_one({"work": lambda payload: seen.append(payload["at"])}):
        pass
    assert seen == [3, 1, 2]
