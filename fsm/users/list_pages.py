"""A declared list as a page, a file and a selection to act upon, the way this user wants it.

``docs/lists.md`` says what stands in the address of a list.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from fsm.core.errors import ConflictError, DomainError, NotFoundError
from fsm.core.lists import MOST_CHOSEN, Action, Asked, Column, ListSpec, Outcome
from fsm.core.paging import COUNT_LIMIT, PAGE_SIZE
from fsm.core.spreadsheets import FileColumn, file_columns, write_csv, write_xlsx
from fsm.core.web import ids_of
from fsm.users import saved_lists
from fsm.users.models import SavedFilter

MOST_EXPORTED = 100_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DECIMAL_COMMA = frozenset({"fr", "nl", "de"})


@dataclass(frozen=True, slots=True)
class ListPage:
    """All that ``list_page.html`` shows. ``query`` is the address of this view without page and panel."""

    spec: ListSpec
    asked: Asked
    rows: Sequence[Any]
    columns: Sequence[Column]
    chooser: Sequence[tuple[Column, bool]]
    tabs: Sequence[dict[str, Any]]
    saved: Sequence[SavedFilter]
    actions: Sequence[Action]
    count: int
    query: str
    kept: dict[str, str]
    previous_url: str | None
    next_url: str | None

    @property
    def total(self) -> str:
        """How many rows this view has, as it is printed."""
        return capped(self.count)

    @property
    def is_filtered(self) -> bool:
        """Whether something narrows the tab."""
        return any(name in self.kept for name in self.spec.parameters)

    @property
    def may_export(self) -> bool:
        """Whether this user may take the list along."""
        return bool(g.actor.can(f"{self.spec.name}.export"))

    def address(self, **changes: object) -> str:
        """This view with some of its address changed; None takes a part away."""
        return _address(self.spec, {**self.kept, **changes})

    def export_url(self, kind: str) -> str:
        """This view as a file."""
        return url_for(f"{self.spec.name}.export", **self._known(), format=kind)

    def _known(self) -> dict[str, Any]:
        return dict(self.kept)

    def record_url(self, row: Any) -> str | None:  # noqa: ANN401 - a row of any list
        """The page of a row's record, where this user may open it."""
        endpoint, name = self.spec.record
        if not g.actor.can(endpoint):
            return None
        values: dict[str, Any] = {name: self.spec.id_of(row)}
        return url_for(endpoint, **values)

    def panel_url(self, row: Any) -> str | None:  # noqa: ANN401 - a row of any list
        """The summary of a row's record, where its slice has one that this user may see."""
        endpoint, (_page, name) = f"{self.spec.name}.panel", self.spec.record
        if endpoint not in current_app.view_functions or not g.actor.can(endpoint):
            return None
        values: dict[str, Any] = {name: self.spec.id_of(row)}
        return url_for(endpoint, **values)


def capped(number: int) -> str:
    """A count as a tab shows it."""
    return f"{COUNT_LIMIT}+" if number > COUNT_LIMIT else str(number)


def declare(bp: Blueprint, spec: ListSpec, path: str = "") -> None:
    """Make a list known and give it its export, ``<path>/export``."""

    def remember(state: BlueprintSetupState) -> None:
        state.app.extensions.setdefault("lists", {})[spec.name] = spec

    bp.record(remember)
    bp.add_url_rule(f"{path}/export", "export", lambda: export(spec))


def known(list_name: str) -> ListSpec:
    """NotFoundError for a list that does not exist, or not for this user."""
    spec: ListSpec | None = current_app.extensions["lists"].get(list_name)
    if spec is None or not g.actor.can(spec.endpoint):
        raise NotFoundError(_("There is no such list."))
    return spec


def show(spec: ListSpec, template: str, **more: Any) -> ResponseReturnValue:  # noqa: ANN401 - what the template wants
    """The page. Opened without a word in its address it is the user's default view."""
    saved = saved_lists.saved(g.actor_id, spec.name)
    default = next((row for row in saved if row.is_default), None)
    if not request.args and default is not None and default.query:
        return redirect(f"{url_for(spec.endpoint)}?{default.query}")
    asked = spec.ask(request.args, g.actor, g.today)
    return render_template(template, list=_page(spec, asked, saved), **more)


def _page(spec: ListSpec, asked: Asked, saved: Sequence[SavedFilter]) -> ListPage:
    found = spec.page(asked, request.args.get("after"), PAGE_SIZE)
    kept = _kept(spec, request.args, asked)
    counts = {name: spec.count(_in_tab(spec, asked, name)) for name in spec.tabs}
    if asked.tab not in counts:
        counts[asked.tab] = spec.count(asked)
    wanted = saved_lists.columns(g.actor_id, spec.name)
    columns = spec.chosen(asked.tab, g.actor, wanted)
    rest = [column for column in spec.allowed(asked.tab, g.actor) if column not in columns]
    labels = {**spec.tabs, **spec.more_tabs}
    return ListPage(
        spec=spec,
        asked=asked,
        rows=found.rows,
        columns=columns,
        chooser=[*((column, True) for column in columns), *((column, False) for column in rest)],
        tabs=[
            {
                "label": labels[name],
                "url": _address(spec, {**kept, spec.tab_name: name, "sort": None}),
                "is_current": name == asked.tab,
                "count": capped(number),
            }
            for name, number in counts.items()
            if name in labels
        ],
        saved=saved,
        actions=spec.offered(asked.tab, g.actor),
        count=counts[asked.tab],
        query=urlencode(kept),
        kept=kept,
        previous_url=_address(spec, {**kept, "after": found.previous}) if found.previous else None,
        next_url=_address(spec, {**kept, "after": found.next}) if found.next else None,
    )


