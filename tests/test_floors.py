"""Slices stand on floors and imports only go down (docs/architecture.md, the first law). The order stands here, once."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import fsm

ROOT = Path(fsm.__file__).resolve().parent

# Bottom to top, no peers.
SLICES = (
    "core",
    "files",
    "users",
    "company",
    "mail",
    "customers",
    "ledger",
    "catalog",
    "stock",
    "service_orders",
    "tablet",
    "contracts",
    "schedule",
    "documents",
    "sales_orders",
    "quotes",
    "einvoices",
    "invoices",
    "payments",
    "recurring",
    "reminders",
    "banking",
    "imports",
    "portal",
    "reports",
    "api",
    "webhooks",
    "backups",
    "home",
)
# Single files under which everything stands; they may use whatever is below them, views and jobs too.
ROOF = ("demo", "logs", "upgrading", "app", "restoring", "nightly", "worker", "server", "cli")
# Inside a slice each imports only those before it; a file with a name of its own stands anywhere but below its users.
LAYERS = ("models", "posting", "services", "queries", "forms", "views", "jobs")
NO_NAMES = frozenset({"utils", "util", "helpers", "helper", "common", "base", "mixins", "mixin", "misc"})


@dataclass(frozen=True)
class Import:
    """`source` is the module that imports, `target` a module or a name in one; both without ``fsm.``."""

    source: str
    target: str
    line: int

    def __str__(self) -> str:
        return f"fsm.{self.source}:{self.line} imports fsm.{self.target}"


def modules() -> dict[str, Path]:
    """Every module of the program by its dotted name without ``fsm.``; a package by its own."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imports_in(name: str, text: str) -> Iterator[Import]:
    """Imports of the program's own modules; ``from fsm.core import db`` counts as ``core.db``."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"fsm.{name}:{node.lineno} imports by dots, not by name"
            targets = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for target in targets:
            if target == "fsm" or target.startswith("fsm."):
                yield Import(name, target.removeprefix("fsm").removeprefix("."), node.lineno)


def floor(module: str) -> int:
    """How high a module stands; AssertionError for one that has no place."""
    head = module.partition(".")[0]
    order = (*SLICES, *ROOF)
    assert head in order, f"fsm.{head} has no floor: give it a place in this test and in docs/architecture.md"
    return order.index(head)


def goes_down(found: Import) -> bool:
    """Whether the import stays in its slice or goes down, and not into a lower slice's views or jobs."""
    source, target = found.source.split("."), found.target.split(".")
    if not target[0] or source[0] == target[0]:
        return True
    if floor(found.target) >= floor(found.source):
        return False
    return source[0] in ROOF or len(target) < 2 or not is_page_or_job(target)


def is_page_or_job(target: list[str]) -> bool:
    """Files of views may be cut by what they show: ``views``, ``site_views``."""
    return target[0] != "core" and f"{target[0]}.{target[1]}" in MODULES and target[1].endswith(("views", "jobs"))


def goes_down_inside(found: Import) -> bool:
    """Whether an import inside a slice respects the order of its files."""
    source, target = found.source.split("."), found.target.split(".")
    if len(source) < 2 or len(target) < 2 or source[0] != target[0] or source[0] == "core":
        return True
    if source[1] not in LAYERS or target[1] not in LAYERS:
        # A file with a name of its own stands between models and views; tables cut off into ``*_models`` beside models.
        if source[1] == "models" or source[1].endswith("_models"):
            return target[1].endswith("models")
        return source[1].endswith(("views", "jobs")) or not is_page_or_job(target)
    return LAYERS.index(target[1]) <= LAYERS.index(source[1])


ALL = [found for name, path in MODULES.items() for found in imports_in(name, path.read_text("utf-8"))]


def test_there_is_something_to_test() -> None:
    assert {"core.db", "ledger.services", "app"} <= MODULES.keys()
    assert len(ALL) > 100


