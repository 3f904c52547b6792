"""What posting will do, worked out before anything is written: used by ``services.post`` and by the review page."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from types import SimpleNamespace

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.catalog.tax_rates import CO_CONTRACTOR
from fsm.company import services as company_services
from fsm.company.models import Company
from fsm.company.vat import grid_of, tax_grid_of
from fsm.core.db import session, table_of
from fsm.core.errors import DomainError
from fsm.core.formats import money
from fsm.customers.models import Customer
from fsm.documents import queries as document_queries
from fsm.documents.totals import ZERO, TaxKey, Totals, belgian_rounding_conflict
from fsm.invoices import blank_credits, deposits, figures, posting
from fsm.invoices.crediting import Left, left_of, total_left, totals_of_credit
from fsm.invoices.models import Invoice, InvoiceKind, InvoiceLine
from fsm.ledger.models import ItemKind, ItemMovement, MovementRole, OpenItem

_LINE = table_of(InvoiceLine)
_LINES = sa.select(_LINE).where(_LINE.c.invoice_id.in_(sa.bindparam("ids", expanding=True))).order_by(_LINE.c.position)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a draft cannot be posted, and the field to mend."""

    field: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """A draft, worked out for a day: ``totals`` negative for a credit note, as S3 shows them."""

    invoice: figures.Document
    lines: Sequence[figures.Line]
    customer: Customer
    company: Company
    totals: Totals
    grids: Mapping[TaxKey, str]
    on: dt.date
    due_date: dt.date | None
    delivery_date: dt.date
    cash_discount_date_valid: dt.date | None
    corrects: Invoice | None
    credited: posting.Credited | None
    shows_tax: bool = True

    @property
    def is_credit_note(self) -> bool:
        """Whether it takes back."""
        return self.invoice.kind is InvoiceKind.CREDIT_NOTE

    def issued(self, number: str, facts_hash: str = "") -> posting.Issued:
        """As the posting rules want it."""
        sign = self.invoice.sign
        net = [
            (line.account_number, figure.key, figure.net_after_discount * sign)
            for line, figure in zip(self.lines, self.totals.lines, strict=True)
            if not figure.is_text
        ]
        return posting.Issued(
            invoice_id=self.invoice.id,
            is_credit_note=self.is_credit_note,
            number=number,
            customer_id=self.invoice.customer_id,
            client_name=self.invoice.client_name,
            on=self.on,
            due_date=self.due_date,
            currency=self.invoice.currency,
            exchange_rate=self.invoice.exchange_rate,
            total_with_tax=self.totals.total_with_tax * sign,
            revenue=posting.revenue_of(net),
            taxes=figures.signed_taxes(self.totals, sign),
            grids=self.grids,
            tax_grid=tax_grid_of(self.company.country_code, is_credit_note=self.is_credit_note),
            facts_hash=facts_hash,
        )


def prepare(invoices: Sequence[figures.Document], *, today: dt.date) -> list[Prepared]:
    """Work out drafts in a few queries whatever their number. DomainError where no totals can be made of one."""
    company, shows_tax = company_services.the_company(), document_queries.settings().shows_tax
    ids = [invoice.id for invoice in invoices]
    lines: dict[int, list[figures.Line]] = defaultdict(list)
    for row in session.execute(_LINES, {"ids": ids}):
        lines[row.invoice_id].append(SimpleNamespace(**row._asdict()))
    customer_ids = {invoice.customer_id for invoice in invoices}
    customers = {row.id: row for row in session.scalars(sa.select(Customer).where(Customer.id.in_(customer_ids)))}
    corrected_ids = {invoice.corrects_id for invoice in invoices if invoice.corrects_id}
    corrected = _corrected(corrected_ids)
    left, credited = left_of(corrected.values()), _credited(corrected)
    taken_over = blank_credits.credited_items(
        [row.corrects_taken_over_id for row in invoices if row.corrects_taken_over_id]
    )
    prepared = [
        _prepared(
            invoice,
            lines[invoice.id],
            customers[invoice.customer_id],
            company,
            today,
            corrected.get(invoice.corrects_id or 0),
            left.get(invoice.corrects_id or 0),
            credited.get(invoice.corrects_id or 0) or taken_over.get(invoice.corrects_taken_over_id or 0),
        )
        for invoice in invoices
    ]
    return prepared if shows_tax else [replace(one, shows_tax=False) for one in prepared]


def _corrected(ids: Collection[int]) -> dict[int, Invoice]:
    if not ids:
        return {}
    query = sa.select(Invoice).where(Invoice.id.in_(ids)).execution_options(populate_existing=True)
    return {row.id: row for row in session.scalars(query)}


