"""The list of messages, declared."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import selectinload

from fsm.core.lists import Asked, Column, Kind, ListSpec
from fsm.core.paging import Page, capped_count, page
from fsm.mail import queries
from fsm.mail.kinds import KINDS
from fsm.mail.models import MailMessage

TABS = {"all": _l("All"), "problems": _l("Problems"), "on_the_way": _l("On the way")}


def _to(row: MailMessage) -> str:
    return ", ".join(one.email for one in row.addressed)


def _words(row: MailMessage) -> str:
    words = [one.information for one in row.recipients if one.information != "-"]
    return words[0] if words else ""


COLUMNS = (
    Column(name="subject", label=_l("Subject"), value=lambda row: row.sent_subject or row.subject, always=True),
    Column(name="to", label=_l("To"), value=_to),
    Column(name="kind", label=_l("Kind"), value=lambda row: str(KINDS[row.kind].label)),
    Column(name="status", label=_l("Status"), value=queries.status_of, kind=Kind.STATUS),
    Column(name="words", label=_l("What the server said"), value=_words),
    Column(name="created", label=_l("Written"), value=lambda row: row.created_at, kind=Kind.MOMENT, sort="created"),
)


def _filters(arguments: Mapping[str, str], actor: Any) -> str:  # noqa: ANN401 - as the declaration has it
    del actor
    return arguments.get("q", "").strip()[:100]


def _page(asked: Asked, cursor: str | None, size: int) -> Page[MailMessage]:
    query = queries.listed(asked.tab, asked.filters).options(selectinload(MailMessage.recipients))
    return page(query, [MailMessage.id], cursor, descending=asked.sort.startswith("-"), size=size)


def _tone(row: MailMessage) -> str | None:
    return "error" if row.has_problem else None


MESSAGES = ListSpec(
    name="mail",
    title=_l("Mail"),
    columns=COLUMNS,
    parameters=("q",),
    filters=_filters,
    page=_page,
    count=lambda asked: capped_count(queries.listed(asked.tab, asked.filters)),
    sorts=lambda _tab: ("-created",),
    record=("mail.show", "message_id"),
    id_of=lambda row: row.id,
    tabs=TABS,
    opening_tab=lambda _filters, _actor: "all",
    tone=_tone,
)
