"""All that the database holds, to be compared with what it held before."""

from typing import Any

from fsm.core.db import session
from tests.scenarios.walk import contents


def everything(*but: str) -> dict[str, list[Any]]:
    """Every row of every table; when a session was last seen is no change."""
    found = contents()
    session.rollback()
    return {name: rows for name, rows in found.items() if name not in {"user_session", *but}}
