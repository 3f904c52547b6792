"""One transaction per request: what commits, what rolls back, what is tried again."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from fsm.core.audit import note
from fsm.core.db import afterwards, session, writing
from fsm.core.transactions import refuse
from tests.core.conftest import effects

pytestmark = pytest.mark.database
Send = Callable[..., Any]


@pytest.mark.parametrize("status", [200, 201, 303])
def test_an_answer_below_400_commits(status: int, send: Send) -> None:
    assert send("add", status=status).status_code == status
    assert effects() == 1


@pytest.mark.parametrize("status", [400, 404, 409, 422, 500])
def test_an_answer_of_400_or_more_rolls_back(status: int, send: Send) -> None:
    assert send("add", status=status).status_code == status
    assert effects() == 0


@pytest.mark.parametrize(("kind", "status"), [("422", 422), ("409", 409), ("403", 403), ("404", 404), ("bug", 500)])
def test_what_raises_rolls_back_but_what_comes_afterwards_stays(kind: str, status: int, send: Send) -> None:
    answer = send(f"raise/{kind}")
    assert answer.status_code == status
    assert ("This is refused." in answer.text) is (kind != "bug")
    assert (effects(), effects("after")) == (0, 1)


def test_what_outlives_a_get(get: Callable[[str], Any]) -> None:
    assert get("afterwards").status_code == 200
    assert effects("after") == 1


@pytest.mark.parametrize("path", ["write-core", "write-orm"])
def test_get_never_writes(path: str, get: Callable[[str], Any]) -> None:
    assert get(path).status_code == 500
    assert effects() == 0


def test_what_only_computes_never_writes(send: Send) -> None:
    assert send("computes", key=None).text == "computed"
    assert send("computes", key=None, writes="1").status_code == 500
    assert effects() == 0


def test_a_write_that_computes_for_long_fails(send: Send) -> None:
    assert send("slow").status_code == 500
    assert effects() == 0


def test_a_write_that_waits_for_others_does_not(send: Send) -> None:
    """The limit is on CPU time: a loaded machine makes no test fail."""
    assert send("sleepy").status_code == 200
    assert effects() == 1


def test_what_is_slow_runs_before_the_write(send: Send) -> None:
    assert send("prepared", text="hash me").text == "False True HASH ME"


@pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
def test_a_deadlock_or_serialization_failure_is_tried_once_more(sqlstate: str, send: Send) -> None:
    assert send(f"flaky/{sqlstate}/1").text == "try 2"
    assert effects() == 1


@pytest.mark.parametrize(("sqlstate", "times"), [("40001", 2), ("57014", 1)])
def test_other_failures_and_second_ones_are_not(sqlstate: str, times: int, send: Send) -> None:
    assert send(f"flaky/{sqlstate}/{times}").status_code == 500
    assert effects() == 0


def test_writing_rolls_back_whatever_raises(database: Flask) -> None:
    with pytest.raises(KeyboardInterrupt), writing():  # noqa: PT012 - the change and what undoes it
        note([("effect", 1)], "Interrupted")
        raise KeyboardInterrupt
    assert effects() == 0
    assert session.info["writes"] is False


def test_afterwards_without_a_request_is_at_once(database: Flask) -> None:
    afterwards(lambda: note([("effect", 1)], "At once"))
    assert effects() == 1


def test_after_a_refusal_nothing_more_is_written(house: Flask) -> None:
    with house.test_request_context(), writing():
        note([("effect", 1)], "Before")
        refuse()
        with pytest.raises(RuntimeError, match="GET never writes"):
            note([("effect", 1)], "After")
    assert effects() == 0
