"""The search page, the palette's answers while somebody types, and the commands that the palette offers."""

from dataclasses import dataclass
from typing import Any

from flask import g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.core.search_words import marked
from fsm.home import search as finder
from fsm.home.commands import commands as offered
from fsm.home.first_start import bp
from fsm.home.search import Found, Group, Hit
from fsm.home.search_lookup import MOST

__all__ = ["bp"]

EACH = 8  # of a kind on the page of all kinds
EACH_LIVE = 5
PAGES = MOST // finder.PAGE


@dataclass(frozen=True, slots=True)
class Shown:
    """A hit with the typed words marked; ``context`` is the text beside it in which they stand."""

    hit: Hit
    title: list[tuple[str, bool]]
    hint: list[tuple[str, bool]]
    context: list[tuple[str, bool]]


@bp.get("/search")
def search() -> ResponseReturnValue:
    """Jump to an exact number, else list what the words find: some of each kind, or a page of one."""
    text = request.args.get("q", "").strip()[: finder.LONGEST]
    only = request.args.get("kind", "")
    page = min(max(request.args.get("page", 1, type=int), 1), PAGES)
    found = finder.search(text, g.actor, each=EACH, only=only, page=page)
    if found.jump and not only:
        return redirect(found.jump)
    return render_template(
        "home/search.html",
        text=text,
        only=only,
        found=found,
        tabs=_tabs(text, only, found.groups),
        rows={group.kind.name: [_shown(hit, text) for hit in group.hits] for group in found.groups},
        exact=[_shown(hit, text) for hit in found.exact] if not only else [],
        icons={kind.name: kind.icon for kind in finder.KINDS},
        pages=_pages(text, only, page, found.groups),
    )


def _count(count: int) -> str:
    return str(count) if count < MOST else f"{MOST - 1}+"


def _tabs(text: str, only: str, groups: list[Group]) -> list[dict[str, Any]]:
    everything = {"label": _("All"), "url": url_for("home.search", q=text), "is_current": not only}
    return [
        everything,
        *(
            {
                "label": str(group.kind.label),
                "url": url_for("home.search", q=text, kind=group.kind.name),
                "is_current": only == group.kind.name,
                "count": _count(group.count),
            }
            for group in groups
        ),
    ]


def _pages(text: str, only: str, page: int, groups: list[Group]) -> dict[str, str | None]:
    """The addresses of the page before and after this one of the kind that is shown alone."""
    count = sum(group.count for group in groups if group.kind.name == only)

    def address(number: int) -> str:
        return url_for("home.search", q=text, kind=only, page=number)

    return {
        "previous": address(page - 1) if only and page > 1 else None,
        "next": address(page + 1) if only and page * finder.PAGE < count and page < PAGES else None,
    }


def _shown(hit: Hit, text: str) -> Shown:
    title, hint = marked(hit.title, text), marked(hit.hint, text)
    facts = [marked(fact, text) for fact in hit.facts]
    met = [pieces for pieces in facts if any(is_met for _piece, is_met in pieces)]
    is_seen = any(is_met for _piece, is_met in [*title, *hint])
    return Shown(hit, title, hint, met[0] if met else [] if is_seen or not facts else facts[0])


@bp.get("/search/live")
def search_live() -> ResponseReturnValue:
    """The palette's groups for the words typed so far."""
    found = finder.search(request.args.get("q", ""), g.actor, each=EACH_LIVE, most=EACH_LIVE * 4)
    return jsonify([*_exact_group(found), *(_live_group(group, found) for group in found.groups)])


def _exact_group(found: Found) -> list[dict[str, Any]]:
    rows = [_live_row(hit) for hit in found.exact]
    return [{"label": _("This number"), "is_exact": True, "rows": rows}] if rows else []


def _live_group(group: Group, found: Found) -> dict[str, Any]:
    urls = {hit.url for hit in found.exact}
    rows = [_live_row(hit) for hit in group.hits if hit.url not in urls]
    return {"label": str(group.kind.label), "rows": rows}


def _live_row(hit: Hit) -> dict[str, Any]:
    icons = {kind.name: kind.icon for kind in finder.KINDS}
    hint = " · ".join(text for text in (hit.hint, hit.amount) if text)
    return {"label": hit.title, "hint": hint, "icon": icons[hit.kind], "url": hit.url}


@bp.get("/commands")
def commands() -> ResponseReturnValue:
    """What the palette offers before anything is typed."""
    return jsonify(offered())