def _in_tab(spec: ListSpec, asked: Asked, tab: str) -> Asked:
    return asked if tab == asked.tab else Asked(tab, spec.sort_of(tab, ""), asked.filters, asked.actor, asked.today)


def _kept(spec: ListSpec, arguments: Mapping[str, str], asked: Asked) -> dict[str, str]:
    """The parts of an address that make a view; nothing else that stands there is carried along."""
    kept = {spec.tab_name: asked.tab} if asked.tab else {}
    if arguments.get("sort"):
        kept["sort"] = asked.sort
    return kept | {name: value for name in spec.parameters if (value := arguments.get(name, "").strip())}


def _address(spec: ListSpec, parts: Mapping[str, object]) -> str:
    values: dict[str, Any] = {name: value for name, value in parts.items() if value}
    return url_for(spec.endpoint, **values)


def list_url(spec: ListSpec) -> str:
    """The list as the form (``list``) left it."""
    return f"{url_for(spec.endpoint)}?{view_of(spec, request.form.get('list', ''))[1]}"


def view_of(spec: ListSpec, query: str) -> tuple[Asked, str]:
    """A view that came as text (of a form): read like an address, and written anew."""
    arguments = MultiDict(parse_qsl(query[:4000], max_num_fields=50))
    asked = spec.ask(arguments, g.actor, g.today)
    return asked, urlencode(_kept(spec, arguments, asked))


# --- files
def export(spec: ListSpec) -> Response:
    """The view as CSV or XLSX (``format``): same tab, filters, sort and columns; all its pages, whole or not at all."""
    asked = spec.ask(request.args, g.actor, g.today)
    wanted = saved_lists.columns(g.actor_id, spec.name)
    columns = file_columns(spec.chosen(asked.tab, g.actor, wanted), _("Currency"))
    name = f"{spec.name.replace('_', '-')}-{asked.tab.replace('_', '-') or 'all'}-{g.today}"
    return file_of(name, str(spec.title), columns, spec.rows(asked))


def file_of(name: str, title: str, columns: Sequence[FileColumn], rows: Iterable[Any]) -> Response:
    """Rows as the file that the address asks for (``format``), CSV as this user's spreadsheet expects it."""
    rows = _bounded(rows)
    if request.args.get("format") == "xlsx":
        return send_file(write_xlsx(title, columns, rows), XLSX, as_attachment=True, download_name=f"{name}.xlsx")
    file = write_csv(columns, rows, decimal_comma=str(get_locale())[:2] in DECIMAL_COMMA)
    return send_file(file, "text/csv", as_attachment=True, download_name=f"{name}.csv")


def _bounded(rows: Iterable[Any]) -> Iterator[Any]:
    for number, row in enumerate(rows):
        if number == MOST_EXPORTED:
            raise DomainError(
                _("This view has more than 100,000 rows. Narrow it, by dates for instance, and export it in parts.")
            )
        yield row


# --- acting on many rows
def chosen_ids(spec: ListSpec, most: int = MOST_CHOSEN) -> list[int]:
    """The ids that a selection was sent with: one by one, or all of a view (``all``), at most ``most``.

    ``count`` is the number that stood on the page: where others match by now, nobody has seen what would be done.
    """
    form = request.form if request.method == "POST" else request.args
    if form.get("all"):
        asked, _query = view_of(spec, form.get("list", ""))
        if form.get("count") != str(spec.count(asked)):
            raise ConflictError(_("The list has changed meanwhile. Go back, reload it and choose again."))
        ids = spec.ids(asked)
    else:
        ids = ids_of(form.getlist("ids"))
    if not ids:
        raise DomainError(_("Nothing was chosen. Go back and tick the rows."))
    if len(ids) > most:
        raise DomainError(_("At most %(most)s rows at once; %(count)s were chosen.", most=most, count=len(ids)))
    return ids


def acted(spec: ListSpec, outcome: Outcome, done: str) -> ResponseReturnValue:
    """Back to the list; or, where rows were left as they were, a page that says which and why."""
    back_url = list_url(spec)
    if not outcome.refused:
        flash(done, "success")
        return redirect(back_url, 303)
    page = render_template("list_outcome.html", spec=spec, outcome=outcome, done=done, back_url=back_url)
    return page, 200 if outcome.done else 422


def act(spec: ListSpec, work: Callable[[list[int]], Outcome], done: Callable[[int], str]) -> ResponseReturnValue:
    """Do ``work`` for the chosen rows; ``done`` says what was done, given the number of rows."""
    outcome = work(chosen_ids(spec))
    return acted(spec, outcome, done(outcome.done))


def rows_text(number: int) -> str:
    """How many rows."""
    return ngettext("%(num)s row", "%(num)s rows", number)
