"""Drafts: a blank one, one from service orders, saving, deleting. A draft has no number and may change freely."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import fields
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.catalog.tax_rates import Taxed
from fsm.company import services as company_services
from fsm.company.queries import default_bank_account
from fsm.core import bulk
from fsm.core.audit import note, notes, now
from fsm.core.db import lock, session
from fsm.core.errors import ConflictError, DomainError, NotFoundError
from fsm.core.formats import local
from fsm.core.state import check_version
from fsm.customers.models import Customer, Site
from fsm.documents import beside
from fsm.documents.defaults import DocumentDefaults
from fsm.documents.limits import check_document, check_lines
from fsm.documents.lines import columns_of, costs_of, extras_of, resolved, thing_of, things_of
from fsm.documents.models import Layout, TaxCalculation
from fsm.documents.rates import LineRates
from fsm.documents.totals import ZERO
from fsm.documents.values import LineValues
from fsm.invoices import draft_fields, figures
from fsm.invoices.follow_up import change_follow_up
from fsm.invoices.models import Invoice, InvoiceFollowUp, InvoiceKind, InvoiceLine, InvoiceServiceOrder, InvoiceState
from fsm.invoices.rates import rates_of
from fsm.invoices.run_models import InvoiceRunRow, RowState
from fsm.invoices.values import DraftValues, FollowUpValues
from fsm.ledger.queries import account_of_role
from fsm.service_orders import claims

BILL_KIND = "invoice"


def create_blank(customer_id: int, *, actor_id: int, site_id: int | None = None) -> Invoice:
    """An empty draft for a customer, with all that is known of the customer, the site and the settings filled in."""
    customer = customer_of(customer_id)
    site = session.get(Site, site_id) if site_id else None
    if site_id and (site is None or customer_id not in {site.customer_id, site.payer_id}):
        raise DomainError(_("This customer has nothing to do with that site."), "customer_id")
    invoice = new_draft(customer, site, actor_id)
    note([("invoice", invoice.id), ("customer", customer.id)], _("Draft invoice made"))
    return invoice


def create_many(
    wanted: Sequence[tuple[int, Sequence[LineValues]]], *, actor_id: int, invoice_date: dt.date | None = None
) -> list[int]:
    """Drafts for (customer id, lines) by a few statements whatever their number; gives their ids in this order.

    The bulk way of ``create_blank`` and ``save``: the same defaults, limits and totals.
    """
    defaults, roles, costs = Defaults(), account_of_role(), costs_of([line for _id, lines in wanted for line in lines])
    rates = defaults.company.tax_rates
    customers = {
        row.id: row for row in session.scalars(sa.select(Customer).where(Customer.id.in_({id_ for id_, _l in wanted})))
    }
    check_lines([line for _id, lines in wanted for line in lines], defaults.company, rates)
    things = things_of([line for _id, lines in wanted for line in lines])
    invoices, of_invoice, moment = [], [], now()
    of_customer = {customer_id: defaults.of(customer, None) for customer_id, customer in customers.items()}
    for customer_id, values in wanted:
        # Plain values, not mapped rows: the unit of work would cost more than everything else here.
        invoice = SimpleNamespace(**of_customer[customer_id], sign=1)
        lines = [
            SimpleNamespace(**columns_of(line, place, roles, tax_included=invoice.tax_included))
            for place, line in enumerate(values, start=1)
        ]
        proposals = LineRates(defaults.company, customers[customer_id], on=invoice_date or local(moment).date())
        for line, value in zip(lines, values, strict=True):
            line.rate_reason = proposals.reason(value, things.get(thing_of(value), Taxed()), None)
        figures.store(invoice, lines, figures.totals_of(invoice, lines))
        of_invoice.append(lines)
        columns = {name: value for name, value in vars(invoice).items() if name != "sign"}
        invoices.append(columns | {"invoice_date": invoice_date, "created_by_id": actor_id, "created_at": moment})
    ids = bulk.insert(Invoice, invoices)
    bulk.add(
        InvoiceLine,
        [
            vars(line) | {"invoice_id": invoice_id, "unit_cost": costs.get(line.stock_item_id, ZERO)}
            for invoice_id, lines in zip(ids, of_invoice, strict=True)
            for line in lines
        ],
    )
    bulk.insert(
        InvoiceFollowUp,
        [
            {"invoice_id": invoice_id, "automatic_reminders": defaults.reminds(customers[customer_id])}
            for invoice_id, (customer_id, _lines) in zip(ids, wanted, strict=True)
        ],
    )
    note([(BILL_KIND, invoice_id) for invoice_id in ids], _("Draft invoice made"))
    return ids


def customer_of(customer_id: int) -> Customer:
    """The customer; NotFoundError where there is none."""
    customer = session.get(Customer, customer_id)
    if customer is None:
        raise NotFoundError(_("There is no such customer."), "customer_id")
    return customer


def new_draft(customer: Customer, site: Site | None, actor_id: int) -> Invoice:
    """A draft with all that customer, site and settings say, without lines."""
    defaults = Defaults()
    invoice = Invoice(**defaults.of(customer, site), created_by_id=actor_id, created_at=now())
    session.add(invoice)
    session.flush()
    session.add(InvoiceFollowUp(invoice_id=invoice.id, automatic_reminders=defaults.reminds(customer)))
    session.flush()
    return invoice


class Defaults:
    """What the settings say of a new draft, read once for many."""

    def __init__(self) -> None:
        self.shared = DocumentDefaults()
        self.company, self.document = self.shared.company, self.shared.document
        account, layout = default_bank_account(), self.shared.layout
        self._account_id = account.id if account else None
        self.bank_account_id = (layout.bank_account_id if layout else None) or self._account_id

    def account_of(self, layout_id: int | None) -> int | None:
        """Where documents in this layout ask to be paid: its own account, else the company's default one."""
        layout = session.get(Layout, layout_id) if layout_id else self.shared.layout
        return (layout.bank_account_id if layout else None) or self._account_id

    def late_interest_rate_of(self, customer: Customer) -> int | None:
        """The named rate for this kind of customer."""
        document = self.document
        return (
            document.business_late_interest_rate_id if customer.is_business else document.consumer_late_interest_rate_id
        )

    def reminds(self, customer: Customer) -> bool:
        """The customer's own choice, else the settings'."""
        own = customer.automatic_reminders
        return self.document.automatic_reminders if own is None else own

    def of(self, customer: Customer, site: Site | None) -> dict[str, Any]:
        """The columns of a draft for this customer."""
        return {
            **self.shared.of(customer, site),
            "kind": InvoiceKind.INVOICE,
            "state": InvoiceState.DRAFT,
            "late_interest_rate_id": self.late_interest_rate_of(customer),
            "bank_account_id": self.bank_account_id,
        }


