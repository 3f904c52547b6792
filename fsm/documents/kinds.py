"""Documents by (kind, id), for what is kept beside any of them: attachments and remarks."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.core.db import Base, session
from fsm.core.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """A document's table (it bears the kind's name) and the endpoint and parameter of its page."""

    show: str
    parameter: str


KINDS: Mapping[str, DocumentKind] = MappingProxyType(
    {
        "invoice": DocumentKind("invoices.show", "invoice_id"),
        "quote": DocumentKind("quotes.show", "quote_id"),
        "sales_order": DocumentKind("sales_orders.show", "sales_order_id"),
    }
)


def require(kind: str, document_id: int, *, hold: bool = False) -> None:
    """NotFoundError unless there is this document; ``hold`` it until the transaction ends, against its deletion."""
    table = Base.metadata.tables.get(kind) if kind in KINDS else None
    if table is not None:
        query = sa.select(table.c.id).where(table.c.id == document_id)
        if session.scalar(query.with_for_update() if hold else query) is not None:
            return
    raise NotFoundError(_("There is no such document."))
