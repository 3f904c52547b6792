"""All that is found, and the check that the index says so."""

from collections.abc import Iterator

from flask_babel import gettext as _

from fsm.catalog import findable as catalog
from fsm.core import search
from fsm.customers import findable as customers
from fsm.invoices import findable as invoices
from fsm.payments import findable as payments
from fsm.quotes import findable as quotes
from fsm.sales_orders import findable as sales_orders
from fsm.service_orders import findable as service_orders

SOURCES: tuple[search.Source, ...] = (
    *customers.SOURCES,
    *service_orders.SOURCES,
    *quotes.SOURCES,
    *sales_orders.SOURCES,
    *invoices.SOURCES,
    *payments.SOURCES,
    *catalog.SOURCES,
)


def search_index_equals_owners() -> Iterator[str]:
    """The words of the index are those that the records have; ``fsm reindex`` mends it."""
    for kind, subject_id in search.differences():
        if subject_id:
            yield _("The search index does not have the words of %(kind)s %(id)s.", kind=kind, id=subject_id)
        else:
            yield _("The search index has words too many or too few of the kind %(kind)s.", kind=kind)