def test_every_module_has_a_floor() -> None:
    for name in MODULES:
        if name:
            assert floor(name) >= 0


def test_imports_only_go_down() -> None:
    assert [str(found) for found in ALL if not goes_down(found)] == []


def test_inside_a_slice_imports_follow_the_order_of_the_files() -> None:
    assert [str(found) for found in ALL if not goes_down_inside(found)] == []


def test_no_circle_of_modules() -> None:
    """Also among files with names of their own, where the order of layers says nothing."""
    edges: dict[str, set[str]] = {name: set() for name in MODULES}
    for found in ALL:
        target = found.target
        while target and target not in MODULES:
            target = target.rpartition(".")[0]
        if target and target != found.source:
            edges[found.source].add(target)
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, f"a circle: {' -> '.join((*way[way.index(name) :], name))}"
        if name not in done:
            for target in sorted(edges[name]):
                visit(target, (*way, name))
            done.add(name)

    for name in edges:
        visit(name, ())


def test_core_knows_no_slice() -> None:
    assert [
        str(found) for found in ALL if found.source.startswith("core.") and not found.target.startswith("core")
    ] == []


def test_no_import_inside_a_function() -> None:
    hidden = [
        f"fsm.{name}:{inner.lineno}"
        for name, path in MODULES.items()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert hidden == []


def test_no_import_by_a_string() -> None:
    """``importlib.import_module`` would walk past the floors; only the migrations look for models that way."""
    assert [name for name, path in MODULES.items() if "import_module(" in path.read_text("utf-8")] == []


def test_files_are_named_by_what_they_hold() -> None:
    assert [name for name in MODULES if name.rpartition(".")[2] in NO_NAMES] == []


def test_only_the_ledger_writes_the_books() -> None:
    """Law 2, for the tables where it matters most: nobody else makes or changes their rows."""
    books = {"JournalEntry", "JournalLine", "ItemMovement", "AccountMonth", "JournalHead", "OpenItem"}
    writers = []
    for name, path in MODULES.items():
        if name.startswith("ledger."):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            first = node.args[0] if node.args else None
            makes = called in books
            changes = called in {"insert", "update", "delete"} and isinstance(first, ast.Name) and first.id in books
            if makes or changes:
                writers.append(f"fsm.{name}:{node.lineno}")
    assert writers == []


@pytest.mark.parametrize(
    ("source", "text", "lawful"),
    [
        ("ledger.services", "from fsm.core.db import session", True),
        ("core.db", "from fsm.ledger import services", False),
        ("core.db", "import fsm.users.models", False),
        ("customers.services", "from fsm.ledger.models import Account", False),
        ("payments.services", "from fsm.ledger import services", True),
        ("payments.services", "from fsm.ledger import views", False),
        ("payments.services", "from fsm.ledger.views import bp", False),
        ("payments.views", "from fsm.customers import site_views", False),
        ("app", "from fsm.ledger import views", True),
        ("payments.views", "from fsm.app import create_app", False),
    ],
)
def test_the_test_of_floors_bites(source: str, text: str, lawful: bool) -> None:  # noqa: FBT001 - a table's column
    (found,) = imports_in(source, text)
    assert goes_down(found) is lawful


@pytest.mark.parametrize(
    ("source", "text", "lawful"),
    [
        ("ledger.models", "from fsm.ledger.services import post", False),
        ("ledger.posting", "from fsm.ledger.models import Account", True),
        ("ledger.services", "from fsm.ledger.queries import entry", False),
        ("ledger.forms", "from fsm.ledger import views", False),
        ("ledger.views", "from fsm.ledger import queries", True),
        ("ledger.models", "from fsm.ledger.periods import load_chart", False),
        ("ledger.periods", "from fsm.ledger import views", False),
    ],
)
def test_the_test_of_layers_bites(source: str, text: str, lawful: bool) -> None:  # noqa: FBT001 - a table's column
    (found,) = imports_in(source, text)
    assert goes_down_inside(found) is lawful
