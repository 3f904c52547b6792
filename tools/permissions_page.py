"""Writes docs/permissions.md from the table in fsm/users/permissions.py; a test compares the two."""

from collections import defaultdict
from pathlib import Path

from fsm.users.models import Role
from fsm.users.permissions import PERMISSIONS, PUBLIC

PAGE = Path(__file__).resolve().parent.parent / "docs" / "permissions.md"
HEAD = """\
# Permissions

Made by `python tools/permissions_page.py` from `fsm/users/permissions.py`; change the table there, then run it again.

Each page and each button has a name, `slice.action`. A user may do what one of the user's roles has a mark for;
what is not in this table nobody may do. Some rows are no page but a finer right within pages, such as
`users.see_hourly_cost`. Which records somebody sees (a technician: the orders planned for them) is decided by the
slice, not here.
"""
PUBLIC_HEAD = """\
## Without logging in

"""


def page() -> str:
    """The whole page."""
    slices: dict[str, list[str]] = defaultdict(list)
    for action in PERMISSIONS:
        slices[action.partition(".")[0]].append(action)
    parts = [HEAD]
    for name, actions in slices.items():
        heads = " | ".join(role.value.capitalize() for role in Role)
        lines = [
            f"## {name.replace('_', ' ').capitalize()}",
            "",
            f"| Action | {heads} |",
            "|---" + "|:---:" * len(Role) + "|",
            *(f"| `{action}` | {' | '.join(_mark(action, role) for role in Role)} |" for action in actions),
        ]
        parts.append("\n".join(lines) + "\n")
    parts.append(PUBLIC_HEAD + "".join(f"- `{action}`\n" for action in sorted(PUBLIC)))
    return "\n".join(parts)


def _mark(action: str, role: Role) -> str:
    return "●" if role in PERMISSIONS[action] else "-"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
