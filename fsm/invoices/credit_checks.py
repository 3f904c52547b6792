"""What must always be true of credit notes; a sentence per violation (accounting.md 8)."""

import functools
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import aliased

from fsm.invoices.checks import IS_POSTED
from fsm.invoices.models import Invoice, InvoiceLine, InvoiceState, InvoiceTax
from fsm.ledger.checks import AnySelect, streamed


def credits_never_exceed() -> Iterator[str]:
    """Posted credit notes take back no more than was invoiced: per line, per rate, in total."""
    for number, position in streamed(_lines_exceeded()):
        yield _("%(number)s, line %(position)s: more is credited than was invoiced.", number=number, position=position)
    yield from _rates_exceeded()
    for (number,) in streamed(_totals_exceeded()):
        yield _("%(number)s: the credit notes come to more than its total.", number=number)


@functools.cache
def _totals_exceeded() -> AnySelect:
    credit = aliased(Invoice)
    return (
        sa.select(Invoice.number)
        .join(credit, credit.corrects_id == Invoice.id)
        .where(credit.state == InvoiceState.POSTED)
        .group_by(Invoice.id, Invoice.number, Invoice.total_with_tax)
        .having(_exceeds(credit.total_with_tax, Invoice.total_with_tax))
        .order_by(Invoice.id)
    )


@functools.cache
def _lines_exceeded() -> AnySelect:
    line, credited = aliased(InvoiceLine), aliased(InvoiceLine)
    return (
        sa.select(Invoice.number, line.position)
        .join(Invoice, Invoice.id == line.invoice_id)
        .join(credited, credited.credits_line_id == line.id)
        .where(credited.invoice_id.in_(sa.select(Invoice.id).where(IS_POSTED).correlate(None)))
        .group_by(Invoice.number, Invoice.is_deposit, line.id, line.position, line.quantity, line.total_without_tax)
        .having(
            sa.or_(
                sa.and_(~Invoice.is_deposit, _exceeds(credited.quantity, line.quantity)),
                _exceeds(credited.total_without_tax, line.total_without_tax),
            )
        )
        .order_by(line.id)
    )


def _exceeds(credited: Any, invoiced: Any) -> sa.ColumnElement[bool]:  # noqa: ANN401 - exact columns
    """A sum that goes beyond a figure in the figure's own direction; a negative one is taken back by negative ones."""
    taken = sa.func.sum(credited)
    return sa.or_(
        sa.and_(invoiced >= 0, sa.or_(taken > invoiced, taken < 0)),
        sa.and_(invoiced < 0, sa.or_(taken < invoiced, taken > 0)),
    )


def _rates_exceeded() -> Iterator[str]:
    for number, rate in streamed(_at_rates_exceeded()):
        yield _(
            "%(number)s: more is credited at %(rate)s %% than was invoiced.",
            number=number,
            rate=f"{rate.normalize():f}",
        )


@functools.cache
def _at_rates_exceeded() -> AnySelect:
    credit, tax = aliased(Invoice), aliased(InvoiceTax)
    same_rate = sa.and_(
        InvoiceTax.invoice_id == Invoice.id,
        InvoiceTax.tax_rate == tax.tax_rate,
        InvoiceTax.special_status == tax.special_status,
    )
    return (
        sa.select(Invoice.number, tax.tax_rate)
        .join(credit, credit.corrects_id == Invoice.id)
        .join(tax, tax.invoice_id == credit.id)
        .outerjoin(InvoiceTax, same_rate)
        .where(credit.state == InvoiceState.POSTED)
        .group_by(Invoice.id, Invoice.number, tax.tax_rate, tax.special_status, InvoiceTax.base, InvoiceTax.tax)
        .having(
            sa.or_(InvoiceTax.base.is_(None), _exceeds(tax.base, InvoiceTax.base), _exceeds(tax.tax, InvoiceTax.tax))
        )
        .order_by(Invoice.id)
    )
