"""Messages that leave by mail, who gets them and what became of each; how they leave; the texts they begin with."""

import datetime as dt
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fsm.core.db import Base
from fsm.core.types import ID, Moment, choice
from fsm.files.models import StoredFile

NO_INFORMATION = "-"


class Security(StrEnum):
    """How the connection to the server is protected."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class MessageState(StrEnum):
    """``waiting``: nobody has it yet and its text may still change; ``ended``: nothing is left to try."""

    WAITING = "waiting"
    LEAVING = "leaving"
    ENDED = "ended"


class RecipientState(StrEnum):
    """S3's words, and ``maybe_sent``: the server had all of it and its answer was lost, so nobody can know."""

    SENDING = "sending"
    SENT = "sent"
    OPEN = "open"
    FAILED = "failed"
    MAYBE_SENT = "maybe_sent"


GOT_IT = frozenset({RecipientState.SENT, RecipientState.OPEN})
PROBLEMS = frozenset({RecipientState.FAILED, RecipientState.MAYBE_SENT})
TRANSITIONS: dict[RecipientState, frozenset[RecipientState]] = {
    RecipientState.SENDING: frozenset({RecipientState.SENT, RecipientState.FAILED, RecipientState.MAYBE_SENT}),
    RecipientState.SENT: frozenset({RecipientState.OPEN}),
    RecipientState.OPEN: frozenset(),
    RecipientState.FAILED: frozenset({RecipientState.SENDING}),
    RecipientState.MAYBE_SENT: frozenset({RecipientState.SENDING, RecipientState.SENT, RecipientState.OPEN}),
}


