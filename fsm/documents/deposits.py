"""Deposits by accounting.md 5: their amounts per VAT rate, and what a final invoice takes off. Pure.

Amounts are nets or, of prices with VAT, totals with VAT: what has to add up exactly.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from fsm.core.money import percentage_of, rounded, share
from fsm.documents.totals import REFUNDABLE_PACKAGING, ZERO, TaxKey, TaxTotals

Amounts = Mapping[TaxKey, Decimal]


def bases(taxes: Iterable[TaxTotals], *, tax_included: bool) -> dict[TaxKey, Decimal]:
    """What deposits are a percentage of, per row of the VAT table: after discount, packaging left out."""
    return {
        row.key: row.net_after_discount + (row.tax if tax_included else ZERO)
        for row in taxes
        if row.key.special_status != REFUNDABLE_PACKAGING
    }


def deposit(base: Amounts, percentage: Decimal, left: Amounts) -> dict[TaxKey, Decimal]:
    """The amounts of one deposit; never more than earlier ones ``left`` of a rate. Rates that come to 0 are left out."""
    keys = list(base)
    ideals = [percentage_of(base[key], percentage) for key in keys]
    shares = share(rounded(sum(ideals, ZERO)), ideals, [key.tax_rate for key in keys])
    amounts = {key: min(own, left.get(key, ZERO)) for key, own in zip(keys, shares, strict=True)}
    return {key: amount for key, amount in amounts.items() if amount > 0}


def deductions(base: Amounts, deposits: Sequence[Amounts]) -> list[dict[TaxKey, Decimal]]:
    """What a final invoice takes off for each deposit, the first one first: never more than its own base of a rate."""
    left = dict(base)
    taken = []
    for one in deposits:
        amounts = {key: min(amount, left.get(key, ZERO)) for key, amount in one.items()}
        own = {key: amount for key, amount in amounts.items() if amount > 0}
        for key, amount in own.items():
            left[key] -= amount
        taken.append(own)
    return taken
