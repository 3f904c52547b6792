"""What customer, site and settings say of a new document."""

from decimal import Decimal
from typing import Any

from fsm.company import services as company_services
from fsm.customers.models import Customer, Site
from fsm.documents.models import TaxCalculation
from fsm.documents.queries import default_layout, settings


class DocumentDefaults:
    """Read once for many."""

    def __init__(self) -> None:
        self.company, self.document = company_services.the_company(), settings()
        self.layout = default_layout()

    def of(self, customer: Customer, site: Site | None) -> dict[str, Any]:
        """The columns that all kinds of documents have, for this customer."""
        defaults, company = self.document, self.company
        return {
            "customer_id": customer.id,
            "client_name": customer.name,
            "client_attention": customer.attention,
            "client_vat_number": customer.vat_number,
            "billing_address": customer.billing_address.as_dict(),
            "delivery_address": customer.delivery_address.as_dict(),
            "site_address": (site.address if site else customer.delivery_address).as_dict(),
            "site_id": site.id if site else None,
            "site_name": site.name if site else "",
            "days_due": defaults.days_due if customer.days_due is None else customer.days_due,
            "cash_discount_mode": defaults.cash_discount_mode,
            "currency": customer.currency,
            "exchange_rate": Decimal(1),
            "language": customer.language or company.language,
            "tax_calculation": TaxCalculation.ITEM if defaults.tax_included else defaults.tax_calculation,
            "tax_included": defaults.tax_included,
            "tax_rate_1": company.tax_rate_1,
            "tax_rate_2": company.tax_rate_2,
            "tax_rate_3": company.tax_rate_3,
            "discount_percentage": Decimal(0),
            "cash_discount_percentage": Decimal(0),
            "cash_discount_days_valid": 0,
            "note": defaults.note,
            "note_html": defaults.note_html,
            "layout_id": self.layout.id if self.layout else None,
        }
