"""The OpenAPI 3.1 document, made from the declared resources and the very schemas that read and show them."""

import json
from typing import Any, TypeAlias

from flask import Response, request
from flask.typing import ResponseReturnValue

from fsm.api import openapi_uploads
from fsm.api.blueprint import bp
from fsm.api.errors import PREFIX
from fsm.api.fields import Json, WireSchema
from fsm.api.openapi_schemas import example_of, read_schema, shown_schema
from fsm.api.query import LONGEST, MOST_SEARCHED, MOST_SKIPPED, MOST_TAKE
from fsm.api.resource import Part as UnderPart
from fsm.api.resource import Resource
from fsm.api.routes import ETAGS, RESOURCES
from fsm.core.web import MAX_ID

Operation: TypeAlias = dict[str, Any]
REFUSALS = {
    "400": "Bad input; the sentence begins with the field's name.",
    "401": "No key, or a wrong one.",
    "403": "The roles of the key do not allow it.",
    "404": "There is no such thing.",
    "409": "The state forbids this step, or a frozen field would change.",
    "412": "If-Match names an older state.",
    "413": "The request is too large.",
    "422": "The Idempotency-Key came before with another request.",
    "429": "The limit of this minute is used up.",
}
READING = ("400", "401", "403", "404", "429")
_ERROR = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}
_DONE = {"type": "object", "required": ["success"], "properties": {"success": {"type": "string"}}}


@bp.get("/openapi.json")
def openapi() -> ResponseReturnValue:
    return Response(json.dumps(document(), ensure_ascii=False), content_type="application/json")


def document() -> Json:
    """All of it."""
    schemas: Json = {"Error": _ERROR, "Done": _DONE}
    paths: Json = {}
    for resource in RESOURCES.values():
        _describe(resource, paths, schemas)
    openapi_uploads.describe(RESOURCES.values(), paths, _taking_bytes, _giving_bytes)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "fsm",
            "version": "1",
            "description": "Service orders, invoices and payments by other programs. Days are YYYY-MM-DD, money is text.",
        },
        "servers": [{"url": f"{request.url_root.rstrip('/')}{PREFIX}"}],
        "security": [{"key": []}, {"basic": []}],
        "tags": [{"name": resource.name} for resource in RESOURCES.values()],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {status: _refusal(text) for status, text in REFUSALS.items()},
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "basic": {"type": "http", "scheme": "basic"},
            },
        },
    }


def _refusal(text: str) -> Json:
    schema = {"$ref": "#/components/schemas/Error"}
    return {"description": text, "content": {"application/json": {"schema": schema}, "application/xml": {}}}


def _describe(resource: Resource, paths: Json, schemas: Json) -> None:
    name, item, verbs = resource.name, resource.item, resource.verbs
    schemas[item] = shown_schema(resource.schema)
    schemas[f"{item}_input"] = read_schema(resource.schema)
    one, tag = f"/{name}/{{{resource.id_name}}}", [name]
    ids = [_id(resource.id_name)]
    paths[f"/{name}"] = {"get": _list(resource)}
    if verbs.create:
        paths[f"/{name}"]["post"] = _writing(
            f"{name}_create", f"Create {item}", item, tag, [_key()], "201", resource.schema
        )
    paths[one] = {"get": _reading(f"{name}_show", f"Read {item}", item, tag, ids)}
    for verb, method, title in (
        ("change", "post", "Change"),
        ("replace", "put", "Replace"),
        ("delete", "delete", "Remove"),
    ):
        if getattr(verbs, verb):
            body = None if verb == "delete" else resource.schema
            parameters = [*ids, _key(), _match()]
            paths[one][method] = _writing(
                f"{name}_{verb}", f"{title} {item}", item, tag, parameters, "200", body, partial=verb == "change"
            )
    for part in resource.parts:
        _describe_part(resource, part, paths, schemas)
    for action in resource.actions:
        path = f"{one}/{action.name}"
        operation = _writing(f"{name}_{action.name}", action.done, item, tag, [*ids, _key(), _match()], "200", None)
        if action.schema.fields:
            operation["requestBody"] = _body(read_schema(action.schema), example_of(action.schema))
        paths[path] = {"post": operation}


def _describe_part(resource: Resource, part: UnderPart, paths: Json, schemas: Json) -> None:
    name, verbs, tag = f"{resource.item}_{part.name}", part.verbs, [resource.name]
    item = f"{resource.item}_{part.item}"
    schemas[item], schemas[f"{item}_input"] = shown_schema(part.schema), read_schema(part.schema)
    ids = [_id(resource.id_name)]
    all_of_them = f"/{resource.name}/{{{resource.id_name}}}/{part.name}"
    rows = {"type": "array", "items": {"$ref": f"#/components/schemas/{item}"}}
    paths[all_of_them] = {
        "get": _operation(f"{name}_list", f"List {part.name}", tag, [*ids, _fields()], {"200": _answer(rows)}, READING)
    }
    if verbs.create:
        paths[all_of_them]["post"] = _writing(
            f"{name}_create", f"Create {part.item}", item, tag, [*ids, _key(), _match()], "201", part.schema
        )
    each, both = f"{all_of_them}/{{{part.id_name}}}", [*ids, _id(part.id_name)]
    paths[each] = {"get": _reading(f"{name}_show", f"Read {part.item}", item, tag, both)}
    for verb, method, title in (
        ("change", "post", "Change"),
        ("replace", "put", "Replace"),
        ("delete", "delete", "Remove"),
    ):
        if getattr(verbs, verb):
            body = None if verb == "delete" else part.schema
            parameters = [*both, _key(), _match()]
            paths[each][method] = _writing(
                f"{name}_{verb}", f"{title} {part.item}", item, tag, parameters, "200", body, partial=verb == "change"
            )


