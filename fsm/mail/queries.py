"""Messages for screens, for other slices' pages and for the API's events."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import selectinload

from fsm.core.db import session
from fsm.core.errors import NotFoundError
from fsm.core.lists import Status
from fsm.core.paging import capped_count
from fsm.core.types import sort_key
from fsm.mail.filling import LINK, fill
from fsm.mail.models import MailMessage, MailRecipient, MessageState, RecipientState

MOST_OF_A_RECORD = 50
_WITH_RECIPIENTS = selectinload(MailMessage.recipients)


def message(message_id: int) -> MailMessage:
    """One message with recipients and attachments; NotFoundError."""
    query = (
        sa.select(MailMessage)
        .where(MailMessage.id == message_id)
        .options(_WITH_RECIPIENTS, selectinload(MailMessage.attachments))
        .execution_options(populate_existing=True)
    )
    row = session.scalar(query)
    if row is None:
        raise NotFoundError(_("There is no such message."))
    return row


def messages_about(kind: str, about_id: int) -> Sequence[MailMessage]:
    """The newest 50 about one record, newest first."""
    query = sa.select(MailMessage).where(MailMessage.about_kind == kind, MailMessage.about_id == about_id)
    return session.scalars(
        query.options(_WITH_RECIPIENTS).order_by(MailMessage.id.desc()).limit(MOST_OF_A_RECORD)
    ).all()


def newest_test() -> MailMessage | None:
    """The newest test message."""
    query = sa.select(MailMessage).where(MailMessage.kind == "test").options(_WITH_RECIPIENTS)
    return session.scalars(query.order_by(MailMessage.id.desc()).limit(1)).first()


def newest_by_record(kind: str, ids: Sequence[int]) -> dict[int, MailMessage]:
    """The newest message to the customer about each of these records: for a list."""
    newest = (
        sa.select(sa.func.max(MailMessage.id))
        .where(MailMessage.about_kind == kind, MailMessage.about_id.in_(ids), MailMessage.kind != "accountant")
        .group_by(MailMessage.about_id)
    )
    rows = session.scalars(sa.select(MailMessage).where(MailMessage.id.in_(newest)).options(_WITH_RECIPIENTS))
    return {row.about_id or 0: row for row in rows}


def under_way(kind: str, ids: Sequence[int]) -> set[int]:
    """Which of these records have a message to the customer that is on its way, or may have arrived."""
    unsure = sa.exists().where(
        MailRecipient.message_id == MailMessage.id,
        sa.not_(MailRecipient.is_copy),
        MailRecipient.state.in_([RecipientState.SENDING, RecipientState.MAYBE_SENT]),
    )
    query = sa.select(MailMessage.about_id).where(
        MailMessage.about_kind == kind, MailMessage.about_id.in_(ids), MailMessage.kind != "accountant", unsure
    )
    return {about_id for about_id in session.scalars(query) if about_id}


def problem_count() -> int:
    """Messages that somebody has to look at, exact to 999."""
    return capped_count(listed("problems", ""))


def listed(tab: str, text: str) -> sa.Select[Any]:
    """The messages of a tab, unsorted."""
    query = sa.select(MailMessage)
    match tab:
        case "problems":
            query = query.where(MailMessage.has_problem)
        case "on_the_way":
            query = query.where(MailMessage.state.in_([MessageState.WAITING, MessageState.LEAVING]))
    if text:
        to = sa.exists().where(
            MailRecipient.message_id == MailMessage.id,
            sa.func.lower(MailRecipient.email).contains(sort_key(text), autoescape=True),
        )
        query = query.where(sa.or_(to, MailMessage.sent_subject.icontains(text, autoescape=True)))
    return query


def status_of(row: MailMessage) -> Status:
    """The message in one word: the worst of what became of its recipients."""
    states = {one.state for one in row.addressed}
    if RecipientState.FAILED in states:
        return Status("overdue", _("Failed"))
    if RecipientState.MAYBE_SENT in states:
        return Status("warning", _("Maybe sent"))
    if RecipientState.SENDING in states:
        retried = any(one.attempts for one in row.addressed)
        return Status("progress", _("Sending, tried before") if retried else _("Sending"))
    if states == {RecipientState.OPEN}:
        return Status("paid", _("Opened"))
    return Status("posted", _("Sent"))


def recipient_status(row: MailRecipient) -> Status:
    """The same of one recipient."""
    return {
        RecipientState.SENDING: Status("progress", _("Sending")),
        RecipientState.SENT: Status("posted", _("Sent")),
        RecipientState.OPEN: Status("paid", _("Opened")),
        RecipientState.FAILED: Status("overdue", _("Failed")),
        RecipientState.MAYBE_SENT: Status("warning", _("Maybe sent")),
    }[row.state]


def content_of(row: MailMessage) -> str:
    """What it says, as S3's event gives it: the text as it left, without the links that are each recipient's own."""
    return fill(row.sent_body if row.sent_body is not None else row.body, {LINK: ""})


def api_status(row: MailRecipient) -> str:
    """S3's word; what may have been sent is still ``sending`` there, with the reason as its information."""
    return RecipientState.SENDING.value if row.state is RecipientState.MAYBE_SENT else row.state.value
