"""What all kinds share: the values of a row against what is stored, and finding the customer that a row is about."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields as fields_of
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.core.db import session
from fsm.core.errors import DomainError
from fsm.core.formats import day, plain
from fsm.customers.models import Customer
from fsm.customers.services import name_key
from fsm.imports.fields import Field
from fsm.imports.models import Fate
from fsm.imports.rows import Change, Judged, Problem, Row, RowReader

HIDDEN = frozenset({"sort_key", "has_delivery_address"})  # they follow from others


class Judge(Protocol):
    """Judges the rows of one kind, and writes them by their owner."""

    def stamp(self) -> tuple[Any, ...]:
        """Something that differs as soon as anybody changes what the judgement rests on."""

    def judge(self, rows: Sequence[Row]) -> list[Judged]:
        """The fate of each row of a lot; earlier lots are remembered."""

    def write(self, judged: Sequence[Judged], progress: Callable[[int], None]) -> None:
        """All new and changed rows, in the transaction that is open."""


def stamp_of(*models: type[Any]) -> tuple[Any, ...]:
    """Count, highest id and sum of versions of each table: any insert, update or delete changes it."""
    found: list[Any] = []
    for model in models:
        version = sa.func.sum(model.version) if hasattr(model, "version") else sa.literal(0)
        found += session.execute(sa.select(sa.func.count(), sa.func.max(model.id), version)).one()
    return tuple(found)


def shown(value: Any) -> str:  # noqa: ANN401 - whatever a column holds
    """A stored value as a person reads it."""
    match value:
        case None:
            return ""
        case bool():
            return _("yes") if value else _("no")
        case Decimal():
            return plain(value)
        case dt.date():
            return day(value)
        case StrEnum():
            return value.value
        case _:
            return str(value)


class Weigher:
    """Weighs given values against a stored row, by the rules of the owner's forms."""

    def __init__(
        self,
        values_class: type[Any],
        fields: Sequence[Field],
        reader: RowReader,
        *,
        check: Callable[[Any], Any],
        columns_of: Callable[[Any], Mapping[str, Any]],
        defaults: Mapping[str, Any] | None = None,
    ) -> None:
        self.values_class, self.reader, self.check, self.columns_of = values_class, reader, check, columns_of
        self.names = [one.name for one in fields_of(values_class)]
        self.labels = {one.name: str(one.label) for one in fields}
        self.defaults = dict(defaults or {})

    def problem(self, row: Row, error: DomainError) -> Problem:
        """A refusal at the column that it is about."""
        name = error.field or ""
        return Problem(self.reader.column_of(name, self.labels.get(name, "")), row.texts.get(name, ""), str(error))

    def weigh(
        self,
        row: Row,
        existing: Any | None,  # noqa: ANN401 - a mapped row
        given: Mapping[str, Any],
        *,
        label: str,
        more: Mapping[str, Any],
        warnings: Sequence[str] = (),
    ) -> Judged:
        """``more``: columns that the values do not hold, such as the number in the former program."""
        if row.problems:
            return Judged(row.number, Fate.ERROR, label, problems=tuple(row.problems))
        start = {name: getattr(existing, name) for name in self.names} if existing is not None else self.defaults
        try:
            columns = {**self.columns_of(self.check(self.values_class(**{**start, **given}))), **more}
        except DomainError as error:
            return Judged(row.number, Fate.ERROR, label, problems=(self.problem(row, error),))
        if existing is None:
            return Judged(row.number, Fate.NEW, label, warnings=warnings, plan=columns)
        before = {name: getattr(existing, name) for name in columns}
        after = {name: value for name, value in columns.items() if before[name] != value}
        if not after:
            return Judged(row.number, Fate.UNCHANGED, label, warnings=warnings)
        before = {name: before[name] for name in after}
        changes = tuple(
            Change(self.labels.get(name, name), shown(before[name]), shown(after[name]))
            for name in after
            if name not in HIDDEN
        )
        plan = (existing.id, existing.version, before, after)
        return Judged(row.number, Fate.CHANGED, label, changes=changes, warnings=warnings, plan=plan)


class Seen:
    """Keys of earlier rows of the file: the same thing twice is refused, naming the first row."""

    def __init__(self) -> None:
        self._rows: dict[Any, int] = {}

    def problem(self, key: Any, row: Row, column: str, value: str) -> Problem | None:  # noqa: ANN401 - any key
        """Remembers the key; the problem where an earlier row has it."""
        first = self._rows.setdefault(key, row.number)
        if first == row.number:
            return None
        return Problem(column, value, _("Row %(number)s is about the same.", number=first))


class CustomerFinder:
    """Finds the customer that a row names by number, VAT number or name; loaded once per lot."""

    def __init__(self, reader: RowReader, country: str) -> None:
        self.reader, self.country = reader, country
        self.by_external_id: dict[str, int] = {}
        self.by_vat: dict[str, list[int]] = {}
        self.by_name: dict[str, list[int]] = {}

    def load(self, rows: Iterable[Row]) -> None:
        """Two or three queries for a lot."""
        found = [row.values for row in rows]
        external_ids = {values["customer_external_id"] for values in found if "customer_external_id" in values}
        numbers = {
            number
            for values in found
            if "customer_vat_number" in values
            for number in self._vat_numbers(values["customer_vat_number"])
        }
        names = {name_key(values["customer_name"]) for values in found if "customer_name" in values}
        self.by_external_id = {}
        if external_ids:
            query = sa.select(Customer.external_id, Customer.id).where(Customer.external_id.in_(external_ids))
            self.by_external_id = {external_id: row_id for external_id, row_id in session.execute(query) if external_id}
        self.by_vat = _grouped(Customer.vat_number, numbers)
        self.by_name = _grouped(Customer.sort_key, names)

    def _vat_numbers(self, text: str) -> tuple[str, ...]:
        compact = "".join(character for character in text.upper() if character.isalnum())
        return (compact, self.country + compact, f"{self.country}0{compact}")

    def find(self, row: Row) -> int | None:
        """The customer's id; None with the problem on the row. What is given first of the three counts."""
        values = row.values
        if external_id := values.get("customer_external_id"):
            found = [self.by_external_id[external_id]] if external_id in self.by_external_id else []
            return self._one(row, "customer_external_id", found)
        if number := values.get("customer_vat_number"):
            found = [row_id for one in self._vat_numbers(number) for row_id in self.by_vat.get(one, ())]
            return self._one(row, "customer_vat_number", found)
        if name := values.get("customer_name"):
            return self._one(row, "customer_name", self.by_name.get(name_key(name), []))
        if not row.texts.keys() & {"customer_external_id", "customer_vat_number", "customer_name"}:
            column = self.reader.column_of("customer_external_id", _("Customer"))
            row.problems.append(Problem(column, "", _("The customer is missing.")))
        return None

    def _one(self, row: Row, name: str, found: Sequence[int]) -> int | None:
        unique = list(dict.fromkeys(found))
        if len(unique) == 1:
            return unique[0]
        sentence = (
            _("Several customers are called so: give the customer's number.")
            if unique
            else _("There is no such customer: import the customers first.")
        )
        row.problems.append(Problem(self.reader.column_of(name), row.texts.get(name, ""), sentence))
        return None


def _grouped(column: Any, wanted: Iterable[str]) -> dict[str, list[int]]:  # noqa: ANN401 - a text column
    keys = set(wanted)
    found: dict[str, list[int]] = {}
    if keys:
        for key, row_id in session.execute(sa.select(column, Customer.id).where(column.in_(keys))):
            found.setdefault(key, []).append(row_id)
    return found