def _taking_bytes(name: str, title: str, tag: str, ids: list[str], item: str) -> Operation:
    rows = {"type": "array", "items": {"$ref": f"#/components/schemas/{item}"}}
    parameters = [*(_id(one) for one in ids), _key(), *([_match()] if ids else [])]
    return _operation(name, title, [tag], parameters, {"201": _answer(rows)}, tuple(REFUSALS))


def _giving_bytes(name: str, title: str, tag: str, ids: list[str], _item: str) -> Operation:
    return _operation(name, title, [tag], [_id(one) for one in ids], {}, READING)


def _operation(
    name: str, title: str, tags: list[str], parameters: list[Json], responses: Json, refusals: tuple[str, ...]
) -> Operation:
    refused = {status: {"$ref": f"#/components/responses/{status}"} for status in refusals}
    return {
        "operationId": name,
        "summary": title,
        "tags": tags,
        "parameters": parameters,
        "responses": responses | refused,
    }


def _answer(schema: Json, example: Any = None) -> Json:  # noqa: ANN401 - of the schema
    content: Json = {"schema": schema}
    if example is not None:
        content["example"] = example
    return {
        "description": "Done",
        "content": {"application/json": content, "application/xml": {}, "text/csv": {}, "application/pdf": {}},
    }


def _list(resource: Resource) -> Operation:
    rows = {"type": "array", "items": {"$ref": f"#/components/schemas/{resource.item}"}}
    sorts = [name for name, column in resource.columns.items() if column.sorts]
    filters = ", ".join(resource.columns)
    parameters = [
        _text("search", "Words.", MOST_SEARCHED),
        _text("filter", f"Conditions, comma is and: date>=2026-01-01 or date__ge__2026-01-01. Of: {filters}."),
        _fields(),
        _query(
            "sort",
            {"type": "string", "enum": [*sorts, *(f"-{name}" for name in sorts)]},
            "The last first with a minus.",
        ),
        _query("skip", {"type": "integer", "minimum": 0, "maximum": MOST_SKIPPED}, "Beyond it follow the next link."),
        _query("take", {"type": "integer", "minimum": 1, "maximum": MOST_TAKE}, "How many; default 50."),
    ]
    return _operation(
        f"{resource.name}_list", f"List {resource.name}", [resource.name], parameters, {"200": _answer(rows)}, READING
    )


def _reading(name: str, title: str, item: str, tags: list[str], ids: list[Json]) -> Operation:
    answer = _answer({"$ref": f"#/components/schemas/{item}"})
    return _operation(name, title, tags, [*ids, _fields()], {"200": answer}, READING)


def _writing(
    name: str,
    title: str,
    item: str,
    tags: list[str],
    parameters: list[Json],
    status: str,
    schema: WireSchema | None,
    *,
    partial: bool = False,
) -> Operation:
    done = _answer({"$ref": "#/components/schemas/Done"})
    operation = _operation(name, title, tags, parameters, {status: done}, tuple(REFUSALS))
    if schema is not None:
        body = {"$ref": f"#/components/schemas/{item}_input"} if not partial else read_schema(schema, partial=True)
        operation["requestBody"] = _body(body, example_of(schema))
    return operation


def _body(schema: Json, example: Any) -> Json:  # noqa: ANN401 - of the schema
    return {"required": True, "content": {"application/json": {"schema": schema, "example": example}}}


def _id(name: str) -> Json:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "schema": {"type": "integer", "minimum": 1, "maximum": MAX_ID},
    }


def _query(name: str, schema: Json, text: str) -> Json:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": text}


def _text(name: str, text: str, most: int = LONGEST) -> Json:
    return _query(name, {"type": "string", "maxLength": most}, text)


def _fields() -> Json:
    return _text("fields", "Names of the fields that are wanted, with commas; all where it is missing.")


def _key() -> Json:
    schema = {"type": "string", "minLength": 8, "maxLength": 64, "pattern": "^[A-Za-z0-9_-]+$"}
    return {"name": "Idempotency-Key", "in": "header", "required": False, "schema": schema}


def _match() -> Json:
    return {
        "name": "If-Match",
        "in": "header",
        "required": False,
        "schema": {"type": "string", "pattern": f"^({ETAGS})$"},
    }


def operations() -> list[Json]:
    """Each operation as the page to try it shows it: method, path, title, and an example of its body."""
    found = []
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
            example = "" if body is None else json.dumps(body, indent=2, ensure_ascii=False)
            found.append(
                {
                    "tag": operation["tags"][0],
                    "method": method.upper(),
                    "path": path,
                    "title": operation["summary"],
                    "example": example,
                }
            )
    return found
