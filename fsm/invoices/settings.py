"""The slice's own settings row."""

from fsm.core.db import only_row, session
from fsm.core.state import check_version
from fsm.invoices.models import InvoiceSettings


def save_settings(*, dashboard_counts_posted: bool, version: int | None) -> InvoiceSettings:
    """Save them; ConflictError for a stale version."""
    row = only_row(InvoiceSettings)
    if row is None:
        row = InvoiceSettings(id=1)
        session.add(row)
    else:
        check_version(row.version, version)
    row.dashboard_counts_posted = dashboard_counts_posted
    session.flush()
    return row
