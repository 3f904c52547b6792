"""A user's own way with lists: saved filters and columns. Each goes back to the list it came from."""

from flask import flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.core.lists import ListSpec
from fsm.users import saved_lists
from fsm.users.blueprint import bp
from fsm.users.list_pages import known, view_of


def _back(spec: ListSpec, query: str, more: str = "") -> ResponseReturnValue:
    query = "&".join(part for part in (query, more) if part)
    return redirect(f"{url_for(spec.endpoint)}?{query}", 303)


@bp.post("/lists/<string:list_name>/filters")
def save_filter(list_name: str) -> ResponseReturnValue:
    """What the list shows now, under a name."""
    spec = known(list_name)
    query = view_of(spec, request.form.get("list", ""))[1]
    row = saved_lists.save(
        request.form.get("name", ""),
        query,
        user_id=g.actor_id,
        list_name=spec.name,
        is_default=bool(request.form.get("is_default")),
    )
    flash(_("%(name)s was saved.", name=row.name), "success")
    return _back(spec, query)


@bp.post("/lists/filters/<id:filter_id>/rename")
def rename_filter(filter_id: int) -> ResponseReturnValue:
    row = saved_lists.rename(filter_id, request.form.get("name", ""), user_id=g.actor_id)
    flash(_("%(name)s was saved.", name=row.name), "success")
    return _back(known(row.list_name), row.query)


@bp.post("/lists/filters/<id:filter_id>/delete")
def delete_filter(filter_id: int) -> ResponseReturnValue:
    row = saved_lists.delete(filter_id, user_id=g.actor_id)
    flash(_("%(name)s was deleted.", name=row.name), "success")
    return _back(known(row.list_name), row.query)


@bp.post("/lists/filters/<id:filter_id>/default")
def make_default_filter(filter_id: int) -> ResponseReturnValue:
    """``is_default`` empty: the list opens as it is declared again."""
    is_default = bool(request.form.get("is_default"))
    row = saved_lists.make_default(filter_id, user_id=g.actor_id, is_default=is_default)
    if is_default:
        flash(_("The list opens with %(name)s now.", name=row.name), "success")
    return _back(known(row.list_name), row.query)


@bp.post("/lists/<string:list_name>/columns")
def choose_columns(list_name: str) -> ResponseReturnValue:
    """The ticked columns in the order of the form; ``move`` ("up:name", "down:name") moves one, ``reset`` forgets all."""
    spec = known(list_name)
    allowed = {column.name for column in spec.columns if not column.needs or g.actor.can(column.needs)}
    order = [name for name in dict.fromkeys(request.form.getlist("order")) if name in allowed]
    direction, _colon, moved = request.form.get("move", "").partition(":")
    if moved in order:
        place = order.index(moved)
        other = min(max(place + (-1 if direction == "up" else 1), 0), len(order) - 1)
        order[place], order[other] = order[other], order[place]
    ticked = set(request.form.getlist("columns"))
    names = [] if request.form.get("reset") else [name for name in order if name in ticked]
    saved_lists.choose_columns(names, user_id=g.actor_id, list_name=spec.name)
    query = view_of(spec, request.form.get("list", ""))[1]
    return _back(spec, query, "columns=open") if moved else _back(spec, query)
