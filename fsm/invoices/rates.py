"""Which VAT rate a proposed line bears: the first rule of accounting.md 6 that fits."""

from decimal import Decimal

from fsm.company.models import Company, VatScheme
from fsm.customers.models import Customer

CO_CONTRACTOR = "MC"


def is_co_contracted(company: Company, customer: Customer) -> bool:
    """Belgian reverse charge: the company applies it, and the customer is a Belgian taxpayer who files returns."""
    return (
        company.is_co_contractor
        and customer.is_subject_to_vat
        and customer.vat_number.startswith("BE")
        and customer.files_periodic_returns
    )


def proposed_rate(
    company: Company, customer: Customer, own_rate: Decimal | None, own_status: str
) -> tuple[Decimal, str]:
    """(rate, special status): small business and co-contractor before the item's own, before the company's default."""
    if company.vat_scheme is VatScheme.SMALL_BUSINESS:
        return Decimal(0), ""
    if own_rate is not None and own_status:
        return own_rate, own_status
    if is_co_contracted(company, customer):
        return Decimal(0), CO_CONTRACTOR
    return (company.default_tax_rate if own_rate is None else own_rate), ""
