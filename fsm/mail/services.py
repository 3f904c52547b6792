"""The verbs: write a message and the job that sends it, send again what did not arrive, say what became of it.

What leaves the building is a job: it runs after the transaction that asked for it, and in the worker alone.
"""

import datetime as dt
import re
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import get_locale
from flask_babel import gettext as _

from fsm.core import bulk, jobs
from fsm.core.audit import now
from fsm.core.db import lock, only_row, session
from fsm.core.errors import ConflictError, DomainError, NotFoundError
from fsm.core.state import advance
from fsm.mail import states
from fsm.mail.addresses import MOST_RECIPIENTS, Address, checked
from fsm.mail.filling import unknown
from fsm.mail.kinds import KINDS, LANGUAGES
from fsm.mail.models import (
    NO_INFORMATION,
    TRANSITIONS,
    MailAttachment,
    MailMessage,
    MailRecipient,
    MailSettings,
    RecipientState,
    Security,
)
from fsm.mail.states import JOB

LONGEST_SUBJECT = 200
LONGEST_BODY = 10_000
MOST_ATTACHMENTS = 10
_LINE_END = re.compile(r"[\r\n\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u0085\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class File:
    """A stored file that goes with a message."""

    name: str
    file_id: int


@dataclass(frozen=True, slots=True)
class Document:
    """A document that the job renders: ``kind`` names its source (``sources.py``)."""

    name: str
    kind: str
    document_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message to write. Subject and body may hold placeholders, filled in when it leaves.

    ``about``: (kind of record, id), or None. ``idempotency_key``: another message with the same one is not made.
    """

    kind: str
    language: str
    subject: str
    body: str
    recipients: Sequence[Address]
    about: tuple[str, int] | None = None
    attachments: Sequence[File | Document] = ()
    reply_to: str = ""
    idempotency_key: str | None = None


def enqueue_message(
    draft: Draft, *, actor_id: int | None, is_urgent: bool = True, run_at: dt.datetime | None = None
) -> MailMessage:
    """Write one message and its job; gives it, or the one there is with the same idempotency key.

    ``run_at``: it does not leave before. DomainError with the field (``recipients``, ``subject``, ``body``,
    ``attachments``) for what cannot be sent.
    """
    (message_id,) = enqueue_messages([draft], actor_id=actor_id, is_urgent=is_urgent, run_at=run_at)
    return session.get_one(MailMessage, message_id)


def enqueue_messages(
    drafts: Sequence[Draft], *, actor_id: int | None, is_urgent: bool = False, run_at: dt.datetime | None = None
) -> list[int]:
    """The same for many, all or none, by a few statements; their ids in this order."""
    drafts = [check(draft) for draft in drafts]
    known = _known([draft.idempotency_key for draft in drafts if draft.idempotency_key])
    fresh = [draft for draft in drafts if draft.idempotency_key not in known]
    settings = current_settings()
    domain = settings.sender_email.partition("@")[2] or "fsm.invalid"
    ids = bulk.insert(MailMessage, [_row(draft, domain, actor_id) for draft in fresh])
    recipients, attachments = [], []
    for draft, message_id in zip(fresh, ids, strict=True):
        everybody = [(address, False) for address in draft.recipients]
        if settings.bcc and draft.kind != "test":
            everybody.append((Address(settings.bcc), True))
        recipients += [_recipient(message_id, address, is_copy) for address, is_copy in everybody]
        attachments += [_attachment(message_id, one) for one in draft.attachments]
    bulk.insert(MailRecipient, recipients)
    bulk.insert(MailAttachment, attachments)
    jobs.enqueue(JOB, [{"message_id": message_id} for message_id in ids], is_urgent=is_urgent, run_at=run_at)
    waiting = iter(ids)
    return [known[draft.idempotency_key] if draft.idempotency_key in known else next(waiting) for draft in drafts]


def check(draft: Draft) -> Draft:
    """The draft with its addresses as servers want them. DomainError with the field for what cannot be sent."""
    if draft.language not in LANGUAGES:
        raise DomainError(_("There is no such language."), "language")
    if not draft.recipients:
        raise DomainError(_("Who gets the message?"), "recipients")
    if len(draft.recipients) > MOST_RECIPIENTS:
        raise DomainError(_("At most %(most)s addresses.", most=MOST_RECIPIENTS), "recipients")
    check_text(draft.subject, draft.body, draft.kind)
    if len(draft.attachments) > MOST_ATTACHMENTS:
        raise DomainError(_("At most %(most)s attachments.", most=MOST_ATTACHMENTS), "attachments")
    recipients = list(
        {one.email.casefold(): one for one in (checked(a, "recipients") for a in draft.recipients)}.values()
    )
    return Draft(
        kind=draft.kind,
        language=draft.language,
        subject=draft.subject.strip(),
        body=draft.body.replace("\r\n", "\n").replace("\r", "\n").strip("\n"),
        recipients=recipients,
        about=draft.about,
        attachments=draft.attachments,
        reply_to=draft.reply_to and checked(Address(draft.reply_to), "reply_to").email,
        idempotency_key=draft.idempotency_key,
    )


def check_text(subject: str, body: str, kind: str) -> None:
    """DomainError with ``subject`` or ``body``: empty, too long, a placeholder that means nothing in this kind."""
    if not subject.strip():
        raise DomainError(_("The subject is missing."), "subject")
    if len(subject) > LONGEST_SUBJECT:
        raise DomainError(_("At most %(most)s characters.", most=LONGEST_SUBJECT), "subject")
    if _LINE_END.search(subject):
        raise DomainError(_("The subject is one line."), "subject")
    if not body.strip():
        raise DomainError(_("The text is missing."), "body")
    if len(body) > LONGEST_BODY:
        raise DomainError(_("At most %(most)s characters.", most=LONGEST_BODY), "body")
    _check_placeholders(subject, kind, "subject")
    _check_placeholders(body, kind, "body")


def _check_placeholders(text: str, kind: str, field: str) -> None:
    wrong = unknown(text, KINDS[kind].placeholders)
    if wrong:
        known = ", ".join(f"{{{name}}}" for name in KINDS[kind].placeholders)
        raise DomainError(
            _("%(wrong)s means nothing here. These do: %(known)s.", wrong=", ".join(wrong[:5]), known=known), field
        )


def current_settings() -> MailSettings:
    """The row; as long as nothing was set, one that is not stored: everything goes into the mail folder."""
    return only_row(MailSettings) or MailSettings(
        uses_server=False,
        host="",
        port=587,
        security=Security.STARTTLS,
        user_name="",
        password="",
        sender_name="",
        sender_email="",
        reply_to="",
        bcc="",
        public_url="",
        accountant_email="",
        version=None,
    )


def _known(keys: Sequence[str]) -> dict[str | None, int]:
    if not keys:
        return {}
    query = sa.select(MailMessage.idempotency_key, MailMessage.id).where(MailMessage.idempotency_key.in_(keys))
    return {row.idempotency_key: row.id for row in session.execute(query)}


def _row(draft: Draft, domain: str, actor_id: int | None) -> dict[str, object]:
    about_kind, about_id = draft.about or ("", None)
    return {
        "message_id": f"{uuid.uuid4().hex}@{domain}",
        "kind": draft.kind,
        "about_kind": about_kind,
        "about_id": about_id,
        "idempotency_key": draft.idempotency_key,
        "language": draft.language,
        "locale": str(get_locale() or "en")[:10],
        "subject": draft.subject,
        "body": draft.body,
        "reply_to": draft.reply_to,
        "created_by_id": actor_id,
        "created_at": now(),
    }


def _recipient(message_id: int, address: Address, is_copy: bool) -> dict[str, object]:  # noqa: FBT001 - a column
    return {
        "message_id": message_id,
        "name": address.name,
        "email": address.email,
        "is_copy": is_copy,
        "external_id": str(uuid.uuid4()),
    }


def _attachment(message_id: int, one: File | Document) -> dict[str, object]:
    name = _LINE_END.sub("", one.name).replace("/", "-").replace("\\", "-")[-200:]
    if isinstance(one, File):
        return {
            "message_id": message_id,
            "name": name,
            "file_id": one.file_id,
            "document_kind": "",
            "document_id": None,
        }
    return {
        "message_id": message_id,
        "name": name,
        "file_id": None,
        "document_kind": one.kind,
        "document_id": one.document_id,
    }


def take_back(message_ids: Collection[int]) -> set[int]:
    """Remove those of these messages that nobody has yet, as if they had never been written; gives which.

    One that a server may have stays. Its job finds nothing to do.
    """
    messages: dict[int, MailMessage] = lock(MailMessage, set(message_ids))
    if not messages:
        return set()
    rows = sa.select(MailRecipient).where(MailRecipient.message_id.in_(messages)).order_by(MailRecipient.id)
    touched = {
        row.message_id
        for row in session.scalars(rows.with_for_update().execution_options(populate_existing=True))
        if row.state is not RecipientState.SENDING or row.handed_at is not None or row.attempts
    }
    gone = set(messages) - touched
    for model in (MailRecipient, MailAttachment):
        session.execute(sa.delete(model).where(model.message_id.in_(gone)))
    session.execute(sa.delete(MailMessage).where(MailMessage.id.in_(gone)))
    return gone


# --- what people decide about what became of it
def try_again(message_id: int, *, recipient_id: int | None = None) -> MailMessage:
    """Send to those once more whom it failed for, or to one for whom it may have arrived; under the same Message-ID.

    ConflictError where there is nobody to try again.
    """
    message = _locked(message_id)
    chosen = [
        row
        for row in message.recipients
        if (row.id == recipient_id and row.state in {RecipientState.FAILED, RecipientState.MAYBE_SENT})
        or (recipient_id is None and row.state is RecipientState.FAILED)
    ]
    if not chosen:
        raise ConflictError(_("There is nobody to try again."))
    for row in chosen:
        row.state = advance(TRANSITIONS, row.state, RecipientState.SENDING)
        row.information, row.attempts, row.next_try_at, row.handed_at = NO_INFORMATION, 0, None, None
    states.settle(message)
    jobs.enqueue(JOB, [{"message_id": message_id}], is_urgent=True)
    return message


def it_arrived(message_id: int, *, recipient_id: int) -> MailMessage:
    """Somebody asked the recipient: what may have been sent was."""
    message = _locked(message_id)
    row = next((row for row in message.recipients if row.id == recipient_id), None)
    if row is None:
        raise NotFoundError(_("There is no such recipient."))
    row.state = advance(TRANSITIONS, row.state, RecipientState.SENT)
    row.sent_at = row.handed_at or now()
    row.information = _("It arrived, somebody said.")
    states.settle(message)
    jobs.enqueue(JOB, [{"message_id": message_id}], is_urgent=True)  # what follows from its being sent
    return message


def note_opened(external_id: str) -> None:
    """The link in a copy was opened: it has arrived, whatever the server said or did not say."""
    row = session.scalar(sa.select(MailRecipient).where(MailRecipient.external_id == external_id).with_for_update())
    if row is not None and states.opened(row):
        session.flush()
        if not row.message.is_told:
            jobs.enqueue(JOB, [{"message_id": row.message_id}])


def note_restored() -> None:
    """After a restore: what waited in the backup may have been sent since it was made, and is not sent by itself again."""
    waiting = sa.select(MailRecipient.message_id).where(MailRecipient.state == RecipientState.SENDING)
    for message in session.scalars(sa.select(MailMessage).where(MailMessage.id.in_(waiting))):
        for row in message.recipients:
            if row.state is RecipientState.SENDING:
                row.state = advance(TRANSITIONS, row.state, RecipientState.MAYBE_SENT)
                row.information = _("It waited when the backup was made: it may have been sent since.")
        states.settle(message)


def set_aside(message_id: int) -> MailMessage:
    """A problem that needs nothing more: it is no longer counted. What became of each recipient stays as it is."""
    message = _locked(message_id)
    if not message.has_problem:
        raise ConflictError(_("There is no problem with this message."))
    message.has_problem = False
    session.flush()
    return message


def _locked(message_id: int) -> MailMessage:
    message: MailMessage | None = lock(MailMessage, [message_id]).get(message_id)
    if message is None:
        raise NotFoundError(_("There is no such message."))
    session.refresh(message, ["recipients"])
    return message
