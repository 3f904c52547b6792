"""From a declared resource to its routes: list, create, bulk, show, change, replace, delete; the same for its parts."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from flask import Response, g, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError

from fsm.api import answers, bodies, query
from fsm.api.blueprint import bp
from fsm.api.bodies import MAX_BULK, Body
from fsm.api.errors import BadRequestError, ChangedError, sentence_of
from fsm.api.fields import ListOf, Text, WireSchema, messages
from fsm.api.fields import Part as PartField
from fsm.api.resource import Action, Asker, Part, Resource, Shown, Values
from fsm.api.shown import shown
from fsm.core.audit import now
from fsm.core.db import session
from fsm.core.errors import DomainError, ForbiddenError, NotFoundError
from fsm.core.transactions import key_is_optional, prepares

RESOURCES: dict[str, Resource] = {}
# RFC 9110, 13.1.1; a server in between may have made an ETag weak, which never matches.
ETAGS = r'\*|(W/)?"[0-9a-f]{32}"( *, *(W/)?"[0-9a-f]{32}")*'
ONE_ROW = 1


def register(resource: Resource) -> None:
    """Make the routes of a resource and of its parts."""
    RESOURCES[resource.name] = resource
    verbs, name, one = resource.verbs, resource.name, f"/{resource.name}/<id:{resource.id_name}>"
    _route(f"/{name}", f"{name}_list", "GET", lambda: list_of(resource))
    if verbs.create:
        _route(f"/{name}", f"{name}_create", "POST", lambda: create(resource))
    _route(one, f"{name}_show", "GET", lambda **ids: show(resource, ids[resource.id_name]))
    for verb, method in (("change", "POST"), ("replace", "PUT"), ("delete", "DELETE")):
        if work := getattr(verbs, verb):
            _route(one, f"{name}_{verb}", method, _changing(resource, verb, work))
    for part in resource.parts:
        _register_part(resource, part, one)
    for action in resource.actions:
        _route(f"{one}/{action.name}", f"{name}_{action.name}", "POST", _acting(resource, action))


def _acting(resource: Resource, action: Action) -> Callable[..., ResponseReturnValue]:
    return lambda **ids: act(resource, action, ids[resource.id_name])


def _changing(resource: Resource, verb: str, work: Callable[..., Any]) -> Callable[..., ResponseReturnValue]:
    return lambda **ids: change(resource, ids[resource.id_name], verb, work)


def _register_part(resource: Resource, part: Part, one: str) -> None:
    place, endpoint = f"{one}/{part.name}", f"{resource.item}_{part.name}"
    each = f"{place}/<id:{part.id_name}>"

    def parent(ids: Mapping[str, int]) -> int:
        return ids[resource.id_name]

    _route(place, f"{endpoint}_list", "GET", lambda **ids: list_parts(resource, part, parent(ids)))
    _route(each, f"{endpoint}_show", "GET", lambda **ids: show_part(resource, part, parent(ids), ids[part.id_name]))
    if part.verbs.create:
        _route(place, f"{endpoint}_create", "POST", lambda **ids: create_part(resource, part, parent(ids)))
    for verb, method in (("change", "POST"), ("replace", "PUT"), ("delete", "DELETE")):
        if work := getattr(part.verbs, verb):
            _route(each, f"{endpoint}_{verb}", method, _changing_part(resource, part, verb, work))


def _changing_part(
    resource: Resource, part: Part, verb: str, work: Callable[..., Any]
) -> Callable[..., ResponseReturnValue]:
    return lambda **ids: change_part(resource, part, ids[resource.id_name], ids[part.id_name], verb, work)


def _route(rule: str, endpoint: str, method: str, view: Callable[..., ResponseReturnValue]) -> None:
    def answering(**ids: int) -> ResponseReturnValue:
        return view(**ids)

    if method != "GET":
        answering = prepares(bodies.read)(key_is_optional(answering))
    bp.add_url_rule(rule, endpoint, answering, methods=[method])


def asker() -> Asker:
    """Who asks now."""
    return Asker(g.actor, g.today, now())


def shown_as(fields: frozenset[str] | None = None) -> Shown:
    """How this client sees rows."""
    return Shown(fields, f"{request.url_root}api/v1", g.today)


def dumped(resource: Resource, found: Any, view: Shown) -> list[Values]:  # noqa: ANN401 - rows of the resource
    """The rows as JSON shows them."""
    return shown(resource.schema, resource.rows(found, view, g.actor), view.fields)


def list_of(resource: Resource) -> ResponseReturnValue:
    asked = query.ask(resource.columns, resource.schema.dump_fields, resource.id_name)
    select = resource.select(g.actor)
    for names, condition in resource.always.items():
        if asked.filtered.isdisjoint(names.split()):
            select = select.where(condition())
    if asked.words:
        select = select.where(resource.search(asked.words))
    found = query.paged(select, asked, resource.columns, resource.key)
    answer = answers.answer(resource.name, dumped(resource, found.rows, shown_as(asked.fields)))
    if found.next:
        arguments = request.args.to_dict(flat=False) | {"after": [found.next]}
        arguments.pop("skip", None)
        answer.headers["Link"] = f'<{request.base_url}?{_encoded(arguments)}>; rel="next"'
    return answer


def _encoded(arguments: Mapping[str, list[str]]) -> str:
    return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, values in arguments.items() for value in values)


def _quoted(text: str) -> str:
    return quote(text, safe="")


def one_row(resource: Resource, row_id: int) -> Any:  # noqa: ANN401 - a row of the resource
    """The row if this actor may see it; NotFoundError."""
    found = session.execute(resource.select(g.actor).where(resource.key == row_id)).first()
    if found is None:
        raise NotFoundError(_("There is no %(item)s %(id)s.", item=resource.label, id=row_id))
    return found[0] if len(found) == 1 else found


def show(resource: Resource, row_id: int) -> ResponseReturnValue:
    if answers.wanted() == answers.PDF and resource.pdf:
        one_row(resource, row_id)
        return Response(resource.pdf(row_id), content_type="application/pdf")
    fields = query.fields_of(resource.schema.dump_fields)
    (content,) = dumped(resource, [one_row(resource, row_id)], shown_as(fields))
    answer = answers.answer(resource.item, content)
    answer.headers["ETag"] = f'"{state_of(resource, row_id)}"'
    return answer.make_conditional(request)


def state_of(resource: Resource, row_id: int) -> str:
    """A word for the present state of a thing: another one after each change that an answer shows."""
    (content,) = dumped(resource, [one_row(resource, row_id)], shown_as())
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]


def check_match(resource: Resource, row_id: int) -> None:
    """ChangedError where If-Match names another state than the present one; holds the row until the transaction ends.

    BadRequestError where it is no ETag at all: an empty one would be taken for none, and change what it should guard.
    """
    sent = request.headers.get("If-Match")
    if sent is None:
        return
    if not re.fullmatch(ETAGS, sent):
        raise BadRequestError(_("If-Match must be the ETag of an answer, or *."))
    one_row(resource, row_id)
    resource.lock(row_id)
    if not request.if_match.contains(state_of(resource, row_id)):
        raise ChangedError(_("It was changed meanwhile: read it again (If-Match)."))


def loaded(schema: WireSchema, content: Any, *, partial: bool = False) -> Values:  # noqa: ANN401 - what JSON can say
    """The values of one thing; system fields are dropped and told in a header. BadRequestError."""
    if not isinstance(content, dict):
        raise BadRequestError(_("The body must be one thing with its fields."))
    try:
        return dict(schema.load(stripped(schema, content), partial=partial))
    except ValidationError as error:
        found = messages(error.messages)  # a name that is misspelt first: what is missing may follow from it
        raise BadRequestError(min(found, key=lambda sentence: not sentence.endswith("is not a field"))) from None


def stripped(schema: WireSchema, content: Mapping[str, Any]) -> Values:
    """Without what the system owns (told in a header), and without empty values of what is no text."""
    found: Values = {}
    for name, value in content.items():
        known = schema.fields.get(name)
        if known is not None and known.dump_only:
            answers.ignored().append(name)
        elif value is None and known is not None and known.allow_none:
            found[name] = None
        elif value is None or (value == "" and known is not None and not isinstance(known, Text)):
            continue
        elif isinstance(known, ListOf) and isinstance(value, list):
            found[name] = [stripped(known.schema, row) if isinstance(row, dict) else row for row in value]
        elif isinstance(known, PartField) and isinstance(value, dict):
            found[name] = stripped(known.schema, value)
        else:
            found[name] = value
    return found


def _content() -> Any:  # noqa: ANN401 - what JSON can say
    body: Body = g.prepared
    return body.content


def create(resource: Resource) -> ResponseReturnValue:
    if "bulk" in request.args:
        return create_many(resource)
    g.field_names = resource.names
    work = resource.verbs.create
    if work is None:
        raise AssertionError  # the route is made with it
    new_id = work(loaded(resource.schema, _content()), asker())
    return _created(resource.label, resource.id_name, new_id, f"{resource.name}/{new_id}")


def _created(label: str, id_name: str, new_id: int, path: str) -> Response:
    uri = f"{shown_as().root}/{path}"
    answer = answers.done(_("%(label)s created", label=label), {id_name: new_id, "uri": uri}, 201)
    answer.headers["Location"] = uri
    return answer


def create_many(resource: Resource) -> ResponseReturnValue:
    """All or none; what is wrong is told by row, counted from 1."""
    g.field_names = resource.names
    content, work = _content(), resource.verbs.create
    if not isinstance(content, list) or not 0 < len(content) <= MAX_BULK or work is None:
        raise BadRequestError(_("A bulk request is a list of 1 to %(most)s.", most=MAX_BULK))
    who, root = asker(), shown_as().root
    ids, wrong = [], []
    for place, row in enumerate(content, start=ONE_ROW):
        try:
            with session.begin_nested():
                ids.append(work(loaded(resource.schema, row), who))
        except DomainError as error:
            wrong.append({"row": place, "error": sentence_of(error, resource.names)})
    if wrong:
        raise BadRequestError(
            _("%(count)s of %(all)s rows are wrong; nothing was created.", count=len(wrong), all=len(content)),
            rows=wrong,
        )
    made = [{resource.id_name: new_id, "uri": f"{root}/{resource.name}/{new_id}"} for new_id in ids]
    return answers.done(_("%(count)s created", count=len(ids)), {resource.name: made}, 201)


def act(resource: Resource, action: Action, row_id: int) -> ResponseReturnValue:
    """A verb of its own."""
    g.field_names = resource.names
    one_row(resource, row_id)
    check_match(resource, row_id)
    told = action.work(row_id, loaded(action.schema, _content()), asker())
    return answers.done(_(action.done), {resource.id_name: row_id} | told)


def _asked_in_the_address(resource: Resource) -> Action | None:
    """``?send_mail``, as live clients write it; asks for the right of the action."""
    for action in resource.actions:
        if any(word in request.args for word in action.spellings):
            if not g.actor.can(f"api.{resource.name}_{action.name}"):
                raise ForbiddenError(_("Your roles do not allow this."))
            return action
    return None


def change(resource: Resource, row_id: int, verb: str, work: Callable[..., Any]) -> ResponseReturnValue:
    """Change, replace or delete."""
    if verb == "change" and (action := _asked_in_the_address(resource)):
        return act(resource, action, row_id)
    g.field_names = resource.names
    one_row(resource, row_id)
    check_match(resource, row_id)
    if verb == "delete":
        work(row_id, asker())
        return answers.done(_("%(label)s removed", label=resource.label))
    work(row_id, loaded(resource.schema, _content(), partial=verb == "change"), asker())
    session.flush()
    answer = answers.done(
        _("%(label)s updated", label=resource.label),
        {resource.id_name: row_id, "uri": f"{shown_as().root}/{resource.name}/{row_id}"},
    )
    answer.headers["ETag"] = f'"{state_of(resource, row_id)}"'
    return answer


def parts_of(resource: Resource, part: Part, parent_id: int) -> list[Values]:
    """The things under one that this actor may see, as JSON shows them."""
    one_row(resource, parent_id)
    view = shown_as(query.fields_of(part.schema.dump_fields))
    return list(part.read([parent_id], view, g.actor).get(parent_id, ()))


def list_parts(resource: Resource, part: Part, parent_id: int) -> ResponseReturnValue:
    fields = query.fields_of(part.schema.dump_fields)
    return answers.answer(part.name, shown(part.schema, parts_of(resource, part, parent_id), fields))


def one_part(resource: Resource, part: Part, parent_id: int, part_id: int) -> Values:
    """One of them; NotFoundError."""
    for row in parts_of(resource, part, parent_id):
        if row["id"] == part_id:
            return row
    raise NotFoundError(_("There is no %(item)s %(id)s.", item=part.item, id=part_id))


def show_part(resource: Resource, part: Part, parent_id: int, part_id: int) -> ResponseReturnValue:
    fields = query.fields_of(part.schema.dump_fields)
    (content,) = shown(part.schema, [one_part(resource, part, parent_id, part_id)], fields)
    return answers.answer(part.item, content)


def create_part(resource: Resource, part: Part, parent_id: int) -> ResponseReturnValue:
    g.field_names = resource.names
    one_row(resource, parent_id)
    check_match(resource, parent_id)
    work = part.verbs.create
    if work is None:
        raise AssertionError  # the route is made with it
    new_id = work(parent_id, loaded(part.schema, _content()), asker())
    return _created(part.item, part.id_name, new_id, f"{resource.name}/{parent_id}/{part.name}/{new_id}")


def change_part(
    resource: Resource, part: Part, parent_id: int, part_id: int, verb: str, work: Callable[..., Any]
) -> ResponseReturnValue:
    """Change, replace or delete one of them."""
    g.field_names = resource.names
    one_part(resource, part, parent_id, part_id)
    check_match(resource, parent_id)
    if verb == "delete":
        work(parent_id, part_id, asker())
        return answers.done(_("%(label)s removed", label=part.item))
    new_id = work(parent_id, part_id, loaded(part.schema, _content(), partial=verb == "change"), asker()) or part_id
    uri = f"{shown_as().root}/{resource.name}/{parent_id}/{part.name}/{new_id}"
    return answers.done(_("%(label)s updated", label=part.item), {part.id_name: new_id, "uri": uri})
