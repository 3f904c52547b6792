"""Lines of invoices: whose prices they have, and the quantities of credit notes, which are negative in S3."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from fsm.api.lines import Priced
from fsm.company import services as company_services
from fsm.documents.values import LineValues
from fsm.invoices.drafts import customer_of
from fsm.invoices.models import Invoice
from fsm.invoices.rates import day_of, rates_of


def priced(invoice: Invoice) -> Priced:
    """For a stored draft."""
    customer_id = invoice.customer_id
    return Priced(
        customer_id,
        day_of(invoice),
        lambda: rates_of(invoice, company_services.the_company(), customer_of(customer_id)),
    )


def is_negative(lines: Sequence[LineValues]) -> bool:
    """Whether they come to less than nothing: then they make a credit note (S3)."""
    total = sum(
        (line.quantity * (line.amount if line.amount is not None else line.amount_with_tax or 0) for line in lines),
        Decimal(0),
    )
    return total < 0


def turned(lines: Sequence[LineValues]) -> list[LineValues]:
    """With quantities of the other sign: a credit note keeps positive ones."""
    return [replace(line, quantity=-line.quantity) for line in lines]
