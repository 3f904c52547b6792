"""What the job of a message does: text and documents of the moment, then copy after copy to the server.

No transaction is open while the network is waited for. Just before a copy is handed over that is written down, and
after it the answer; a worker that dies in between leaves "maybe sent", one that dies anywhere else leaves nothing to
doubt, and the next one goes on.
"""

import datetime as dt
import time
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
import structlog
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.orm import selectinload

from fsm.company import services as company_services
from fsm.core import audit, jobs
from fsm.core.audit import now
from fsm.core.db import session, writing
from fsm.core.errors import DomainError
from fsm.core.sealed import unseal
from fsm.files import services as files
from fsm.mail import filling, links, states
from fsm.mail.folder import FolderCarrier
from fsm.mail.mime import Part, build, message_id_of
from fsm.mail.models import (
    GOT_IT,
    MailMessage,
    MailRecipient,
    MailSettings,
    MessageState,
    RecipientState,
)
from fsm.mail.services import current_settings
from fsm.mail.smtp import Answer, Carrier, CarrierError, Outcome, Server, SmtpCarrier
from fsm.mail.sources import Source, source_of

LEASE = dt.timedelta(minutes=5)  # longer than a server may take to answer
MOST_BYTES = 15 * 1024 * 1024
NOBODY = "fsm@fsm.invalid"  # the sender in the folder, as long as none is set
PDF = "application/pdf"
AWAY_SECONDS = 30.0
# Servers that could not be reached: a thousand messages must not wait for one time-out each while PDFs wait for them.
_away: dict[Server, tuple[float, str]] = {}
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Ready:
    """All that a copy is made of."""

    settings: MailSettings
    source: Source | None
    parts: Sequence[Part]


def send(message_id: int) -> None:
    """Bring a message as far as it goes now; may be done again at any time, by whoever has the job."""
    message = _read(message_id)
    if message is None:
        return
    with force_locale(message.locale):
        _recover(message_id)
        source = source_of(message.about_kind)
        if not _due(message_id):
            _tell(message_id, source)
            return
        ready = _prepared(message_id, source)
        if ready is not None:
            _hand_over_all(message_id, ready)
        _tell(message_id, source)


def give_up(message_id: int, why: str) -> None:
    """Its job is not tried any more: who waits for it is told so, and nobody is written to twice.

    In the caller's transaction. Where another job of it is on the way nothing is changed.
    """
    if _read(message_id) is None or jobs.is_under_way(states.JOB, "message_id", message_id):
        return
    message = _locked(message_id)
    with force_locale(message.locale):
        states.recover(message, now())
        states.give_up(message, _("It was tried again and again: %(why)s", why=why[:300]))


def _read(message_id: int) -> MailMessage | None:
    """The message as it is now, with what hangs on it."""
    query = (
        sa.select(MailMessage)
        .where(MailMessage.id == message_id)
        .options(selectinload(MailMessage.recipients), selectinload(MailMessage.attachments))
        .execution_options(populate_existing=True)
    )
    return session.scalar(query)


def _locked(message_id: int) -> MailMessage:
    message = session.scalars(sa.select(MailMessage).where(MailMessage.id == message_id).with_for_update()).one()
    session.refresh(message)
    session.refresh(message, ["recipients", "attachments"])
    for row in message.recipients:
        session.refresh(row)
    return message


def _recover(message_id: int) -> None:
    with writing():
        jobs.renew(LEASE)
        message = _locked(message_id)
        states.recover(message, now() - LEASE * 0.9)  # the lease began a breath before
        states.settle(message)


def _due(message_id: int) -> list[int]:
    """Recipients whose turn it is."""
    moment = now()
    message = _read(message_id)
    rows = message.recipients if message else []
    return [
        row.id
        for row in rows
        if row.state is RecipientState.SENDING
        and row.handed_at is None
        and (row.next_try_at is None or row.next_try_at <= moment)
    ]


# --- text and documents
def _prepared(message_id: int, source: Source | None) -> _Ready | None:
    """The text of the moment, as long as nobody has the message, and its files. None where it must not leave."""
    message = _read(message_id)
    if message is None:
        return None
    try:
        _refuse_overtaken(message, source)
        settings = current_settings()
        if message.state is MessageState.WAITING:
            facts = dict(source.facts(message.about_id or 0, message.language)) if source else {}
            _compose(message, facts, settings, source)
        return _Ready(settings, source, _parts(message_id))
    except DomainError as error:
        _refuse_all(message_id, Answer(Outcome.REFUSED, str(error)))
    except (OSError, LookupError, ValueError, ArithmeticError) as error:  # a document that cannot be made
        session.rollback()
        log.exception("message not made", message_id=message_id)
        _refuse_all(message_id, Answer(Outcome.REFUSED, _("It could not be made: %(why)s", why=str(error)[:300])))
    return None


def _refuse_overtaken(message: MailMessage, source: Source | None) -> None:
    why_not = source.why_not(message.about_id or 0) if source else None
    if why_not:
        raise DomainError(why_not)


def _compose(message: MailMessage, facts: dict[str, str], settings: MailSettings, source: Source | None) -> None:
    names = [row.name for row in message.addressed if row.name]
    facts["contact"] = ", ".join(names) or facts.get("customer", "")
    if not settings.public_url or source is None or not source.link_endpoint:
        facts[filling.LINK] = ""
    subject, body = filling.fill_line(message.subject, facts), filling.fill(message.body, facts)
    rendered = []
    for row in message.attachments:
        if row.file_id is None:
            from_source = source_of(row.document_kind)
            data = from_source.render(row.document_id or 0) if from_source else b""
            files.write_bytes(data)  # the disk is waited for here, not in the write
            rendered.append((row.id, data))
    message_id = message.id
    with writing():
        jobs.renew(LEASE)
        stored = _locked(message_id)
        stored.sent_subject, stored.sent_body = subject[:900], body
        stored.sender_name = settings.sender_name or facts.get("company", "")[:100]
        stored.sender_email = settings.sender_email or _own_email() or NOBODY
        stored.reply_to = stored.reply_to or settings.reply_to
        by_id = {row.id: row for row in stored.attachments}
        for attachment_id, data in rendered:
            by_id[attachment_id].file_id = files.put(data, PDF).id


