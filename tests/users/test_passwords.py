"""The rules for passwords, and that hashing never takes the machine."""

import threading
import time
from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask_babel import Babel

from fsm.core.errors import DomainError
from fsm.users import passwords


@pytest.fixture
def program() -> Iterator[Flask]:
    """No database: only configuration and language."""
    program = Flask("passwords")
    program.config["ARGON2_CHEAP"] = True
    Babel(program)
    with program.app_context():
        yield program


@pytest.mark.parametrize(
    "password",
    ["nine-9999", "x" * 201, "Ann@Demo.Example", "ann@demo.example", "PASSWORD123", "qwertyuiop", "ababababababab"],
)
def test_bad_password_is_refused_at_its_field(program: Flask, password: str) -> None:
    with pytest.raises(DomainError) as refusal:
        passwords.new_hash(password, "ann@demo.example")
    assert refusal.value.field == "password"


@pytest.mark.parametrize("password", ["ten-chars!", "y2" * 98 + "z-.!", "demo demo demo"])
def test_password_within_the_rules_is_hashed_and_verified(program: Flask, password: str) -> None:
    made = passwords.new_hash(password, "ann@demo.example")
    assert made.startswith("$argon2id$")
    assert password not in made
    assert passwords.verify(made, password)
    assert not passwords.verify(made, password + "x")


def test_accent_typed_as_two_characters_is_the_same_password(program: Flask) -> None:
    assert passwords.verify(passwords.new_hash("caf\u00e9 au lait"), "cafe\u0301 au lait")


def test_unknown_user_never_matches_not_even_the_dummy(program: Flask) -> None:
    assert not passwords.verify(None, "the password of nobody")


def test_what_is_no_hash_never_matches(program: Flask) -> None:
    assert not passwords.verify("", "correct horse battery")


def test_unknown_user_costs_one_verification_as_a_known_one_does(
    program: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = passwords.new_hash("correct horse battery")
    real, costs = PasswordHasher.verify, []

    def counting(self: PasswordHasher, password_hash: str, password: str) -> bool:
        costs.append(password_hash.rsplit("$", 2)[0])  # version and parameters
        return real(self, password_hash, password)

    monkeypatch.setattr(PasswordHasher, "verify", counting)
    passwords.verify(known, "wrong horse battery")
    passwords.verify(None, "wrong horse battery")
    assert len(costs) == 2
    assert costs[0] == costs[1]


def test_hash_of_other_parameters_is_renewed_once(program: Flask) -> None:
    old = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash("correct horse battery")
    assert passwords.verify(old, "correct horse battery")
    renewed = passwords.renewed_hash(old, "correct horse battery")
    assert renewed is not None
    assert passwords.verify(renewed, "correct horse battery")
    assert passwords.renewed_hash(renewed, "correct horse battery") is None


def test_at_most_two_are_hashed_at_once(program: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    running, most, lock = 0, 0, threading.Lock()

    def slow(self: PasswordHasher, password_hash: str, password: str) -> bool:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1
        return True

    monkeypatch.setattr(PasswordHasher, "verify", slow)

    def verify() -> None:
        with program.app_context():
            passwords.verify(None, "anything at all")

    threads = [threading.Thread(target=verify) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 2


def test_nobody_waits_for_ever(program: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "WAIT_SECONDS", 0.01)
    monkeypatch.setattr(passwords, "_places", threading.BoundedSemaphore(1))
    with passwords._place(), pytest.raises(passwords.BusyError) as refusal:
        passwords.verify(None, "anything at all")
    assert refusal.value.status == 503