def _credited(corrected: Mapping[int, Invoice]) -> dict[int, posting.Credited]:
    """Open items of the invoices that are credited, with the cash discount that their payments took and still have."""
    if not corrected:
        return {}
    query = sa.select(OpenItem).where(OpenItem.kind == ItemKind.INVOICE, OpenItem.source_id.in_(corrected))
    items = {item.id: item for item in session.scalars(query.execution_options(populate_existing=True))}
    taken: dict[int, Decimal] = defaultdict(lambda: ZERO)
    about = sa.func.coalesce(OpenItem.credits_item_id, OpenItem.id)
    moved = (
        sa.select(about, ItemMovement.amount)
        .join(OpenItem, OpenItem.id == ItemMovement.open_item_id)
        .where(about.in_(items), ItemMovement.role == MovementRole.DISCOUNT)
    )
    for item_id, amount in session.execute(moved):
        taken[item_id] -= amount
    return {
        item.source_id: posting.Credited(
            item.id, item.balance, item.balance_eur, taken[item.id], item.written_off, item.claimed
        )
        for item in items.values()
    }


def _prepared(
    invoice: figures.Document,
    lines: Sequence[figures.Line],
    customer: Customer,
    company: Company,
    today: dt.date,
    corrects: Invoice | None,
    left: Left | None,
    credited: posting.Credited | None,
) -> Prepared:
    is_credit = invoice.kind is InvoiceKind.CREDIT_NOTE
    totals = totals_of_credit(invoice, lines, left) if left else figures.totals_of(invoice, lines)
    if left and credited and -totals.total_with_tax == total_left(left):
        credited = credited.without_claims(invoice.exchange_rate)
    grids = {
        row.key: grid_of(
            row.key.tax_rate,
            row.key.special_status,
            company.country_code,
            is_credit_note=is_credit,
            scheme=company.vat_scheme,
        )
        for row in totals.taxes
    }
    on = invoice.invoice_date or today
    days = invoice.cash_discount_days_valid
    return Prepared(
        invoice=invoice,
        lines=lines,
        customer=customer,
        company=company,
        totals=totals,
        grids=grids,
        on=on,
        due_date=on + dt.timedelta(days=invoice.days_due) if invoice.days_due else None,
        delivery_date=invoice.delivery_date or on,
        cash_discount_date_valid=on + dt.timedelta(days=days) if invoice.cash_discount_percentage else None,
        corrects=corrects,
        credited=credited,
    )


def problems(prepared: Prepared, *, today: dt.date) -> Iterator[Problem]:
    """Everything that posting would refuse about the document itself; numbers and periods are the books' to refuse."""
    if not prepared.lines:
        yield Problem("lines", _("There is no line yet."))
    if prepared.on > today:
        yield Problem("invoice_date", _("A document may not be dated in the future."))
    for field, sentence in deposits.problems(prepared.invoice, prepared.lines, prepared.totals, prepared.corrects):
        yield Problem(field, sentence)
    if not prepared.is_credit_note and prepared.totals.total_with_tax < 0:
        yield Problem("lines", _("The total is below 0: make a credit note instead."))
    yield from _problems_of_crediting(prepared)
    if any(key.special_status == CO_CONTRACTOR for key in prepared.grids) and not prepared.invoice.client_vat_number:
        yield Problem("lines", _("Reverse charge needs the customer's VAT number."))
    if not prepared.shows_tax and prepared.totals.total_tax and prepared.corrects is None:
        yield Problem(
            "lines",
            _(
                "Documents show no VAT (a setting), but there is VAT of %(tax)s on this one: "
                "set its lines to 0 %%, or let documents show VAT.",
                tax=money(prepared.totals.total_tax * prepared.invoice.sign),
            ),
        )
    if _is_structured(prepared):
        rate = belgian_rounding_conflict(prepared.totals)
        if rate is not None:
            yield Problem(
                "tax_calculation",
                _(
                    "To a Belgian business VAT must be rounded per rate on the document (law of 2026): "
                    "at %(rate)s %% it is not. Calculate it on the total.",
                    rate=f"{rate.normalize():f}",
                ),
            )


def _problems_of_crediting(prepared: Prepared) -> Iterator[Problem]:
    if prepared.is_credit_note and prepared.corrects is None:
        amount = -prepared.totals.total_with_tax
        for field, sentence in blank_credits.problems(prepared.invoice, amount, prepared.on):
            yield Problem(field, sentence)
    if (
        prepared.corrects is not None
        and prepared.corrects.invoice_date
        and prepared.on < prepared.corrects.invoice_date
    ):
        yield Problem("invoice_date", _("A credit note is not dated before its invoice."))
    if prepared.credited is not None and prepared.credited.written_off:
        yield Problem("lines", _("Its debt was written off: undo that first, else the loss is taken twice."))


def _is_structured(prepared: Prepared) -> bool:
    """A Belgian structured e-invoice: between Belgian businesses."""
    country = prepared.invoice.billing_address.get("country_code")
    return prepared.company.country_code == "BE" and country == "BE" and prepared.customer.is_business


def refuse_problems(prepared: Prepared, *, today: dt.date) -> None:
    """DomainError with the first problem, naming the draft."""
    for problem in problems(prepared, today=today):
        raise DomainError(problem.sentence, problem.field)