class MailSettings(Base):
    """How messages leave (one row): to a server, else into the mail folder. ``password`` is sealed (``sealed.py``).

    ``public_url`` is where customers reach this program; without it no message has a link.
    """

    __tablename__ = "mail_settings"
    __audited__ = True
    __audit_hidden__ = frozenset({"password"})
    __table_args__ = (
        sa.CheckConstraint("id = 1", name="single_row"),
        sa.CheckConstraint("port BETWEEN 1 AND 65535", name="port"),
        sa.CheckConstraint("NOT uses_server OR (host <> '' AND sender_email <> '')", name="server"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    uses_server: Mapped[bool] = mapped_column(sa.Boolean(name="uses_server"), default=False)
    host: Mapped[str] = mapped_column(sa.String(255), default="")
    port: Mapped[int] = mapped_column(sa.Integer, default=587)
    security: Mapped[Security] = mapped_column(choice(Security, "security"), default=Security.STARTTLS)
    user_name: Mapped[str] = mapped_column(sa.String(200), default="")
    password: Mapped[str] = mapped_column(sa.String(1000), default="")
    sender_name: Mapped[str] = mapped_column(sa.String(100), default="")
    sender_email: Mapped[str] = mapped_column(sa.String(254), default="")
    reply_to: Mapped[str] = mapped_column(sa.String(254), default="")
    bcc: Mapped[str] = mapped_column(sa.String(254), default="")
    public_url: Mapped[str] = mapped_column(sa.String(200), default="")
    accountant_email: Mapped[str] = mapped_column(sa.String(254), default="")
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it


class MailTemplate(Base):
    """The company's own text for a kind of message in a language; where there is none, the one shipped is used."""

    __tablename__ = "mail_template"
    __audited__ = True
    __table_args__ = (sa.UniqueConstraint("kind", "language"),)

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(30))
    language: Mapped[str] = mapped_column(sa.String(20))
    subject: Mapped[str] = mapped_column(sa.String(200))
    body: Mapped[str] = mapped_column(sa.Text)
    version: Mapped[int] = mapped_column(sa.Integer, default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way to say it


class MailMessage(Base):
    """One message: ``subject`` and ``body`` as typed, with placeholders; ``sent_subject`` and ``sent_body`` as it left.

    ``message_id`` never changes, so a server that has it already may know it again. ``about_kind`` and ``about_id`` name
    a record of a slice above. ``idempotency_key``: a second message with it is not made. ``locale``: of who asked, for
    the sentences of the timeline. ``has_problem``: somebody has to look; maintained by ``states.settle`` alone.
    ``is_told``: the slice above knows that somebody got it.
    """

    __tablename__ = "mail_message"
    __table_args__ = (
        sa.Index("ix_mail_message_about_kind_about_id", "about_kind", "about_id", "id"),
        sa.Index(
            "ix_mail_message_has_problem",
            "id",
            sqlite_where=sa.text("has_problem"),
            postgresql_where=sa.text("has_problem"),
        ),
        sa.Index("ix_mail_message_state_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    message_id: Mapped[str] = mapped_column(sa.String(320), unique=True)
    kind: Mapped[str] = mapped_column(sa.String(30))
    about_kind: Mapped[str] = mapped_column(sa.String(30), default="")
    about_id: Mapped[int | None] = mapped_column(ID)
    idempotency_key: Mapped[str | None] = mapped_column(sa.String(100), unique=True)
    language: Mapped[str] = mapped_column(sa.String(20))
    locale: Mapped[str] = mapped_column(sa.String(10), default="en")
    subject: Mapped[str] = mapped_column(sa.String(200))
    body: Mapped[str] = mapped_column(sa.Text)
    sent_subject: Mapped[str | None] = mapped_column(sa.String(1000))
    sent_body: Mapped[str | None] = mapped_column(sa.Text)
    sender_name: Mapped[str] = mapped_column(sa.String(100), default="")
    sender_email: Mapped[str] = mapped_column(sa.String(254), default="")
    reply_to: Mapped[str] = mapped_column(sa.String(254), default="")
    state: Mapped[MessageState] = mapped_column(choice(MessageState, "state"), default=MessageState.WAITING)
    has_problem: Mapped[bool] = mapped_column(sa.Boolean(name="has_problem"), default=False)
    is_told: Mapped[bool] = mapped_column(sa.Boolean(name="is_told"), default=False)
    created_by_id: Mapped[int | None] = mapped_column(ID)
    created_at: Mapped[dt.datetime] = mapped_column(Moment)

    recipients: Mapped[list["MailRecipient"]] = relationship(order_by="MailRecipient.id", back_populates="message")
    attachments: Mapped[list["MailAttachment"]] = relationship(order_by="MailAttachment.id", back_populates="message")

    @property
    def addressed(self) -> list["MailRecipient"]:
        """Those that it is for; not who gets a blind copy."""
        return [row for row in self.recipients if not row.is_copy]


class MailRecipient(Base):
    """Who gets a copy of the message of their own, and what became of it, in the server's own words.

    ``external_id`` is S3's ``external_event_recipient_id`` and what the link in the copy is signed with. ``handed_at``:
    from then until the answer is written down the server may or may not have it.
    """

    __tablename__ = "mail_recipient"
    __table_args__ = (
        sa.Index("ix_mail_recipient_message_id", "message_id", "id"),
        sa.CheckConstraint("attempts >= 0", name="attempts"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    message_id: Mapped[int] = mapped_column(sa.ForeignKey(MailMessage.id))
    name: Mapped[str] = mapped_column(sa.String(100), default="")
    email: Mapped[str] = mapped_column(sa.String(254))
    is_copy: Mapped[bool] = mapped_column(sa.Boolean(name="is_copy"), default=False)
    external_id: Mapped[str] = mapped_column(sa.String(36), unique=True)
    state: Mapped[RecipientState] = mapped_column(choice(RecipientState, "state"), default=RecipientState.SENDING)
    information: Mapped[str] = mapped_column(sa.String(1000), default=NO_INFORMATION)
    attempts: Mapped[int] = mapped_column(sa.Integer, default=0)
    next_try_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    handed_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    sent_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    opened_at: Mapped[dt.datetime | None] = mapped_column(Moment)

    message: Mapped[MailMessage] = relationship(back_populates="recipients")


class MailAttachment(Base):
    """A file of the message; where ``file_id`` is not set yet, a document that the job has rendered and fills in."""

    __tablename__ = "mail_attachment"
    __table_args__ = (
        sa.Index("ix_mail_attachment_message_id", "message_id", "id"),
        sa.CheckConstraint("file_id IS NOT NULL OR document_id IS NOT NULL", name="source"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    message_id: Mapped[int] = mapped_column(sa.ForeignKey(MailMessage.id))
    name: Mapped[str] = mapped_column(sa.String(200))
    file_id: Mapped[int | None] = mapped_column(sa.ForeignKey(StoredFile.id))
    document_kind: Mapped[str] = mapped_column(sa.String(30), default="")
    document_id: Mapped[int | None] = mapped_column(ID)

    message: Mapped[MailMessage] = relationship(back_populates="attachments")
