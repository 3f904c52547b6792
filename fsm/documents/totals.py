"""Totals of a priced document, by accounting.md 2: pure, and the same code for drafts, posting, PDF, e-invoice and API.

A credit note is the same document with its quantities turned: every figure then turns its sign, to the cent.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from flask_babel import gettext as _

from fsm.core.errors import DomainError
from fsm.core.money import percentage_of, rounded, share
from fsm.documents.models import CashDiscountMode, TaxCalculation

ZERO = Decimal("0.00")
REFUNDABLE_PACKAGING = "DR"
_PRICE_DECIMALS = 4
_ALL = 100


class TotalsError(DomainError):
    """Terms or a line that no totals can be made of; `line` counts from 0 where it is about one."""

    def __init__(self, sentence: str, field: str, line: int | None = None) -> None:
        super().__init__(sentence, field)
        self.line = line


@dataclass(frozen=True, slots=True)
class LineIn:
    """What a line says. Of the two unit prices the one that `Terms.tax_included` names counts."""

    quantity: Decimal
    amount: Decimal | None = None
    amount_with_tax: Decimal | None = None
    tax_rate: Decimal = Decimal(0)
    special_status: str = ""
    figure: Decimal | None = None
    """Net of the line (prices with VAT: its total) where it is not quantity x price, but what is left of another line."""
    is_deduction: bool = False
    """It takes off a deposit invoice, in which the document's discount has been counted already."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the document says; percentages are 5 for 5 %. An empty `tax_calculation` follows `tax_included`."""

    tax_calculation: TaxCalculation | None = None
    tax_included: bool = False
    discount_percentage: Decimal = Decimal(0)
    cash_discount_percentage: Decimal = Decimal(0)
    cash_discount_mode: CashDiscountMode = CashDiscountMode.ON_INVOICE

    @property
    def rounds_per_line(self) -> bool:
        """Whether VAT is that of the lines; always so for prices with VAT."""
        return self.tax_included or self.tax_calculation == TaxCalculation.ITEM


@dataclass(frozen=True, slots=True)
class TaxKey:
    """A row of the VAT table: several special statuses at 0 % are several rows."""

    tax_rate: Decimal
    special_status: str = ""


@dataclass(frozen=True, slots=True)
class LineTotals:
    """A line as shown (`net`, `tax`, `total`: before any discount of the document) and what the document makes of it."""

    key: TaxKey
    is_text: bool
    net: Decimal
    tax: Decimal
    total: Decimal
    discount: Decimal
    net_after_discount: Decimal
    cash_discount: Decimal
    charged_tax: Decimal | None
    """The line's part of the VAT; None where VAT is rounded per rate."""
    is_deduction: bool = False


@dataclass(frozen=True, slots=True)
class TaxTotals:
    """A row of the VAT table. `net` and `total` add up the lines as shown, before any discount."""

    key: TaxKey
    net: Decimal
    total: Decimal
    discount: Decimal
    net_after_discount: Decimal
    cash_discount: Decimal
    cash_discount_tax: Decimal
    """VAT that comes off with the cash discount when it is taken; only in mode `on_payment`."""
    base: Decimal
    tax: Decimal
    is_remainder: bool = False
    """Set by what earlier credit notes left, not by this document's own arithmetic."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Figures of a document, under S3's names where S3 has one."""

    lines: tuple[LineTotals, ...]
    taxes: tuple[TaxTotals, ...]
    """By rate, the highest first, then in the order of the lines."""
    discount_total_without_tax: Decimal
    discount_total_with_tax: Decimal
    cash_discount_total: Decimal
    total_refundable_deposit: Decimal
    total_without_tax: Decimal
    total_tax: Decimal
    total_with_tax: Decimal

    @property
    def amount_if_paid_in_time(self) -> Decimal:
        """What settles the document within the days of its cash discount."""
        return self.total_with_tax - self.cash_discount_total


def compute(lines: Sequence[LineIn], terms: Terms) -> Totals:
    """Raises TotalsError with the field, and the line where it is about one."""
    _check_terms(terms)
    shown = [_as_shown(line, terms, at) for at, line in enumerate(lines)]
    plain = _with_cash_discount(shown, terms) if terms.cash_discount_percentage else shown
    discounted = _with_cash_discount(_with_discount(shown, terms), terms) if terms.discount_percentage else plain
    taxes = tax_table(discounted, terms)
    taxes_of_plain = taxes if discounted is plain else tax_table(plain, terms)
    undiscounted = sum((row.net_after_discount + row.tax for row in taxes_of_plain), ZERO)
    return totals_of(discounted, taxes, undiscounted)


def totals_of(lines: Sequence[LineTotals], taxes: Sequence[TaxTotals], undiscounted_total: Decimal) -> Totals:
    """Add up a VAT table; `undiscounted_total` is total_with_tax as it would be without the document's discount."""
    without_tax = sum((row.net_after_discount for row in taxes), ZERO)
    tax = sum((row.tax for row in taxes), ZERO)
    return Totals(
        lines=tuple(lines),
        taxes=tuple(taxes),
        discount_total_without_tax=sum((row.discount for row in taxes), ZERO),
        discount_total_with_tax=undiscounted_total - without_tax - tax,
        cash_discount_total=sum((row.cash_discount + row.cash_discount_tax for row in taxes), ZERO),
        total_refundable_deposit=sum((row.net for row in taxes if _is_packaging(row.key)), ZERO),
        total_without_tax=without_tax,
        total_tax=tax,
        total_with_tax=without_tax + tax,
    )


def unit_prices(
    amount: Decimal | None, amount_with_tax: Decimal | None, tax_rate: Decimal, *, tax_included: bool
) -> tuple[Decimal, Decimal]:
    """Both unit prices, without and with VAT; the one that counts is kept, the other computed to 4 decimals.

    The one that does not count gives the other where it alone is given. Raises TotalsError where neither is.
    """
    if tax_included:
        if amount_with_tax is None and amount is not None:
            amount_with_tax = rounded(amount + percentage_of(amount, tax_rate), _PRICE_DECIMALS)
        if amount_with_tax is not None:
            return _without_tax(amount_with_tax, tax_rate, _PRICE_DECIMALS), amount_with_tax
        raise TotalsError(_("The unit price is missing."), "amount_with_tax")
    if amount is None and amount_with_tax is not None:
        amount = _without_tax(amount_with_tax, tax_rate, _PRICE_DECIMALS)
    if amount is not None:
        return amount, rounded(amount + percentage_of(amount, tax_rate), _PRICE_DECIMALS)
    raise TotalsError(_("The unit price is missing."), "amount")


def line_figure(line: LineIn, *, tax_included: bool) -> Decimal:
    """What a line comes to before any discount: its net or, of prices with VAT, its total; 0.00 for a text line."""
    if line.figure is not None or not line.quantity:
        return line.figure or ZERO
    price = line.amount_with_tax if tax_included else line.amount
    if price is None:
        prices = unit_prices(line.amount, line.amount_with_tax, line.tax_rate, tax_included=tax_included)
        price = prices[1 if tax_included else 0]
    return rounded(line.quantity * price)


def belgian_rounding_conflict(totals: Totals) -> Decimal | None:
    """The highest rate whose VAT is not `round(base x rate)`, which a structured invoice in Belgium asks since 2026."""
    for row in totals.taxes:
        if not row.is_remainder and row.tax != tax_of(row.base, row.key.tax_rate):
            return row.key.tax_rate
    return None


def tax_of(base: Decimal, tax_rate: Decimal) -> Decimal:
    """VAT of a base, to the cent."""
    return rounded(percentage_of(base, tax_rate))


def tax_inside(total: Decimal, tax_rate: Decimal) -> Decimal:
    """VAT contained in an amount with VAT, to the cent."""
    return total - _without_tax(total, tax_rate, 2)


def tax_table(lines: Sequence[LineTotals], terms: Terms) -> list[TaxTotals]:
    """The rows that the lines add up to; text lines make no row."""
    groups: dict[TaxKey, list[LineTotals]] = {}
    for line in lines:
        if not line.is_text:
            groups.setdefault(line.key, []).append(line)
    by_rate = sorted(groups.items(), key=lambda group: -group[0].tax_rate)
    return [_tax_row(key, group, terms) for key, group in by_rate]


def _tax_row(key: TaxKey, lines: Sequence[LineTotals], terms: Terms) -> TaxTotals:
    net_after_discount = sum((line.net_after_discount for line in lines), ZERO)
    cash_discount = sum((line.cash_discount for line in lines), ZERO)
    lowers_base = terms.cash_discount_mode == CashDiscountMode.ON_INVOICE
    base = net_after_discount - cash_discount if lowers_base else net_after_discount
    on_payment = terms.cash_discount_mode == CashDiscountMode.ON_PAYMENT
    return TaxTotals(
        key=key,
        net=sum((line.net for line in lines), ZERO),
        total=sum((line.total for line in lines), ZERO),
        discount=sum((line.discount for line in lines), ZERO),
        net_after_discount=net_after_discount,
        cash_discount=cash_discount,
        cash_discount_tax=tax_of(cash_discount, key.tax_rate) if on_payment else ZERO,
        base=base,
        tax=sum((line.charged_tax or ZERO for line in lines), ZERO)
        if terms.rounds_per_line
        else tax_of(base, key.tax_rate),
    )


def _check_terms(terms: Terms) -> None:
    if terms.tax_included and terms.tax_calculation == TaxCalculation.TOTAL:
        raise TotalsError(_("Prices with VAT are calculated per item."), "tax_calculation")
    if not 0 <= terms.discount_percentage <= _ALL:
        raise TotalsError(_("The discount is between 0 and 100 %."), "discount_percentage")
    if not 0 <= terms.cash_discount_percentage <= _ALL:
        raise TotalsError(_("The cash discount is between 0 and 100 %."), "cash_discount_percentage")
    if (
        terms.tax_included
        and terms.cash_discount_percentage
        and terms.cash_discount_mode == CashDiscountMode.ON_INVOICE
    ):
        raise TotalsError(
            _("A cash discount that lowers the VAT of the invoice does not go with prices with VAT."),
            "cash_discount_percentage",
        )


def _check_line(line: LineIn, at: int) -> None:
    if not 0 <= line.tax_rate <= _ALL:
        raise TotalsError(_("The VAT rate is between 0 and 100 %."), "tax_rate", at)
    if line.tax_rate and line.special_status:
        raise TotalsError(_("A special VAT status goes with 0 % only."), "tax_rate_special_status", at)


def _as_shown(line: LineIn, terms: Terms, at: int) -> LineTotals:
    _check_line(line, at)
    try:
        figure = line_figure(line, tax_included=terms.tax_included)
    except TotalsError as refusal:
        refusal.line = at
        raise
    if terms.tax_included:
        net, total = figure - tax_inside(figure, line.tax_rate), figure
    else:
        net, total = figure, figure + tax_of(figure, line.tax_rate)
    return LineTotals(
        key=TaxKey(line.tax_rate, line.special_status),
        is_text=not line.quantity,
        net=net,
        tax=total - net,
        total=total,
        discount=ZERO,
        net_after_discount=net,
        cash_discount=ZERO,
        charged_tax=total - net if terms.rounds_per_line else None,
        is_deduction=line.is_deduction,
    )


def _with_discount(lines: Sequence[LineTotals], terms: Terms) -> list[LineTotals]:
    """The document's discount, of the nets or, where prices are with VAT, of the totals."""
    figures = [ZERO if line.is_deduction else line.total if terms.tax_included else line.net for line in lines]
    shares = _shared(figures, terms.discount_percentage, lines, terms)
    return [_discounted(line, own, terms) for line, own in zip(lines, shares, strict=True)]


def _discounted(line: LineTotals, own: Decimal, terms: Terms) -> LineTotals:
    if not terms.tax_included:
        return replace(line, discount=own, net_after_discount=line.net - own)
    tax = tax_inside(line.total - own, line.key.tax_rate)
    net = line.total - own - tax
    return replace(line, discount=line.net - net, net_after_discount=net, charged_tax=tax)


def _with_cash_discount(lines: Sequence[LineTotals], terms: Terms) -> list[LineTotals]:
    """The cash discount, of what the first discount left; with it the VAT of lines that are rounded one by one."""
    nets = [line.net_after_discount for line in lines]
    shares = _shared(nets, terms.cash_discount_percentage, lines, terms)
    return [_cash_discounted(line, own, terms) for line, own in zip(lines, shares, strict=True)]


def _cash_discounted(line: LineTotals, own: Decimal, terms: Terms) -> LineTotals:
    if terms.tax_included or not terms.rounds_per_line:
        return replace(line, cash_discount=own)
    lowers_base = terms.cash_discount_mode == CashDiscountMode.ON_INVOICE
    base = line.net_after_discount - own if lowers_base else line.net_after_discount
    return replace(line, cash_discount=own, charged_tax=tax_of(base, line.key.tax_rate))


def _shared(
    figures: Sequence[Decimal], percentage: Decimal, lines: Sequence[LineTotals], terms: Terms
) -> tuple[Decimal, ...]:
    """A discount over the lines that bear it; where VAT is rounded per rate, over the rates first."""
    ideals = [
        ZERO if _is_packaging(line.key) else percentage_of(figure, percentage)
        for figure, line in zip(figures, lines, strict=True)
    ]
    discount = rounded(sum(ideals, ZERO))
    rates = [line.key.tax_rate for line in lines]
    if terms.rounds_per_line:
        return share(discount, ideals, rates)
    places: dict[TaxKey, list[int]] = {}
    for at, line in enumerate(lines):
        places.setdefault(line.key, []).append(at)
    sums = [sum((ideals[at] for at in group), ZERO) for group in places.values()]
    shares = list(ideals)
    of_rates = share(discount, sums, [key.tax_rate for key in places])
    for of_rate, group in zip(of_rates, places.values(), strict=True):
        of_lines = share(of_rate, [ideals[at] for at in group], [rates[at] for at in group])
        for at, own in zip(group, of_lines, strict=True):
            shares[at] = own
    return tuple(shares)


def _without_tax(amount: Decimal, tax_rate: Decimal, places: int) -> Decimal:
    return rounded(amount * _ALL / (_ALL + tax_rate), places)


def _is_packaging(key: TaxKey) -> bool:
    return key.special_status == REFUNDABLE_PACKAGING
