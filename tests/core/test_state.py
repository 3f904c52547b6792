"""Steps of a state machine, and stale versions."""

from enum import StrEnum

import pytest
from flask import Flask
from flask_babel import Babel

from fsm.core.errors import ConflictError, DomainError, ForbiddenError, NotFoundError
from fsm.core.state import advance, check_version
from fsm.invoices import models as invoices
from fsm.service_orders import models as service_orders


class Light(StrEnum):
    """Three states in a row."""

    RED = "red"
    RED_AND_AMBER = "red_and_amber"
    GREEN = "green"


TABLE = {
    Light.RED: frozenset({Light.RED_AND_AMBER}),
    Light.RED_AND_AMBER: frozenset({Light.GREEN}),
    Light.GREEN: frozenset[Light](),
}


@pytest.fixture
def context() -> Flask:
    """Sentences are translated, so they want an application."""
    app = Flask("test")
    Babel(app)
    return app


@pytest.mark.parametrize("current", list(Light))
@pytest.mark.parametrize("target", list(Light))
def test_only_steps_of_the_table(current: Light, target: Light, context: Flask) -> None:
    with context.test_request_context():
        if target in TABLE[current]:
            assert advance(TABLE, current, target) is target
        else:
            with pytest.raises(ConflictError, match=target.value.replace("_", " ")):
                advance(TABLE, current, target)


@pytest.mark.parametrize(("stored", "sent", "stale"), [(3, 3, False), (3, 2, True), (3, 4, True), (3, None, False)])
def test_versions(stored: int, sent: int | None, stale: bool, context: Flask) -> None:  # noqa: FBT001 - a table's column
    with context.test_request_context():
        if stale:
            with pytest.raises(ConflictError, match="Somebody else has changed this meanwhile"):
                check_version(stored, sent)
        else:
            check_version(stored, sent)


@pytest.mark.parametrize(
    ("enum", "table"),
    [
        (invoices.InvoiceState, invoices.TRANSITIONS),
        (service_orders.OrderState, service_orders.TRANSITIONS),
    ],
)
def test_each_state_has_a_row_and_can_be_reached(enum: type[StrEnum], table: dict[StrEnum, frozenset[StrEnum]]) -> None:
    assert set(table) == set(enum)
    first = next(iter(enum))
    reached, waiting = {first}, [first]
    while waiting:
        for state in table[waiting.pop()] - reached:
            reached.add(state)
            waiting.append(state)
    assert reached == set(enum)


def test_each_kind_of_refusal_has_its_status() -> None:
    kinds = {DomainError: 422, ConflictError: 409, ForbiddenError: 403, NotFoundError: 404}
    assert {kind: kind("No.").status for kind in kinds} == kinds
    error = DomainError("At most 3.", "quantity")
    assert (str(error), error.sentence, error.field) == ("At most 3.", "At most 3.", "quantity")
