"""Totals of a credit note beside the ones before it, so that together they never take back more than was invoiced.

Each credit note rounds for itself; the one that completes a rate therefore takes what is left of its net and VAT
(accounting.md 5: 2 x 1.12 at 21 %, VAT 0.47, credited 1.12 twice: VAT 0.24, then 0.23). Credit notes have turned
signs throughout.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from fsm.core.money import share_by_weight
from fsm.documents.models import CashDiscountMode
from fsm.documents.totals import (
    ZERO,
    LineIn,
    LineTotals,
    TaxKey,
    TaxTotals,
    Terms,
    Totals,
    TotalsError,
    compute,
    line_figure,
    tax_inside,
    tax_of,
    totals_of,
)

_AMOUNTS = tuple(field.name for field in fields(TaxTotals) if field.type is Decimal)


def left_to_credit(invoiced: Iterable[TaxTotals], credited_before: Iterable[TaxTotals]) -> dict[TaxKey, TaxTotals]:
    """What the credit notes so far left of each row of the invoice's VAT table, in the invoice's sign."""
    left = {row.key: row for row in invoiced}
    for row in credited_before:
        left[row.key] = _added(left[row.key], row)
    return left


def compute_credit(lines: Sequence[LineIn], terms: Terms, left: Mapping[TaxKey, TaxTotals]) -> Totals:
    """Totals of a credit note on the invoice of which `left` is left, under the invoice's own terms.

    A rate is completed when the lines take all that is left of it before discount; its row then is what is left. Any
    other row is cut down where rounding would take more than that. Raises TotalsError where the lines themselves take
    more than is left of a rate, or are at a rate that the invoice does not have.
    """
    plain = compute(lines, terms)
    taxes = [_limited(row, left.get(row.key), terms) for row in plain.taxes]
    spread = list(plain.lines)
    for row in taxes:
        if row.is_remainder:
            _spread(row, spread)
    return totals_of(spread, taxes, plain.total_with_tax + plain.discount_total_with_tax)


def credit_line(line: LineIn, left_quantity: Decimal, left_figure: Decimal, *, tax_included: bool) -> LineIn:
    """The line with its figure fixed where quantity x price would not do: it completes the invoice's line, or exceeds it.

    `left_quantity` and `left_figure` (net, or total of prices with VAT) are what earlier credit notes left of the
    invoice's line, in the invoice's sign; `line` has the turned quantity.
    """
    if -line.quantity == left_quantity:
        return replace(line, figure=-left_figure)
    figure = line_figure(line, tax_included=tax_included)
    return replace(line, figure=-left_figure) if abs(figure) > abs(left_figure) else line


def _limited(row: TaxTotals, left: TaxTotals | None, terms: Terms) -> TaxTotals:
    if left is None:
        raise TotalsError(
            _("The invoice has nothing at %(rate)s %% to credit.", rate=_plain(row.key.tax_rate)), "tax_rate"
        )
    most = left.total if terms.tax_included else left.net
    asked = -row.total if terms.tax_included else -row.net
    if asked == most:
        return replace(_signed(left, -1), net=row.net, total=row.total, is_remainder=True)
    sign = -1 if most < 0 else 1
    if not 0 <= asked * sign <= most * sign:
        raise TotalsError(
            _("Only %(left)s is left to credit at %(rate)s %%.", left=most, rate=_plain(row.key.tax_rate)), "amount"
        )
    cut = _cut_with_tax if terms.tax_included else _cut
    limited = _signed(cut(_signed(row, -sign), _signed(left, sign), terms), -sign)
    return row if limited == row else replace(limited, is_remainder=True)


def _cut(row: TaxTotals, left: TaxTotals, terms: Terms) -> TaxTotals:
    """No figure above what is left; both rows in the sign in which they are positive."""
    net = min(row.net - min(row.discount, left.discount), left.net_after_discount)
    cash_discount = min(row.cash_discount, left.cash_discount)
    base = net
    if terms.cash_discount_mode == CashDiscountMode.ON_INVOICE:
        base = min(net - cash_discount, left.base)
        cash_discount = net - base
    tax = row.tax if base == row.base else tax_of(base, row.key.tax_rate)
    return replace(
        row,
        discount=row.net - net,
        net_after_discount=net,
        cash_discount=cash_discount,
        cash_discount_tax=min(row.cash_discount_tax, left.cash_discount_tax),
        base=base,
        tax=min(tax, left.tax),
    )


def _cut_with_tax(row: TaxTotals, left: TaxTotals, terms: Terms) -> TaxTotals:
    """As `_cut`, but what is fixed is the amount with VAT, of which net and VAT are the parts."""
    del terms  # prices with VAT have one way of rounding
    own_total = row.net_after_discount + row.tax
    left_total = left.net_after_discount + left.tax
    total = min(row.total - min(row.total - own_total, left.total - left_total), left_total)
    tax = row.tax if total == own_total else tax_inside(total, row.key.tax_rate)
    net = min(total - min(tax, left.tax), left.net_after_discount)
    return replace(
        row,
        discount=row.net - net,
        net_after_discount=net,
        cash_discount=min(row.cash_discount, left.cash_discount),
        cash_discount_tax=min(row.cash_discount_tax, left.cash_discount_tax),
        base=net,
        tax=total - net,
    )


def _spread(row: TaxTotals, lines: list[LineTotals]) -> None:
    """Let the lines of a row add up to it again: the cents between them go to the largest lines."""
    places = [at for at, line in enumerate(lines) if line.key == row.key and not line.is_text]
    group = [lines[at] for at in places]
    weights = [line.net for line in group]
    rates = [row.key.tax_rate for _line in group]

    def cents(wanted: Decimal, figures: list[Decimal]) -> tuple[Decimal, ...]:
        return share_by_weight(wanted - sum(figures, ZERO), weights, rates)

    nets = cents(row.net_after_discount, [line.net_after_discount for line in group])
    cash_discounts = cents(row.cash_discount, [line.cash_discount for line in group])
    taxes = cents(row.tax, [line.charged_tax or ZERO for line in group])
    for at, line, net, cash_discount, tax in zip(places, group, nets, cash_discounts, taxes, strict=True):
        lines[at] = replace(
            line,
            discount=line.discount - net,
            net_after_discount=line.net_after_discount + net,
            cash_discount=line.cash_discount + cash_discount,
            charged_tax=None if line.charged_tax is None else line.charged_tax + tax,
        )


def _added(one: TaxTotals, other: TaxTotals) -> TaxTotals:
    amounts: dict[str, Any] = {name: getattr(one, name) + getattr(other, name) for name in _AMOUNTS}
    return replace(one, **amounts)


def _signed(row: TaxTotals, sign: int) -> TaxTotals:
    amounts: dict[str, Any] = {name: getattr(row, name) * sign or ZERO for name in _AMOUNTS}
    return replace(row, **amounts)


def _plain(tax_rate: Decimal) -> str:
    return f"{tax_rate.normalize():f}"
