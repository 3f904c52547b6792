"""What the pages and the API hand over to be saved of a draft invoice."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from fsm.documents.values import DocumentValues


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftValues(DocumentValues):
    """A draft's own fields; dates None: the day of posting, the day the work was done.

    Addresses are those of ``documents.addresses``; those left None stay as they are. An empty ``structured_message`` is
    made at posting, if the settings say so.
    """

    invoice_date: dt.date | None
    delivery_date: dt.date | None
    bank_account_id: int | None
    billing_address: Mapping[str, str] | None = None
    delivery_address: Mapping[str, str] | None = None
    site_address: Mapping[str, str] | None = None
    show_tax_for_exchange_rate: bool = True
    late_interest_rate_id: int | None = None
    structured_message: str = ""
    without_co_contractor: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpValues:
    """What stays changeable after posting (accounting.md 4); None: as it is."""

    external_invoice_id: str | None = None
    automatic_reminders: bool | None = None
    outstanding_balance: Decimal | None = None
