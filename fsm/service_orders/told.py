"""What the customer was told, for the page of an order."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import selectinload

from fsm.core.db import session
from fsm.core.lists import Status
from fsm.mail.models import MailMessage
from fsm.mail.queries import status_of
from fsm.service_orders.message_models import CustomerMessage, MessageKind
from fsm.service_orders.message_texts import recipients_of
from fsm.service_orders.messages import GRACE, is_on
from fsm.service_orders.models import OrderState, ServiceOrder
from fsm.service_orders.visibility import settings

MOST = 30
KINDS = {
    MessageKind.BOOKED: _l("Visit booked"),
    MessageKind.MOVED: _l("Visit moved"),
    MessageKind.CANCELLED: _l("Visit cancelled"),
    MessageKind.ON_MY_WAY: _l("Technician on the way"),
    MessageKind.DONE: _l("Work done"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """One event and what became of its message; ``may_keep_back``: nobody has it yet."""

    row: CustomerMessage
    label: str
    mail: MailMessage | None
    status: Status
    may_keep_back: bool
    leaves_at: dt.datetime | None = None


def facts(order: ServiceOrder) -> dict[str, Any]:
    """What ``_messages.html`` shows: messages, newest first, and who gets the next, or why nobody."""
    rows = _rows(order.id)
    rules = settings()
    is_any_on = any(is_on(rules, kind) for kind in MessageKind)
    shows = bool(rows) or (is_any_on and order.state not in {OrderState.DONE, OrderState.CANCELLED})
    addresses, wrong = recipients_of(order.customer) if shows else ([], "")
    return {
        "told": rows,
        "shows_messages": shows,
        "messages_go_to": ", ".join(one.email for one in addresses),
        "messages_wrong": wrong,
    }


def _rows(order_id: int) -> list[Told]:
    query = sa.select(CustomerMessage).where(CustomerMessage.service_order_id == order_id)
    rows = session.scalars(query.order_by(CustomerMessage.id.desc()).limit(MOST)).all()
    ids = [row.message_id for row in rows if row.message_id]
    mails = _mails(ids) if ids else {}
    return [_told(row, mails.get(row.message_id or 0)) for row in rows]


def _mails(ids: list[int]) -> dict[int, MailMessage]:
    query = sa.select(MailMessage).where(MailMessage.id.in_(ids)).options(selectinload(MailMessage.recipients))
    return {row.id: row for row in session.scalars(query)}


def _told(row: CustomerMessage, mail: MailMessage | None) -> Told:
    if mail is None:
        return Told(row, str(KINDS[row.kind]), None, Status("neutral", _("Not sent")), may_keep_back=False)
    is_untouched = all(
        one.state.value == "sending" and not one.attempts and not one.handed_at for one in mail.recipients
    )
    waits = is_untouched and row.kind not in {MessageKind.ON_MY_WAY, MessageKind.DONE}
    status = Status("draft", _("Leaves shortly")) if waits else status_of(mail)
    return Told(
        row, str(KINDS[row.kind]), mail, status, is_untouched, leaves_at=row.created_at + GRACE if waits else None
    )
