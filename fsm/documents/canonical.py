"""Printed facts as their one text, and back: what is stored, and what the journal's hash chain covers."""

import datetime as dt
import hashlib
import json
import types
from dataclasses import MISSING, fields, is_dataclass
from decimal import Decimal
from enum import StrEnum
from operator import attrgetter
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from fsm.documents.facts import (
    AddressFacts,
    BankFacts,
    BuyerFacts,
    CorrectedFacts,
    CustomFacts,
    DeductedFacts,
    Facts,
    LineFacts,
    LookFacts,
    SellerFacts,
    TaxFacts,
    TimeFacts,
    TotalsFacts,
)

ZERO = Decimal(0)
T = TypeVar("T")

_JSON = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def canonical(facts: Facts) -> str:
    """The one text of these facts: equal facts give equal text, also where their Decimals have other trailing zeros."""
    return _JSON.encode(_plain(facts))


def sha256(text: str) -> str:
    """Of a canonical text."""
    return hashlib.sha256(text.encode()).hexdigest()


def from_json(text: str) -> Facts:
    """The facts of a canonical text. Raises ValueError where it is none."""
    return _read(Facts, json.loads(text))


def _plain(value: Any) -> Any:  # noqa: ANN401 - any printed value
    if type(value) in _AS_THEY_ARE:  # most of them: this runs some hundred times a document
        return value
    match value:
        case Decimal():
            return f"{value.normalize() or ZERO:f}"
        case tuple():
            return [_plain(item) for item in value]
        case dt.date():
            return value.isoformat()
        case StrEnum():
            return value.value
    if type(value) in _HINTS:
        return {
            name: part if type(part) in _AS_THEY_ARE else _plain(part)
            for name, part in zip(_HINTS[type(value)], _PARTS[type(value)](value), strict=True)
        }
    raise TypeError(f"{type(value).__name__} is not printed")


_AS_THEY_ARE = frozenset({type(None), bool, int, str})


_HINTS: dict[type[Any], dict[str, Any]] = {
    kind: get_type_hints(kind)
    for kind in (
        AddressFacts,
        SellerFacts,
        BuyerFacts,
        LineFacts,
        TaxFacts,
        TotalsFacts,
        BankFacts,
        CorrectedFacts,
        LookFacts,
        CustomFacts,
        DeductedFacts,
        TimeFacts,
        Facts,
    )
}


_PARTS = {kind: attrgetter(*hints) for kind, hints in _HINTS.items()}


def _read(kind: type[T], values: Any) -> T:  # noqa: ANN401 - what JSON holds
    """Facts that an older version of the program stored lack the newer fields: those take their defaults."""
    if not isinstance(values, dict):
        raise ValueError(f"no {kind.__name__}: {values!r}")  # noqa: TRY004 - a bad text, not a bad argument
    hints = _HINTS[kind]
    if unknown := sorted(values.keys() - hints.keys()):
        raise ValueError(f"{kind.__name__} has no {unknown}")
    known = fields(kind)  # type: ignore[arg-type]  # reason: only dataclasses come here
    if missing := [f.name for f in known if f.name not in values and f.default is MISSING]:
        raise ValueError(f"{kind.__name__} lacks {missing}")
    return kind(**{name: _value(hints[name], value) for name, value in values.items()})


def _value(hint: Any, value: Any) -> Any:  # noqa: ANN401 - a type and what JSON holds for it
    if get_origin(hint) in {Union, types.UnionType}:
        return None if value is None else _value(get_args(hint)[0], value)
    if get_origin(hint) is tuple:
        return tuple(_value(get_args(hint)[0], item) for item in value)
    if is_dataclass(hint):
        return _read(hint, value)  # type: ignore[arg-type]  # reason: a hint is a class, not an instance
    if hint is dt.date:
        return dt.date.fromisoformat(value)
    if isinstance(hint, type) and issubclass(hint, (Decimal, StrEnum)):
        return hint(value)
    if not isinstance(value, hint):
        raise ValueError(f"{value!r} is no {hint.__name__}")  # noqa: TRY004 - a bad text, not a bad argument
    return value
