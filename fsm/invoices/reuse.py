"""Lines and terms used again: invoices saved as models, an invoice begun from a model or an earlier one, lines imported.

A model keeps what was typed, no sums: limits, rates and totals are those of the day on which it is used.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from enum import Enum
from typing import Any, get_args, get_type_hints

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.catalog.tax_rates import RateReason, Taxed
from fsm.company import services as company_services
from fsm.core.audit import note, now
from fsm.core.db import lock, session
from fsm.core.errors import ConflictError, DomainError, NotFoundError
from fsm.core.state import check_version
from fsm.core.types import sort_key
from fsm.documents.lines import thing_of, things_of
from fsm.documents.rates import LineRates
from fsm.documents.values import LineValues
from fsm.invoices import drafts
from fsm.invoices.models import Invoice, InvoiceKind, InvoiceLine
from fsm.invoices.rates import rates_of
from fsm.invoices.saved_models import InvoiceModel
from fsm.invoices.values import DraftValues
from fsm.ledger.models import Account

MOST_NAME = 100
# What a model keeps of a document; all else follows from the customer, the settings and the day.
TERMS = (
    "discount_percentage",
    "cash_discount_percentage",
    "cash_discount_days_valid",
    "cash_discount_mode",
    "tax_calculation",
    "tax_included",
    "note",
    "note_html",
    "currency",
    "exchange_rate",
    "show_tax_for_exchange_rate",
    "layout_id",
)
# A line's own: not its place in a draft, the rate just chosen, or the order that it billed.
_NOT_KEPT = frozenset({"line_id", "labor_rate_id", "section"})
# Rates that a person or the catalog gave; the others follow from whose works they are, and where.
_OWN_RATES = frozenset({None, RateReason.OWN, RateReason.BY_HAND})


@dataclass(frozen=True, slots=True)
class SavedLine:
    """A line to be used again; both unit prices are given. ``keeps_rate``: its rate is its own, not its customer's."""

    values: LineValues
    keeps_rate: bool


@dataclass(frozen=True, slots=True)
class Source:
    """What is used again: terms by their names, and lines."""

    name: str
    terms: Mapping[str, Any]
    lines: Sequence[SavedLine]


def of_invoice(invoice_id: int) -> Source:
    """From any invoice, draft, posted or withdrawn; deductions of deposits stay behind. ConflictError for a credit note."""
    invoice = session.get(Invoice, invoice_id)
    if invoice is None:
        raise NotFoundError(_("There is no such invoice."))
    if invoice.kind is not InvoiceKind.INVOICE or invoice.is_deposit:
        raise ConflictError(_("The lines of a credit note or a deposit invoice are not used again."))
    terms = {name: getattr(invoice, name) for name in TERMS if name in _FIELDS}
    lines = [_saved(line) for line in drafts.lines_of(invoice.id) if line.deducts_invoice_id is None]
    return Source(invoice.number or _("Draft %(id)s", id=invoice.id), terms, lines)


_FIELDS = frozenset(field.name for field in fields(DraftValues))


def _saved(line: InvoiceLine) -> SavedLine:
    values = {field.name: getattr(line, field.name) for field in fields(LineValues) if field.name not in _NOT_KEPT}
    return SavedLine(LineValues(**values), line.rate_reason in _OWN_RATES)


def of_model(model_id: int) -> Source:
    """From a model; what it says of fields that are no more is passed over."""
    model = found_model(model_id)
    known = get_type_hints(LineValues)
    lines = [
        SavedLine(
            LineValues(**{name: _read(known[name], value) for name, value in line.items() if name in known}),
            bool(line.get("keeps_rate")),
        )
        for line in model.lines
    ]
    kinds = get_type_hints(DraftValues)
    terms = {name: _read(kinds[name], value) for name, value in model.document.items() if name in kinds}
    return Source(model.name, terms, lines)


def found_model(model_id: int) -> InvoiceModel:
    """NotFoundError where there is none."""
    model = session.get(InvoiceModel, model_id)
    if model is None:
        raise NotFoundError(_("There is no such model."))
    return model


def _plain(value: Any) -> Any:  # noqa: ANN401 - any field of the values
    """As JSON keeps it: exact numbers as text."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, dt.date) else value


def _read(kind: Any, value: Any) -> Any:  # noqa: ANN401 - any field of the values
    """The same back, by the field's type."""
    for wanted in get_args(kind) or (kind,):
        if value is not None and isinstance(wanted, type):
            if issubclass(wanted, Enum | Decimal):
                return wanted(value)
            if issubclass(wanted, dt.date):
                return wanted.fromisoformat(value)
    return value


# --- models
def save_as_model(invoice_id: int, name: str, *, replaces: bool, actor_id: int) -> InvoiceModel:
    """Keep the terms and lines of an invoice under a name. DomainError for a name that is taken, unless it is replaced."""
    name, source, invoice = _checked_name(name), of_invoice(invoice_id), session.get_one(Invoice, invoice_id)
    if not source.lines:
        raise DomainError(_("There is no line that a model could keep."))
    query = sa.select(InvoiceModel).where(InvoiceModel.sort_key == _key(name)).with_for_update()
    model = session.scalar(query.execution_options(populate_existing=True))
    if model is not None and not replaces:
        raise DomainError(_("A model has this name already: tick to replace it."), "name")
    if model is None:
        model = InvoiceModel()
    model.name, model.sort_key = name, _key(name)
    model.document = {name: _plain(value) for name, value in source.terms.items()}
    model.lines = [_plain_line(line) for line in source.lines]
    model.line_count, model.currency = len(source.lines), invoice.currency
    model.total_without_tax = invoice.total_without_tax
    model.saved_by_id, model.saved_at = actor_id, now()
    session.add(model)  # whole: what is read above writes what waits
    session.flush()
    note([(drafts.BILL_KIND, invoice_id)], _("Saved as the model “%(name)s”", name=name))
    return model


