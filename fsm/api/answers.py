"""Answers as JSON, XML or CSV. XML has S3's element names; HTML goes into CDATA."""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import Response, g, request

JSON, XML, CSV, PDF = "json", "xml", "csv", "pdf"
FORMATS = (JSON, XML, CSV, PDF)
TYPES = {JSON: "application/json", XML: "application/xml; charset=utf-8", CSV: "text/csv; charset=utf-8"}
_OF_TYPE = {
    "application/json": JSON,
    "application/xml": XML,
    "text/xml": XML,
    "text/csv": CSV,
    "application/pdf": PDF,
}
_NO_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOT_PLAIN = re.compile(f"[&<>]|{_NO_XML.pattern}")
_HOLDERS = (dict, list, tuple)
_ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_ESCAPE = re.compile("[&<>]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def wanted() -> str:
    """The format of the answer: ``?format=``, else Accept, else the request's own, else JSON."""
    asked = request.args.get("format", "").casefold()
    if asked:
        return asked if asked in FORMATS else JSON
    best = request.accept_mimetypes.best_match(list(_OF_TYPE)) if "Accept" in request.headers else None
    if best and request.accept_mimetypes[best] and request.accept_mimetypes.best != "*/*":
        return _OF_TYPE[best]
    return _OF_TYPE.get(request.mimetype, JSON)


def answer(root: str, content: Any, status: int = 200) -> Response:  # noqa: ANN401 - a dict or a list of them
    """One thing, or a list of them, in the format that is wanted; ``root`` is the XML's outermost element."""
    kind = wanted()
    if kind == CSV and isinstance(content, list):
        text = to_csv(content)
    elif kind == XML:
        text = to_xml(root, content)
    else:
        kind, text = JSON, json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return Response(text, status, content_type=TYPES[kind])


def error(sentence: str, status: int, more: Mapping[str, Any] | None = None) -> Response:
    """A refusal as the clients read it."""
    return answer("data", {"error": sentence, **(more or {})}, status)


def done(sentence: str, more: Mapping[str, Any] | None = None, status: int = 200) -> Response:
    """A success as the clients read it, with what is told of it."""
    return answer("data", {"success": sentence, **(more or {})}, status)


def ignored() -> list[str]:
    """Names of fields in this request that the system owns: ignored, and told in a header."""
    names: list[str] = g.setdefault("ignored_fields", [])
    return names


def to_xml(root: str, content: Any) -> str:  # noqa: ANN401 - a dict or a list of them
    """XML without attributes; a list's elements bear the singular of its name."""
    parts = ['<?xml version="1.0" encoding="UTF-8"?>\n']
    _write(parts, root, content)
    return "".join(parts)


def _write(parts: list[str], name: str, value: Any) -> None:  # noqa: ANN401 - whatever JSON takes
    if isinstance(value, dict):
        parts.append(f"<{name}>")
        for key, inner in value.items():
            if isinstance(inner, _HOLDERS):
                _write(parts, key, inner)
            else:
                parts.append(_leaf(key, inner))
        parts.append(f"</{name}>")
    elif isinstance(value, _HOLDERS):
        parts.append(f"<{name}>")
        item = singular(name)
        for inner in value:
            _write(parts, item, inner)
        parts.append(f"</{name}>")
    else:
        parts.append(_leaf(name, value))


def _leaf(name: str, value: Any) -> str:  # noqa: ANN401 - text, a number or nothing
    """One element that holds no others: there are ten thousand in a list."""
    if value is None or value == "":
        return f"<{name}></{name}>"
    text = value if isinstance(value, str) else str(value)
    if name.endswith("_html"):
        text = _NO_XML.sub("", text).replace("]]>", "]]]]><![CDATA[>")
        return f"<{name}><![CDATA[{text}]]></{name}>"
    if _NOT_PLAIN.search(text):
        text = _ESCAPE.sub(lambda match: _ESCAPED[match[0]], _NO_XML.sub("", text))
    return f"<{name}>{text}</{name}>"


def singular(name: str) -> str:
    """The element of one thing in a list by the list's name."""
    if name.endswith("ies"):
        return f"{name[:-3]}y"
    return name[:-2] if name.endswith(("xes", "sses")) else name.removesuffix("s")


def plural(name: str) -> str:
    """The element of a list by that of one thing in it."""
    return f"{name[:-1]}ies" if name.endswith("y") else f"{name}es" if name.endswith(("s", "x")) else f"{name}s"


def to_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """The plain fields of a list; addresses by ``billing_address.city``, lists left out. UTF-8 with its mark, for Excel."""
    flat = [dict(_flat(row)) for row in rows]
    heads = list(dict.fromkeys(name for row in flat for name in row))
    file = io.StringIO()
    writer = csv.DictWriter(file, heads, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in flat)
    return "\N{ZERO WIDTH NO-BREAK SPACE}" + file.getvalue()


def _flat(row: Mapping[str, Any], before: str = "") -> Iterable[tuple[str, Any]]:
    for name, value in row.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        elif not isinstance(value, list):
            yield before + name, value


def _cell(value: Any) -> Any:  # noqa: ANN401 - whatever JSON takes
    """Without what a spreadsheet would take for a formula; numbers stay numbers."""
    if isinstance(value, str) and value.startswith(_FORMULA) and not re.fullmatch(r"-?\d+(\.\d+)?", value):
        return f"'{value}"
    return "" if value is None else value
