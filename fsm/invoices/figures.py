"""The figures of documents, and what invoices add: plain rows of them, and rows of ``invoice_tax``."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, TypeAlias

import sqlalchemy as sa

from fsm.documents.figures import (
    changed_lines,
    line_in,
    signed,
    signed_taxes,
    store,
    tax_columns,
    tax_totals,
    terms_of,
    totals_columns,
    totals_of,
)
from fsm.documents.totals import TaxKey, Totals
from fsm.invoices.models import Invoice, InvoiceKind, InvoiceLine

__all__ = [
    "changed_lines",
    "line_in",
    "signed",
    "signed_taxes",
    "store",
    "tax_totals",
    "terms_of",
    "totals_columns",
    "totals_of",
]

# Mapped rows, or plain values where many are made or posted: mapped ones would cost more than all else there.
Document: TypeAlias = Invoice | SimpleNamespace
Line: TypeAlias = InvoiceLine | SimpleNamespace


def plain_document(row: sa.Row[Any]) -> SimpleNamespace:
    """A stored invoice or credit note as plain values."""
    return SimpleNamespace(**row._asdict(), sign=-1 if row.kind is InvoiceKind.CREDIT_NOTE else 1)


def tax_rows(invoice: Document, totals: Totals, grids: Mapping[TaxKey, str]) -> list[dict[str, Any]]:
    """Rows of ``invoice_tax``, positive for a credit note too."""
    return [
        {
            "invoice_id": invoice.id,
            "tax_rate": row.key.tax_rate,
            "special_status": row.key.special_status,
            "grid": grids[row.key],
            **tax_columns(row, invoice.sign),
        }
        for row in totals.taxes
    ]
