"""Two people changed one thing: each field with both values, for the technician to choose."""

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from fsm.core.errors import ConflictError


@dataclass(frozen=True, slots=True)
class Difference:
    """One field: what the technician wrote, what stands there now. As JSON values; ``label`` is what people read."""

    field: str
    label: str
    mine: Any
    theirs: Any


class DifferentError(ConflictError):
    """Somebody changed it meanwhile; nothing was done."""

    def __init__(self, differences: list[Difference]) -> None:
        super().__init__(_("The office has changed this meanwhile. Choose what counts."))
        self.differences = differences


def compare(
    before: dict[str, Any] | None, mine: dict[str, Any], theirs: dict[str, Any], labels: dict[str, str]
) -> None:
    """DifferentError where what stands there is neither what was seen before nor what is wanted."""
    if before is None:
        return
    found = [
        Difference(name, labels[name], mine[name], theirs[name])
        for name in labels
        if name in before and theirs[name] not in (before[name], mine[name])
    ]
    if found:
        raise DifferentError(found)
