"""State machines are data: a dict from state to the states that may follow, and this one step."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from flask_babel import gettext as _

from fsm.core.errors import ConflictError

S = TypeVar("S", bound=StrEnum)


def advance(transitions: Mapping[S, frozenset[S]], current: S, target: S) -> S:
    """The target if the table allows it from here, else ConflictError naming both."""
    if target not in transitions[current]:
        raise ConflictError(
            _(
                "This step is not possible: it is %(current)s, and cannot become %(target)s.",
                current=current.value.replace("_", " "),
                target=target.value.replace("_", " "),
            )
        )
    return target


def check_version(stored: int, sent: int | None) -> None:
    """Refuse a save made on an older version of the row (two people editing one thing)."""
    if sent is not None and sent != stored:
        raise ConflictError(_("Somebody else has changed this meanwhile. Look at the newer version and save again."))
