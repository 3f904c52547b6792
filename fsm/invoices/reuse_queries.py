"""What an invoice can be begun from: models by name, earlier invoices of the customer."""

from collections.abc import Sequence

import sqlalchemy as sa

from fsm.core.db import session
from fsm.core.types import sort_key
from fsm.invoices.models import Invoice, InvoiceKind, InvoiceState
from fsm.invoices.saved_models import InvoiceModel

MOST_OFFERED = 50


def models(text: str = "") -> sa.Select[InvoiceModel]:
    """Models whose name contains the text, unsorted."""
    query = sa.select(InvoiceModel)
    if wanted := sort_key(text):
        query = query.where(InvoiceModel.sort_key.contains(wanted, autoescape=True))
    return query


def first_models(text: str = "") -> Sequence[InvoiceModel]:
    """The first of them by name."""
    return session.scalars(models(text).order_by(InvoiceModel.sort_key, InvoiceModel.id).limit(MOST_OFFERED)).all()


def earlier_invoices(draft: Invoice, text: str = "") -> Sequence[Invoice]:
    """The customer's latest invoices; of all customers those whose number begins with the text, where there is one."""
    query = sa.select(Invoice).where(Invoice.kind == InvoiceKind.INVOICE, Invoice.state == InvoiceState.POSTED)
    if text:
        query = query.where(Invoice.number.startswith(text.upper(), autoescape=True))
    else:
        query = query.where(Invoice.customer_id == draft.customer_id)
    return session.scalars(query.order_by(Invoice.id.desc()).limit(MOST_OFFERED)).all()
