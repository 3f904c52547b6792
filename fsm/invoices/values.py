"""What the pages and the API hand over to be saved of a draft invoice."""

import datetime as dt
from dataclasses import dataclass

from fsm.documents.values import DocumentValues


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftValues(DocumentValues):
    """A draft's own fields; dates None: the day of posting, the day the work was done."""

    invoice_date: dt.date | None
    delivery_date: dt.date | None
    bank_account_id: int | None
