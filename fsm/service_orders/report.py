"""The work report: what was done, the customer's signature, photos."""

import datetime as dt

from flask_babel import gettext as _

from fsm.core import audit
from fsm.core.db import session
from fsm.core.errors import ConflictError, DomainError, NotFoundError
from fsm.service_orders.models import OrderState, Photo, ServiceOrder
from fsm.service_orders.services import refuse_change
from fsm.service_orders.visibility import hold, is_desk
from fsm.users.actor import Actor

MOST_PHOTOS = 100


def write_report(order_id: int, report: str, *, actor: Actor, before: str | None = None) -> ServiceOrder:
    """What was done, in the technician's words. ``before`` is the text that was edited: two who write lose no word."""
    order = hold(order_id, actor)
    refuse_change(order, actor)
    if before is not None and order.report not in {before, report}:
        raise ConflictError(_("Somebody else has changed this report meanwhile. Look at the newer one."), "report")
    if order.state is OrderState.DONE and not report:
        raise DomainError(_("An order that is done keeps a report."), "report")
    if order.report != report:
        order.report = report
        session.flush()
        _note(order, _("The report was written."))
    return order


def sign(order_id: int, name: str, file_id: int, *, actor: Actor, moment: dt.datetime) -> ServiceOrder:
    """The customer's name and the picture of the signature (a stored PNG)."""
    order = hold(order_id, actor)
    refuse_change(order, actor)
    if order.state not in {OrderState.IN_PROGRESS, OrderState.DONE}:
        raise ConflictError(_("Start the order first."))
    if not name:
        raise DomainError(_("Say who signs."), "signed_by")
    order.signed_by, order.signature_file_id, order.signed_at = name, file_id, moment
    order.no_signature_reason = ""
    session.flush()
    _note(order, _("Signed by %(name)s.", name=name))
    return order


def explain_no_signature(order_id: int, reason: str, *, actor: Actor) -> ServiceOrder:
    """Why there is no signature: nobody was there, refused."""
    order = hold(order_id, actor)
    refuse_change(order, actor)
    if order.signature_file_id is None and order.no_signature_reason != reason:
        order.no_signature_reason = reason
        session.flush()
        _note(order, _("No signature: %(reason)s.", reason=reason))
    return order


def add_photo(order_id: int, file_id: int, caption: str, *, actor: Actor, moment: dt.datetime) -> Photo:
    """A photo of the work (a stored picture); the same picture twice is one photo."""
    order = hold(order_id, actor)
    refuse_change(order, actor)
    photos = order.photos
    for photo in photos:
        if photo.file_id == file_id:
            return photo
    if len(photos) >= MOST_PHOTOS:
        raise DomainError(_("An order holds at most %(count)s photos.", count=MOST_PHOTOS), "photos")
    photo = Photo(service_order_id=order.id, file_id=file_id, caption=caption, taken_by_id=actor.id, taken_at=moment)
    session.add(photo)
    session.flush()
    session.expire(order, ["photos"])
    return photo


def caption_photo(order_id: int, photo_id: int, caption: str, *, actor: Actor) -> Photo:
    """Say what a photo shows: one's own, or anybody's for the office."""
    order, photo = _held_photo(order_id, photo_id, actor)
    refuse_change(order, actor)
    photo.caption = caption
    session.flush()
    return photo


def remove_photo(order_id: int, photo_id: int, *, actor: Actor) -> None:
    """Take a photo away: one's own, or anybody's for the office."""
    order, photo = _held_photo(order_id, photo_id, actor)
    refuse_change(order, actor)
    session.delete(photo)
    session.flush()
    session.expire(order, ["photos"])
    _note(order, _("A photo was removed."))


def _held_photo(order_id: int, photo_id: int, actor: Actor) -> tuple[ServiceOrder, Photo]:
    order = hold(order_id, actor)
    photo = session.get(Photo, photo_id, populate_existing=True)
    if photo is None or photo.service_order_id != order.id:
        raise NotFoundError(_("There is no such photo."))
    if photo.taken_by_id != actor.id and not is_desk(actor):
        raise NotFoundError(_("There is no such photo."))
    return order, photo


def _note(order: ServiceOrder, sentence: str) -> None:
    audit.note([("service_order", order.id)], sentence)
