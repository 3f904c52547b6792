"""Drafts chosen in the list and posted as a run, where they are more than somebody waits for.

The run is one of month-end's (``month_end`` works it off) without grouping, whose rows are drafts from the first.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.core import bulk
from fsm.core.db import session
from fsm.core.errors import DomainError
from fsm.documents.totals import ZERO
from fsm.invoices import month_end
from fsm.invoices.models import Invoice, InvoiceKind, InvoiceLine, InvoiceState
from fsm.invoices.run_models import InvoiceRun, InvoiceRunRow, RowState


def start(invoice_ids: Sequence[int], *, actor_id: int, today: dt.date) -> InvoiceRun:
    """Write the run and its rows; the worker posts. A draft without a date gets ``today``, whenever its turn comes.

    What is no draft any more has its row, passed over with the reason; what was deleted has none. DomainError where no
    draft is left of them.
    """
    columns = (Invoice.id, Invoice.state, Invoice.kind, Invoice.customer_id, Invoice.currency)
    sums = (Invoice.total_without_tax, Invoice.total_tax, Invoice.total_with_tax)
    query = sa.select(*columns, *sums).where(Invoice.id.in_(invoice_ids)).order_by(Invoice.id)
    found = session.execute(query).all()
    drafts = [row for row in found if row.state is InvoiceState.DRAFT]
    if not drafts:
        raise DomainError(_("None of the chosen documents is a draft any more. Go back and reload the list."))
    run = month_end.begin(
        _totals(drafts),
        posting_date=today,
        criteria={"chosen": len(invoice_ids)},
        row_count=len(found),
        actor_id=actor_id,
    )
    lines = _line_counts([row.id for row in drafts])
    bulk.add(InvoiceRunRow, [_row(row, lines) | {"run_id": run.id} for row in found])
    return run


def _row(invoice: Any, lines: dict[int, int]) -> dict[str, Any]:  # noqa: ANN401 - a row of columns
    sentences = {
        InvoiceState.DRAFT: "",
        InvoiceState.POSTED: _("It is posted already."),
        InvoiceState.WITHDRAWN: _("It was withdrawn."),
    }
    return {
        "customer_id": invoice.customer_id,
        "invoice_id": invoice.id,
        "state": RowState.DRAFTED if invoice.state is InvoiceState.DRAFT else RowState.SKIPPED,
        "sentence": sentences[invoice.state],
        "line_count": lines.get(invoice.id, 0),
    }


def _line_counts(invoice_ids: Sequence[int]) -> dict[int, int]:
    query = sa.select(InvoiceLine.invoice_id, sa.func.count()).where(InvoiceLine.invoice_id.in_(invoice_ids))
    return dict(session.execute(query.group_by(InvoiceLine.invoice_id)).all())


def _totals(drafts: Iterable[Any]) -> dict[str, list[Decimal]]:
    """(net, VAT, total) by currency; credit notes take off."""
    sums: dict[str, list[Decimal]] = {}
    for row in drafts:
        sign = -1 if row.kind is InvoiceKind.CREDIT_NOTE else 1
        amounts = (row.total_without_tax, row.total_tax, row.total_with_tax)
        before = sums.get(row.currency, [ZERO, ZERO, ZERO])
        sums[row.currency] = [sum_ + sign * amount for sum_, amount in zip(before, amounts, strict=True)]
    return sums
