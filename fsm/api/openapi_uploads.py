"""The OpenAPI document's operations that take and give bytes: uploads, and the files of documents."""

from collections.abc import Callable, Iterable
from typing import TypeAlias

from fsm.api.fields import Json
from fsm.api.openapi_schemas import read_schema
from fsm.api.resource import Resource
from fsm.api.uploads import MOST_AT_ONCE, UPLOAD

_FILES = {
    "type": "object",
    "properties": {
        "file": {"type": "string", "format": "binary", "description": "The file."},
        "file[]": {
            "type": "array",
            "maxItems": MOST_AT_ONCE,
            "items": {"type": "string", "format": "binary"},
            "description": "Several.",
        },
        "filename": {"type": "string", "maxLength": 150, "description": "Of one file; default: its own name."},
    },
    "additionalProperties": False,
}
EXAMPLE = {"filename": "conditions.txt", "content": "VGhhbmsgeW91Lg=="}
Making: TypeAlias = Callable[[str, str, str, list[str], str], Json]


def describe(resources: Iterable[Resource], paths: Json, writing: Making, reading: Making) -> None:
    """Add them; ``writing`` and ``reading`` make an operation from its name, title, tag, ids and the item it answers."""
    paths["/uploads"]["post"] = _taking(writing("uploads_create", "Upload files", "uploads", [], "upload"))
    for resource in resources:
        part = next((part for part in resource.parts if part.name == "files"), None)
        if part is None:
            continue
        each = f"/{resource.name}/{{{resource.id_name}}}/files"
        name, item, ids = f"{resource.item}_files", f"{resource.item}_file", [resource.id_name]
        upload = writing(f"{name}_upload", "Upload and attach files", resource.name, ids, item)
        paths[f"{each}/upload"] = {"post": _taking(upload)}
        content = reading(f"{name}_content", "Download a file", resource.name, [*ids, part.id_name], item)
        content["responses"]["200"] = {
            "description": "Its bytes",
            "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
        }
        paths[f"{each}/{{{part.id_name}}}/content"] = {"get": content}


def _taking(operation: Json) -> Json:
    content: Json = {
        "multipart/form-data": {"schema": _FILES},
        "application/json": {"schema": read_schema(UPLOAD), "example": EXAMPLE},
    }
    return operation | {"requestBody": {"required": True, "content": content}}
