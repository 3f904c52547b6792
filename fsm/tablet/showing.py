"""A piece of kept work in words, for the office."""

from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.catalog.models import LaborRate, StockItem
from fsm.core.db import session
from fsm.core.errors import DomainError
from fsm.core.formats import clock, moment_short
from fsm.tablet.models import KeptWork
from fsm.tablet.values import Values


def described(rows: list[KeptWork]) -> list[tuple[str, str]]:
    """(what it is, what it says) of each row, with two queries for all."""
    names = _names(rows)
    return [(_title(row.kind), _text(row, names)) for row in rows]


def _title(kind: str) -> str:
    return {
        "on_my_way": _("On my way"),
        "start": _("Start"),
        "start_timer": _("Timer started"),
        "stop_timer": _("Timer stopped"),
        "log_time": _("Time"),
        "correct_time": _("Time corrected"),
        "remove_time": _("Time removed"),
        "add_part": _("Part"),
        "correct_part": _("Part corrected"),
        "remove_part": _("Part removed"),
        "tick_task": _("Task"),
        "add_photo": _("Photo"),
        "caption_photo": _("Caption of a photo"),
        "remove_photo": _("Photo removed"),
        "write_report": _("Work report"),
        "sign": _("Signature"),
        "explain_no_signature": _("No signature"),
        "set_nothing_to_bill": _("Nothing to bill"),
        "finish": _("Finish"),
    }.get(kind, kind)


def _names(rows: list[KeptWork]) -> dict[tuple[str, int], str]:
    found: dict[tuple[str, int], str] = {}
    for field, query in (
        ("stock_item_id", sa.select(StockItem.id, StockItem.description)),
        ("labor_rate_id", sa.select(LaborRate.id, LaborRate.name)),
    ):
        ids = {row.values[field] for row in rows if isinstance(row.values.get(field), int)}
        column = query.selected_columns[0]
        if ids:
            found |= {(field, key): name for key, name in session.execute(query.where(column.in_(ids))).all()}
    return found


def _text(row: KeptWork, names: dict[tuple[str, int], str]) -> str:
    values = Values(row.values)
    try:
        return " · ".join(filter(None, _pieces(row, values, names))) or moment_short(row.at)
    except DomainError:  # written by a program of another version
        return moment_short(row.at)


def _pieces(row: KeptWork, values: Values, names: dict[tuple[str, int], str]) -> list[str]:
    given: dict[str, Any] = row.values
    pieces = [names.get((field, given.get(field) or 0), "") for field in ("stock_item_id", "labor_rate_id")]
    if "start_at" in given and "end_at" in given:
        pieces.append(f"{moment_short(values.moment('start_at'))}–{clock(values.moment('end_at'))}")
    if "quantity" in given:
        pieces.append(f"{values.quantity('quantity').normalize():f} ×")
    pieces += [
        values.text(name, 20_000)[:400] for name in ("code", "description", "report", "signed_by", "reason", "caption")
    ]
    return pieces
