"""A request sent twice does its work once."""

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from fsm.core import idempotency
from fsm.core.audit import now
from fsm.core.db import session, writing
from tests.core.conftest import effects

pytestmark = pytest.mark.database
Send = Callable[..., Any]


def keys() -> int:
    found = session.scalar(sa.select(sa.func.count()).select_from(idempotency.IdempotencyKey)) or 0
    session.rollback()
    return found


def test_the_same_again_gets_the_same_answer(send: Send) -> None:
    first, again = send("add", note="x"), send("add", note="x")
    assert (first.text, again.text) == ("effect 1", "effect 1")
    assert again.content_type == first.content_type
    assert (first.headers.get("Idempotency-Replayed"), again.headers["Idempotency-Replayed"]) == (None, "true")
    assert effects() == 1


def test_a_redirect_leads_there_again(send: Send) -> None:
    first, again = send("add", status=303), send("add", status=303)
    assert (first.status_code, again.status_code) == (303, 303)
    assert first.headers["Location"] == again.headers["Location"] == "/probe/there"
    assert effects() == 1


def test_another_key_is_another_request(send: Send) -> None:
    assert send("add", key="key-number-1").text == "effect 1"
    assert send("add", key="key-number-2").text == "effect 2"


def test_the_same_key_with_another_body_is_refused_with_the_way_to_the_first(send: Send) -> None:
    send("add", status=303, note="x")
    answer = send("add", status=303, note="changed after Back")
    assert answer.status_code == 422
    assert "This form has already been sent" in answer.text
    assert 'href="/probe/there"' in answer.text
    assert effects() == 1


def test_the_same_key_on_another_page_is_refused(send: Send) -> None:
    send("add")
    assert send("prepared", text="x").status_code == 422


def test_the_csrf_token_is_no_part_of_the_body(send: Send) -> None:
    send("add", csrf_token="one")
    assert send("add", csrf_token="another").headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("path", ["raise/422", "raise/409", "raise/bug", "add"])
def test_a_refused_request_keeps_no_key(path: str, send: Send) -> None:
    assert send(path, status=422).status_code >= 400
    assert keys() == 0
    assert send("add", note="corrected").text == "effect 1"


@pytest.mark.parametrize("key", [None, "", "short", "x" * 65, "schlüssel-mit-umlaut"])
def test_a_form_without_a_good_key_is_refused(key: str | None, send: Send) -> None:
    assert send("add", key=key).status_code == 400
    assert effects() == 0


def test_what_needs_no_key(send: Send) -> None:
    assert send("harmless", key=None).text == "done"
    assert keys() == 0


def test_the_key_may_come_as_a_header(house: Flask, send: Send) -> None:
    client = house.test_client()
    answers = [client.post("/probe/add", headers={"Idempotency-Key": "key-in-a-header"}) for _ in range(2)]
    assert [answer.text for answer in answers] == ["effect 1", "effect 1"]


def test_another_person_may_use_the_same_key(house: Flask, send: Send) -> None:
    send("add")
    other = house.test_client().post(
        "/probe/add", data={"form_key": "key-of-a-form"}, environ_base={"REMOTE_ADDR": "192.0.2.9"}
    )
    assert other.text == "effect 2"


def test_old_keys_go(send: Send) -> None:
    send("add", key="key-number-1")
    with writing():
        assert idempotency.forget_old(now() - dt.timedelta(days=1)) == 0
        assert idempotency.forget_old(now() + dt.timedelta(seconds=1)) == 1
    assert keys() == 0


@pytest.mark.concurrency
def test_sixteen_at_once_have_one_effect(send: Send) -> None:
    together = threading.Barrier(16)
    answers: list[Any] = []

    def post() -> None:
        together.wait()
        answers.append(send("add", note="x"))

    threads = [threading.Thread(target=post) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [(answer.status_code, answer.text) for answer in answers] == [(200, "effect 1")] * 16
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    assert effects() == 1
