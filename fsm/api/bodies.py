"""What a request carries, as JSON would say it: read from JSON, XML or a form, within bounds."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from flask import request
from flask_babel import gettext as _
from lxml import etree

from fsm.api.answers import plural
from fsm.api.errors import BadRequestError, TooLargeError

MAX_BYTES = 8 * 1024 * 1024
MAX_BULK = 100
MAX_DEPTH = 8
MAX_NODES = 200_000
FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
XML_TYPES = frozenset({"application/xml", "text/xml"})
_PARTS = re.compile(r"\[([^\[\]]*)\]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
Content: TypeAlias = Any  # what JSON can say


@dataclass(frozen=True, slots=True)
class Body:
    """The content: a dict, or for a bulk request a list of them."""

    content: Content


def read() -> Body:
    """The body of this request. BadRequestError, TooLargeError."""
    if (request.content_length or 0) > MAX_BYTES:
        raise TooLargeError(_("The request is too large."))
    if request.mimetype in FORMS:
        content: Content = from_form(request.form.to_dict(flat=True))
    else:
        data = request.get_data(cache=True)
        if len(data) > MAX_BYTES:
            raise TooLargeError(_("The request is too large."))
        content = from_xml(data) if _is_xml(data) else from_json(data)
    _check(content)
    return Body(content)


def _is_xml(data: bytes) -> bool:
    if request.mimetype in XML_TYPES:
        return True
    return "json" not in request.mimetype and data.lstrip()[:1] == b"<"


def from_json(data: bytes) -> Content:
    """Numbers with a point are exact; NaN and Infinity are refused."""
    if not data.strip():
        return {}
    try:
        return json.loads(data.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise BadRequestError(_("The body is no valid JSON.")) from error


def _no_number(text: str) -> Content:
    raise ValueError(text)


def from_xml(data: bytes) -> Content:
    """Elements by name; one that only holds elements named alike below a plural is a list. No DTD, no entities."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False, recover=False
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BadRequestError(_("The body is no valid XML.")) from error
    if root.getroottree().docinfo.doctype or root.getroottree().docinfo.internalDTD is not None:
        raise BadRequestError(_("XML with a document type is not taken."))
    return _of_element(root, 0)


def _of_element(element: Any, depth: int) -> Content:  # noqa: ANN401 - lxml carries no types
    if depth > MAX_DEPTH:
        raise BadRequestError(_("The body is nested too deeply."))
    children = [child for child in element if isinstance(child.tag, str)]
    if not children:
        return "".join(element.itertext())  # CDATA and text around comments
    names = [_name(child) for child in children]
    if len(set(names)) == 1 and _name(element) == plural(names[0]):
        return [_of_element(child, depth + 1) for child in children]
    found: dict[str, Content] = {}
    for name, child in zip(names, children, strict=True):
        if name in found:
            raise BadRequestError(_("is there twice"), name)
        found[name] = _of_element(child, depth + 1)
    return found


def _name(element: Any) -> str:  # noqa: ANN401 - lxml carries no types
    return str(etree.QName(element).localname)


def from_form(fields: Mapping[str, str]) -> Content:
    """``items[0][description]`` as PHP and others write it."""
    found: dict[str, Content] = {}
    for name, value in fields.items():
        head, _bracket, _rest = name.partition("[")
        _put(found, [head, *_PARTS.findall(name[len(head) :])], value)
    return _lists(found, 0)


def _put(into: dict[str, Content], path: list[str], value: str) -> None:
    if len(path) > MAX_DEPTH:
        raise BadRequestError(_("The body is nested too deeply."))
    for part in path[:-1]:
        inner = into.setdefault(part, {})
        if not isinstance(inner, dict):
            raise BadRequestError(_("is there twice"), part)
        into = inner
    into[path[-1]] = value


def _lists(found: Content, depth: int) -> Content:
    if not isinstance(found, dict):
        return found
    inner = {name: _lists(value, depth + 1) for name, value in found.items()}
    if depth and inner and all(name.isdecimal() or not name for name in inner):
        return [inner[name] for name in sorted(inner, key=lambda name: int(name or 0))]
    return inner


def _check(content: Content) -> None:
    """Neither too deep nor too much, and no sign that a database refuses."""
    nodes, waiting = 0, [(content, 0)]
    while waiting:
        value, depth = waiting.pop()
        nodes += 1
        if depth > MAX_DEPTH or nodes > MAX_NODES:
            raise BadRequestError(_("The body is nested too deeply."))
        if isinstance(value, str):
            if _CONTROL.search(value):
                raise BadRequestError(_("There is a control character in the body."))
        elif isinstance(value, dict):
            waiting += [(inner, depth + 1) for inner in value.values()]
            waiting += [(name, depth + 1) for name in value]
        elif isinstance(value, list):
            waiting += [(inner, depth + 1) for inner in value]