def recompute(invoice: Invoice, lines: Sequence[InvoiceLine]) -> None:
    """Store the totals of these lines."""
    figures.store(invoice, lines, figures.totals_of(invoice, lines))
    session.flush()


def locked_draft(invoice_id: int, version: int | None = None) -> Invoice:
    """The draft, held until the transaction ends; ConflictError when it is posted or was changed meanwhile."""
    invoice: Invoice | None = lock(Invoice, [invoice_id]).get(invoice_id)
    if invoice is None:
        raise NotFoundError(_("There is no such invoice."))
    if invoice.state is not InvoiceState.DRAFT:
        raise ConflictError(_("This invoice is posted: it is final. Withdraw it or credit it."))
    check_version(invoice.version, version)
    return invoice


def lines_of(invoice_id: int) -> list[InvoiceLine]:
    """The lines in their order, fresh."""
    query = sa.select(InvoiceLine).where(InvoiceLine.invoice_id == invoice_id).order_by(InvoiceLine.position)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def save(
    invoice_id: int,
    values: DraftValues,
    lines: Sequence[LineValues],
    *,
    version: int | None,
    follow_up: FollowUpValues | None = None,
) -> Invoice:
    """Save a draft invoice and its lines; lines that are gone release the work that they claimed.

    DomainError with the field, for a line as ``lines-<place>-<field>``; ConflictError for a stale version.
    """
    invoice = locked_draft(invoice_id, version)
    if invoice.corrects_id is not None:
        raise ConflictError(_("A credit note is changed by its own page."))
    company = company_services.the_company()
    values = draft_fields.resolved(values, invoice)
    check_document(values)
    before = {line.id: line for line in lines_of(invoice.id)}
    lines = resolved(lines, {line_id: line.custom_values for line_id, line in before.items()})
    check_lines(lines, company, (invoice.tax_rate_1, invoice.tax_rate_2, invoice.tax_rate_3))
    if follow_up is not None:
        change_follow_up(invoice, follow_up)
    is_switched = values.without_co_contractor != invoice.without_co_contractor
    for field in fields(values):
        setattr(invoice, field.name, getattr(values, field.name))
    if invoice.tax_included:
        invoice.tax_calculation = TaxCalculation.ITEM
    if invoice.is_deposit:  # the order's discounts are counted in its amounts, or by the final invoice
        invoice.discount_percentage = invoice.cash_discount_percentage = ZERO
        invoice.cash_discount_days_valid = 0
    stored = _replace_lines(invoice, lines, before, is_switched=is_switched)
    recompute(invoice, stored)
    return invoice


