"""What people can set, run or be allowed is written down: README.md and docs/ name it."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from fsm.app import ROOT
from fsm.users.permissions import PERMISSIONS, PUBLIC
from tools import permissions_page

PAGES = [path for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))) if path.exists()]
TEXT = "\n".join(path.read_text("utf-8") for path in PAGES)
# Set by Flask and its companions from the program's own start; nobody sets them.
INTERNAL = frozenset({"SQLALCHEMY_DATABASE_URI"})


def named(word: str) -> bool:
    """Whether a page names it as code."""
    return re.search(rf"`[^`\n]*(?<![\w.]){re.escape(word)}(?![\w])[^`\n]*`", TEXT) is not None


def environment_in(tree: ast.AST) -> Iterator[str]:
    """Variables read by ``os.environ``, ``os.getenv`` or click's ``envvar``."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Attribute(attr="environ")), args=[ast.Constant(value=str(name)), *_]
            ):
                yield name
            case ast.Call(func=ast.Attribute(attr="getenv"), args=[ast.Constant(value=str(name)), *_]):
                yield name
            case ast.Subscript(value=ast.Attribute(attr="environ"), slice=ast.Constant(value=str(name))):
                yield name
            case ast.keyword(arg="envvar", value=ast.Constant(value=str(name))):
                yield name
            case _:
                pass


def configuration_in(tree: ast.AST) -> Iterator[str]:
    """Settings read by ``app.config[...]`` or ``app.config.get(...)``."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Attribute(attr="config"), attr="get" | "setdefault"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield name
            case ast.Subscript(value=ast.Attribute(attr="config"), slice=ast.Constant(value=str(name))):
                yield name
            case _:
                pass


def trees(*folders: str) -> Iterator[ast.AST]:
    """The Python files of these folders."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield ast.parse(path.read_text("utf-8"))


def test_every_environment_variable() -> None:
    found = {name for tree in trees("fsm", "tools") for name in environment_in(tree)} - {"PATH"}
    assert {"DATABASE_URL", "FSM_DATA", "SECRET_KEY", "PORT", "HOST"} <= found
    found |= {name for tree in trees("tests") for name in environment_in(tree) if name.startswith("FSM_")}
    assert {"FSM_SOAK", "FSM_FUZZ_SEED"} <= found
    assert sorted(name for name in found if not named(name)) == []


def test_every_setting_that_is_read() -> None:
    found = {name for tree in trees("fsm") for name in configuration_in(tree)} - INTERNAL
    assert {"DATA_FOLDER", "WRITE_LIMIT_SECONDS"} <= found
    assert sorted(name for name in found if not named(name)) == []


def test_no_variable_is_described_that_nobody_reads() -> None:
    """An old one on the page of settings would be tried, and do nothing."""
    page = (ROOT / "docs" / "settings.md").read_text("utf-8")
    described = set(re.findall(r"^\| `([A-Z][A-Z0-9_]+)` \|", page, re.MULTILINE))
    sources = "\n".join(
        path.read_text("utf-8") for folder in ("fsm", "tools", "tests") for path in (ROOT / folder).rglob("*.py")
    )
    assert described
    assert sorted(name for name in described if f'"{name}"' not in sources) == []


def test_every_command() -> None:
    commands = importlib.import_module("fsm.cli").main.commands
    assert {"up", "check", "migrate"} <= commands.keys()
    assert sorted(name for name in commands if not named(f"fsm {name}")) == []


def test_every_permission() -> None:
    assert sorted(action for action in (*PERMISSIONS, *PUBLIC) if not named(action)) == []


def test_the_page_of_permissions_is_the_table() -> None:
    """Where this fails, run ``python tools/permissions_page.py``."""
    assert permissions_page.PAGE.read_text("utf-8") == permissions_page.page()


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []
