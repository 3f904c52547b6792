"""Totals as the pages list them, from a draft being typed, a review or a posted document alike."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Protocol

from flask_babel import gettext as _

from fsm.core.formats import money, percent
from fsm.documents.totals import TaxKey, TaxTotals


class Sums(Protocol):
    """What ``documents.totals.Totals`` and ``Invoice`` both have."""

    @property
    def total_without_tax(self) -> Decimal: ...
    @property
    def total_with_tax(self) -> Decimal: ...
    @property
    def discount_total_without_tax(self) -> Decimal: ...
    @property
    def cash_discount_total(self) -> Decimal: ...
    @property
    def total_refundable_deposit(self) -> Decimal: ...


def rate_name(key: TaxKey) -> str:
    """A row of the VAT table: "21 %", "0 % MC"."""
    return f"{percent(key.tax_rate)} {key.special_status}".strip()


def pairs(sums: Sums, taxes: Iterable[TaxTotals], currency: str, sign: int = 1) -> list[tuple[str, str]]:
    """(label, formatted amount), the total last; ``sign`` -1 shows negative figures as positive ones."""
    rows = []
    if sums.discount_total_without_tax:
        rows.append((_("Lines"), money((sums.total_without_tax + sums.discount_total_without_tax) * sign)))
        rows.append((_("Discount"), money(-sums.discount_total_without_tax * sign)))
    rows.append((_("Total without VAT"), money(sums.total_without_tax * sign)))
    rows += [
        (_("VAT %(rate)s on %(base)s", rate=rate_name(row.key), base=money(row.base * sign)), money(row.tax * sign))
        for row in taxes
    ]
    if sums.total_refundable_deposit:
        deposit = money(sums.total_refundable_deposit * sign)
        rows.append((_("of which refundable packaging"), deposit))
    if sums.cash_discount_total:
        in_time = (sums.total_with_tax - sums.cash_discount_total) * sign
        rows.append((_("To pay with the cash discount"), money(in_time)))
    rows.append((_("Total"), money(sums.total_with_tax * sign, currency)))
    return rows