def _replace_lines(
    invoice: Invoice, wanted: Sequence[LineValues], before: Mapping[int, InvoiceLine], *, is_switched: bool
) -> list[InvoiceLine]:
    """``is_switched``: the co-contractor regime was switched off or on, and the lines follow."""
    kept = {values.line_id for values in wanted if values.line_id in before}
    gone = [line for line_id, line in before.items() if line_id not in kept]
    if gone:
        claims.release_draft(BILL_KIND, invoice.id, [line.id for line in gone])
        for line in gone:
            session.delete(line)
    for line in before.values():
        line.position = -line.position  # positions are unique: step aside before taking new places
    session.flush()
    roles, costs, things = account_of_role(), costs_of(wanted), things_of(wanted)
    rates = rates_of(invoice, company_services.the_company(), customer_of(invoice.customer_id))
    stored = []
    for position, asked in enumerate(wanted, start=1):
        known, thing = before.get(asked.line_id or 0), things.get(thing_of(asked), Taxed())
        values = rates.switched(asked, thing, known) if is_switched else asked
        line = InvoiceLine(invoice_id=invoice.id, unit_cost=ZERO) if known is None else known
        line.rate_reason = rates.reason(values, thing, known)
        of_deposit = invoice.is_deposit or line.deducts_invoice_id is not None
        columns = columns_of(values, position, roles, tax_included=invoice.tax_included, of_deposit=of_deposit)
        columns |= extras_of(values)
        for name, value in columns.items():
            setattr(line, name, value)
        if line.stock_item_id in costs and not line.unit_cost:
            line.unit_cost = costs[line.stock_item_id]
        session.add(line)
        stored.append(line)
    session.flush()
    return stored


def delete_draft(invoice_id: int, *, version: int | None = None) -> None:
    """Delete a draft; the hours and parts that it claimed are to bill again. It never had a number."""
    _leave_runs([invoice_id])
    delete_drafts([locked_draft(invoice_id, version)])


def delete_drafts(drafts: Sequence[Invoice]) -> None:
    """The same for many that are held already; a few statements whatever their number."""
    ids = [draft.id for draft in drafts]
    links = sa.select(InvoiceServiceOrder.service_order_id).where(InvoiceServiceOrder.invoice_id.in_(ids))
    order_ids = list(session.scalars(links.order_by(InvoiceServiceOrder.service_order_id)))
    _leave_runs(ids)
    claims.release_drafts(BILL_KIND, ids)
    beside.forget(BILL_KIND, ids)
    for model in (InvoiceServiceOrder, InvoiceFollowUp, InvoiceLine):
        session.execute(sa.delete(model).where(model.invoice_id.in_(ids)))
    told = [("service_order", order_id) for order_id in order_ids]
    told += [("customer", draft.customer_id) for draft in drafts]
    notes(([subject], _("Draft invoice deleted")) for subject in told)
    for draft in drafts:
        session.delete(draft)
    session.flush()


def _leave_runs(invoice_ids: Sequence[int]) -> None:
    """Month-end runs do without these drafts; asked for first, since a run's job locks its rows before the drafts."""
    session.execute(
        sa.update(InvoiceRunRow)
        .where(InvoiceRunRow.invoice_id.in_(invoice_ids))
        .values(invoice_id=None, state=RowState.SKIPPED, sentence=_("Its draft was deleted."))
        .execution_options(synchronize_session=False)
    )
