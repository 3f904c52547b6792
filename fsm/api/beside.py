"""What stands beside any document in S3's way: remarks (internal, never printed) and events (mails that were sent)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from fsm.api.fields import Day, Html, ListOf, Text, WireSchema
from fsm.api.numbers import Id
from fsm.api.resource import Asker, Part, Shown, Values, Verbs
from fsm.core.db import session
from fsm.core.formats import local
from fsm.documents import remarks
from fsm.documents.models import Remark
from fsm.mail.models import MailMessage, MailRecipient, RecipientState
from fsm.users.actor import Actor

# Composed once, for each list of documents asks them.
_IDS: sa.BindParameter[int] = sa.bindparam("ids", expanding=True)
_KIND: sa.BindParameter[str] = sa.bindparam("kind")
_REMARKS = (
    sa.select(Remark.id, Remark.document_id, Remark.remark_date, Remark.description, Remark.description_html)
    .where(Remark.document_kind == _KIND, Remark.document_id.in_(_IDS))
    .order_by(Remark.id)
)
_MESSAGES = (
    sa.select(MailMessage)
    .where(MailMessage.about_kind == _KIND, MailMessage.about_id.in_(_IDS))
    .order_by(MailMessage.id)
)


class RemarkSchema(WireSchema):
    """S3's remarks."""

    remark_id = Id(attribute="id", reads=False, example=5020)
    invoice_id = Id(attribute="document_id", reads=False, example=3003)
    uri = Text(reads=False)
    date = Day(attribute="remark_date", note="Default: today.", example="2012-02-15")
    description = Text(10_000, example="Customer has already received goods", note="Or description_html.")
    description_html = Html(10_000)


class RecipientSchema(WireSchema):
    """Who got a mail, and whether it arrived."""

    name = Text(reads=False)
    email_address = Text(attribute="email", reads=False)
    external_event_recipient_id = Text(attribute="external_id", reads=False)
    status = Text(attribute="state", reads=False, example="sending")
    information = Text(reads=False, example="-")


class EventSchema(WireSchema):
    """S3's events: mails that were sent. Only the system makes them."""

    event_id = Id(attribute="id", reads=False, example=5030)
    invoice_id = Id(attribute="document_id", reads=False, example=3003)
    uri = Text(reads=False)
    date = Day(reads=False)
    type = Text(reads=False, example="email sent")
    content = Text(reads=False)
    recipients = ListOf(RecipientSchema(), reads=False)


@dataclass(frozen=True, slots=True)
class Place:
    """A kind of document: our word for it, and its address in the API."""

    kind: str
    name: str

    def uri(self, view: Shown, document_id: int, part: str, part_id: int) -> str:
        """The address of a thing under a document."""
        return f"{view.root}/{self.name}/{document_id}/{part}/{part_id}"


def read_remarks(place: Place, ids: Sequence[int], view: Shown) -> Mapping[int, Sequence[Values]]:
    """In the order in which they were made."""
    found: dict[int, list[Values]] = defaultdict(list)
    for row in session.execute(_REMARKS, {"kind": place.kind, "ids": ids}):
        uri = place.uri(view, row.document_id, "remarks", row.id)
        found[row.document_id].append({**row._asdict(), "uri": uri})
    return found


def read_events(place: Place, ids: Sequence[int], view: Shown) -> Mapping[int, Sequence[Values]]:
    """Mails about each document, with who gets them."""
    found: dict[int, list[Values]] = defaultdict(list)
    messages = session.scalars(_MESSAGES, {"kind": place.kind, "ids": ids}).all()
    recipients: dict[int, list[Values]] = defaultdict(list)
    if messages:
        of_these = MailRecipient.message_id.in_([message.id for message in messages])
        wanted = sa.select(MailRecipient).where(of_these, ~MailRecipient.is_copy)
        for one in session.scalars(wanted.order_by(MailRecipient.id)):
            recipients[one.message_id].append(_recipient(one))
    for message in messages:
        about: int = message.about_id or 0
        found[about].append(
            {
                "id": message.id,
                "document_id": about,
                "uri": place.uri(view, about, "events", message.id),
                "date": local(message.created_at).date(),
                "type": "email sent",
                "content": message.sent_body or message.body,
                "recipients": recipients[message.id],
            }
        )
    return found


def _recipient(one: MailRecipient) -> Values:
    return {
        "name": one.name,
        "email": one.email,
        "external_id": one.external_id,
        "state": "sending" if one.state is RecipientState.MAYBE_SENT else one.state.value,  # S3 has four words
        "information": one.information,
    }


def create_remark(place: Place, document_id: int, data: Values, who: Asker) -> int:
    """An internal note."""
    row = remarks.add(
        place.kind,
        document_id,
        remark_date=data.get("remark_date") or who.today,
        description=data.get("description", ""),
        description_html=data.get("description_html", ""),
        actor_id=who.actor.id,
    )
    return row.id


def _change(place: Place, document_id: int, remark_id: int, data: Values, _who: Asker) -> None:
    """What is given; its text must be (S3)."""
    _save(place, document_id, remark_id, {"remark_date": session.get_one(Remark, remark_id).remark_date} | data)


def _replace(place: Place, document_id: int, remark_id: int, data: Values, who: Asker) -> None:
    _save(place, document_id, remark_id, {"remark_date": who.today} | data)


def _save(place: Place, document_id: int, remark_id: int, data: Values) -> None:
    remarks.change(
        place.kind,
        document_id,
        remark_id,
        remark_date=data["remark_date"],
        description=data.get("description", ""),
        description_html=data.get("description_html", ""),
        version=None,
    )


def remarks_part(place: Place, schema: WireSchema) -> Part:
    """``/remarks`` under each document of this kind."""

    def reading(ids: Sequence[int], view: Shown, _actor: Actor) -> Mapping[int, Sequence[Values]]:
        return read_remarks(place, ids, view)

    return Part(
        name="remarks",
        item="remark",
        id_name="remark_id",
        schema=schema,
        read=reading,
        verbs=Verbs(
            create=lambda document_id, data, who: create_remark(place, document_id, data, who),
            change=lambda document_id, remark_id, data, who: _change(place, document_id, remark_id, data, who),
            replace=lambda document_id, remark_id, data, who: _replace(place, document_id, remark_id, data, who),
            delete=lambda document_id, remark_id, _who: remarks.delete(place.kind, document_id, remark_id),
        ),
    )


def events_part(place: Place, schema: WireSchema) -> Part:
    """``/events`` under each document of this kind; read only."""

    def reading(ids: Sequence[int], view: Shown, _actor: Actor) -> Mapping[int, Sequence[Values]]:
        return read_events(place, ids, view)

    return Part(name="events", item="event", id_name="event_id", schema=schema, read=reading, verbs=Verbs())