def _own_email() -> str:
    """The company's own address, where no sender is set."""
    company = company_services.current()
    return company.email if company else ""


def _parts(message_id: int) -> list[Part]:
    message = _read(message_id)
    parts = []
    for row in message.attachments if message else []:
        file = files.get(row.file_id or 0)
        parts.append(Part(row.name, file.media_type, files.open_bytes(file.id)))
    if sum(len(part.data) for part in parts) > MOST_BYTES:
        raise DomainError(_("The attachments are too large together: at most %(size)s MB.", size=MOST_BYTES // 1024**2))
    return parts


# --- the server
def _hand_over_all(message_id: int, ready: _Ready) -> None:
    try:
        carrier = _carrier(ready.settings)
    except CarrierError as error:
        _put_off(message_id, Answer(Outcome.LATER, str(error)))
        return
    try:
        for recipient_id in _due(message_id):
            answer = _hand_over(message_id, recipient_id, ready, carrier)
            if answer is not None:
                _write_down(message_id, recipient_id, answer)
    finally:
        carrier.close()


def _carrier(settings: MailSettings) -> Carrier:
    if not settings.uses_server:
        return FolderCarrier(f"{now():%Y-%m}")
    password = unseal(settings.password)
    if password is None:
        raise CarrierError(_("The password of the mail server cannot be read any more: type it again in the settings."))
    server = Server(settings.host, settings.port, settings.security, settings.user_name, password)
    session.rollback()  # nothing is held while the network is waited for
    return _connected(server)


def _connected(server: Server) -> SmtpCarrier:
    """CarrierError without a try where this worker has just learned that the server cannot be reached."""
    until, words = _away.get(server, (0.0, ""))
    if time.monotonic() < until:
        raise CarrierError(words)
    try:
        carrier = SmtpCarrier(server)
    except CarrierError as error:
        _away[server] = (time.monotonic() + AWAY_SECONDS, str(error))
        raise
    _away.pop(server, None)
    return carrier


def _hand_over(message_id: int, recipient_id: int, ready: _Ready, carrier: Carrier) -> Answer | None:
    """One copy; None where another worker has it by now."""
    message = _read(message_id)
    if message is None:
        return None
    row = next(row for row in message.recipients if row.id == recipient_id)
    endpoint = ready.source.link_endpoint if ready.source else ""
    link = "" if row.is_copy else links.url_of(row, ready.settings.public_url, endpoint)
    data = build(message, row, link, ready.parts)
    name, sender, email = message_id_of(message, row), message.sender_email, row.email
    session.rollback()
    refused = carrier.offer(sender, email)
    if refused is not None:
        return refused
    if not carrier.is_repeatable and not _mark(recipient_id):
        return None
    return carrier.hand_over(name, data)


def _mark(recipient_id: int) -> bool:
    """From here on the server may have it; False where another worker has marked it."""
    with writing():
        jobs.renew(LEASE)
        marked = session.scalar(
            sa.update(MailRecipient)
            .where(
                MailRecipient.id == recipient_id,
                MailRecipient.state == RecipientState.SENDING,
                MailRecipient.handed_at.is_(None),
            )
            .values(handed_at=now())
            .returning(MailRecipient.id)
        )
    return marked is not None


def _write_down(message_id: int, recipient_id: int, answer: Answer) -> None:
    """The answer is a fact, whoever has the job by now: no lease is asked for."""
    with writing():
        message = _locked(message_id)
        row = next(row for row in message.recipients if row.id == recipient_id)
        if row.state is not RecipientState.SENDING:
            return
        next_try_at = states.apply(row, answer)
        states.settle(message)
        if next_try_at is not None:
            _again(message_id, next_try_at)
    log.info("mail", message_id=message_id, recipient_id=recipient_id, outcome=answer.outcome.value)


def _put_off(message_id: int, answer: Answer) -> None:
    """Nobody could be reached: the same for all whose turn it is."""
    for recipient_id in _due(message_id):
        _write_down(message_id, recipient_id, answer)


def _refuse_all(message_id: int, answer: Answer) -> None:
    session.rollback()
    _put_off(message_id, answer)


def _again(message_id: int, at: dt.datetime) -> None:
    jobs.enqueue(states.JOB, [{"message_id": message_id}], run_at=at)


# --- what follows
def _tell(message_id: int, source: Source | None) -> None:
    """Let the slice above know, once somebody has it; in a transaction of its own, so that no answer is ever lost."""
    message = _read(message_id)
    if message is None or message.is_told or not any(row.state in GOT_IT for row in message.addressed):
        return
    with writing(actor_id=message.created_by_id):
        stored = _locked(message_id)
        if stored.is_told:
            return
        stored.is_told = True
        if source is None or stored.about_id is None:
            return
        source.accepted(stored.kind, stored.about_id)
        emails = ", ".join(row.email for row in stored.addressed if row.state in GOT_IT)
        audit.note(
            source.subjects(stored.about_id),
            _("“%(subject)s” was mailed to %(emails)s", subject=stored.sent_subject, emails=emails),
        )
