"""Saving the fields and lines of a quote or a sales order; the same limits and totals as an invoice's."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, TypeVar

import sqlalchemy as sa

from fsm.catalog.tax_rates import Taxed
from fsm.company import services as company_services
from fsm.core.db import session
from fsm.documents import document_fields, figures
from fsm.documents.limits import check_document, check_lines
from fsm.documents.lines import columns_of, extras_of, resolved, thing_of, things_of
from fsm.documents.models import TaxCalculation
from fsm.documents.priced import OF_LINE, PricedColumns, PricedLineColumns
from fsm.documents.rates import LineRates
from fsm.documents.values import DocumentValues, LineValues
from fsm.ledger.queries import account_of_role

L = TypeVar("L", bound=PricedLineColumns)


def save(
    document: PricedColumns, values: DocumentValues, wanted: Sequence[LineValues], model: type[L], rates: LineRates
) -> list[L]:
    """Write fields, lines and totals of a held document. DomainError with the field, as for an invoice."""
    values = document_fields.resolved(values, document)
    check_document(values)
    company = company_services.the_company()
    parent = parent_of(model)
    stored = session.scalars(sa.select(model).where(parent == document.id).with_for_update())
    before = {line.id: line for line in stored}
    wanted = resolved(wanted, {line_id: line.custom_values for line_id, line in before.items()})
    check_lines(wanted, company, (document.tax_rate_1, document.tax_rate_2, document.tax_rate_3))
    for field in fields(values):
        setattr(document, field.name, getattr(values, field.name))
    if document.tax_included:
        document.tax_calculation = TaxCalculation.ITEM
    lines = _replace(document, wanted, before, model, rates)
    figures.store(document, lines, figures.totals_of(document, lines))
    session.flush()
    return lines


def _replace(
    document: PricedColumns, wanted: Sequence[LineValues], before: Mapping[int, L], model: type[L], rates: LineRates
) -> list[L]:
    parent = parent_of(model)
    kept = {values.line_id for values in wanted if values.line_id in before}
    for line_id, line in before.items():
        line.position = -line.position  # positions are unique: step aside before taking new places
        if line_id not in kept:
            session.delete(line)
    session.flush()
    roles, things, lines = account_of_role(), things_of(wanted), []
    for position, values in enumerate(wanted, start=1):
        known = before.get(values.line_id or 0)
        line = model(**{parent.key: document.id}) if known is None else known
        line.rate_reason = rates.reason(values, things.get(thing_of(values), Taxed()), known)
        columns = columns_of(values, position, roles, tax_included=document.tax_included) | extras_of(values)
        for name, value in columns.items():
            setattr(line, name, value)
        session.add(line)
        lines.append(line)
    session.flush()
    return lines


def parent_of(model: type[PricedLineColumns]) -> sa.orm.InstrumentedAttribute[int]:
    """The column that names a line's document: ``quote_id``, ``sales_order_id``."""
    name = next(column.name for column in sa.inspect(model).columns if column.name in {"quote_id", "sales_order_id"})
    attribute: sa.orm.InstrumentedAttribute[int] = getattr(model, name)
    return attribute


def copies(lines: Sequence[Any]) -> list[dict[str, Any]]:
    """The columns of lines for another document."""
    return [{name: getattr(line, name) for name in OF_LINE} for line in lines]