def _plain_line(line: SavedLine) -> dict[str, Any]:
    names = [field.name for field in fields(LineValues) if field.name not in _NOT_KEPT]
    return {name: _plain(getattr(line.values, name)) for name in names} | {"keeps_rate": line.keeps_rate}


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= MOST_NAME or not sort_key(name):
        raise DomainError(_("Give the model a name of at most 100 characters."), "name")
    return name


def _key(name: str) -> str:
    return sort_key(name)[:400]


def rename_model(model_id: int, name: str, *, version: int | None) -> InvoiceModel:
    """Another name. DomainError where it is taken; ConflictError for a stale version."""
    name = _checked_name(name)
    model: InvoiceModel | None = lock(InvoiceModel, [model_id]).get(model_id)
    if model is None:
        raise NotFoundError(_("There is no such model."))
    check_version(model.version, version)
    taken = sa.select(InvoiceModel.id).where(InvoiceModel.sort_key == _key(name), InvoiceModel.id != model_id)
    if session.scalar(taken) is not None:
        raise DomainError(_("A model has this name already."), "name")
    model.name, model.sort_key = name, _key(name)
    session.flush()
    return model


def delete_model(model_id: int) -> str:
    """Gone, with its name given back; invoices that began with it stay as they are."""
    model: InvoiceModel | None = lock(InvoiceModel, [model_id]).get(model_id)
    if model is None:
        raise NotFoundError(_("There is no such model."))
    name = model.name
    session.delete(model)
    session.flush()
    return name


# --- using them
def start(source: Source, customer_id: int, *, actor_id: int) -> Invoice:
    """A draft for a customer with these terms and lines; dates, addresses, language and term are the customer's own.

    DomainError, naming the line, where one no longer fits today's limits.
    """
    invoice = drafts.create_blank(customer_id, actor_id=actor_id)
    values = replace(_values_of(invoice), **source.terms)
    _save(invoice, values, [], source)
    note([(drafts.BILL_KIND, invoice.id)], _("Begun from %(name)s", name=source.name))
    return invoice


def import_lines(draft_id: int, source: Source, *, version: int | None) -> int:
    """Add lines to an open draft, after its own; gives how many. Its terms stay as they are."""
    invoice = drafts.locked_draft(draft_id, version)
    if invoice.is_deposit:
        raise ConflictError(_("The lines of a deposit invoice follow from its order."))
    currency = source.terms.get("currency", "EUR")
    if currency != invoice.currency:
        raise DomainError(
            _(
                "%(name)s is in %(theirs)s, this draft in %(ours)s.",
                name=source.name,
                theirs=currency,
                ours=invoice.currency,
            )
        )
    names = [field.name for field in fields(LineValues) if field.name not in {"line_id", "labor_rate_id"}]
    own = [
        LineValues(**{name: getattr(line, name) for name in names}, line_id=line.id)
        for line in drafts.lines_of(draft_id)
    ]
    _save(invoice, _values_of(invoice), [_fixed(line, tax_included=invoice.tax_included) for line in own], source)
    note([(drafts.BILL_KIND, draft_id)], _("Lines imported from %(name)s", name=source.name))
    return len(source.lines)


def _save(invoice: Invoice, values: DraftValues, own: Sequence[LineValues], source: Source) -> None:
    company = company_services.the_company()
    rates = rates_of(invoice, company, drafts.customer_of(invoice.customer_id))
    lines = [line.values for line in source.lines]
    things = things_of(lines)
    wanted = {line.account_number for line in lines}
    accounts = set(session.scalars(sa.select(Account.number).where(Account.number.in_(wanted))))
    is_same = source.terms.get("tax_included") == values.tax_included
    known = {invoice.tax_rate_1, invoice.tax_rate_2, invoice.tax_rate_3, Decimal(0)}
    fitted = [
        _fitted(line, rates, things.get(thing_of(line.values), Taxed()), known, gross=values.tax_included and is_same)
        for line in source.lines
    ]
    fitted = [line if line.account_number in accounts else replace(line, account_number="") for line in fitted]
    if not fitted:
        raise DomainError(_("%(name)s has no line that could be used again.", name=source.name))
    drafts.save(invoice.id, values, [*own, *fitted], version=None)


def _fitted(line: SavedLine, rates: LineRates, thing: Taxed, known: set[Decimal], *, gross: bool) -> LineValues:
    """The line at the rate that it bears for this customer; its price with VAT stays where the rate does, else the net."""
    values = line.values
    if line.keeps_rate and values.tax_rate in known:
        thing = Taxed(values.tax_rate, values.special_status, thing.has_normal_rate_in_dwellings)
    proposal = rates.proposed(thing)
    rate = (proposal.tax_rate, proposal.special_status)
    is_same = rate == (values.tax_rate, values.special_status)
    changed = replace(values, tax_rate=rate[0], special_status=rate[1])
    return _fixed(changed, tax_included=gross and is_same)


def _fixed(values: LineValues, *, tax_included: bool) -> LineValues:
    """Only the unit price that counts."""
    return replace(values, amount=None) if tax_included else replace(values, amount_with_tax=None)


def _values_of(invoice: Invoice) -> DraftValues:
    return DraftValues(**{name: getattr(invoice, name) for name in _FIELDS})
