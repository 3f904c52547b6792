"""The mail of a quote leads to where it is signed: by the customer, once, as long as it stands."""

import base64
import datetime as dt
import io
import re
from collections.abc import Callable
from email import message_from_bytes, policy

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image, ImageDraw

from fsm.core.audit import now
from fsm.core.db import session, writing
from fsm.core.jobs import run_one
from fsm.mail.folder import eml_of
from fsm.mail.mime import message_id_of
from fsm.mail.models import MailMessage, MailSettings, RecipientState
from fsm.quotes import links, services
from fsm.quotes.models import Quote, QuoteState, SigningLink
from fsm.users.models import Role
from tests import factories

pytestmark = pytest.mark.database
BASE = "https://fsm.testwerk.example"


@pytest.fixture
def quote_id(database: Flask) -> int:
    with writing():
        session.merge(MailSettings(id=1, public_url=BASE))
        return factories.make_quote(valid_until=dt.date(2099, 12, 31)).id


def mailed(app: Flask, client: FlaskClient, quote_id: int) -> str:
    """Send it by mail; gives the address in the customer's copy, without the host."""
    message = {"recipients": "an@peeters.example", "subject": "Quote {number}", "body": "See and sign: {link}"}
    answer = client.post(f"/quotes/{quote_id}/send", data=message | {"attaches_document": "y"})
    assert answer.status_code == 303, answer.get_data(as_text=True)[-2000:]
    while run_one(app.extensions["job_handlers"]):
        pass
    session.rollback()
    row = session.scalars(sa.select(MailMessage).order_by(MailMessage.id.desc())).first()
    assert row is not None
    eml = eml_of(message_id_of(row, row.recipients[0]))
    assert eml is not None
    body = message_from_bytes(eml.read_bytes(), policy=policy.default).get_body(("plain",))
    assert body is not None
    found = re.search(re.escape(BASE) + r"(/view/\S+)", body.get_content())
    assert found is not None
    return found[1]


def drawn() -> str:
    """A signature as the page sends it."""
    picture = Image.new("RGB", (400, 150), "white")
    ImageDraw.Draw(picture).line([(20, 120), (120, 20), (200, 120), (380, 30)], fill="black", width=4)
    target = io.BytesIO()
    picture.save(target, "PNG")
    return f"data:image/png;base64,{base64.b64encode(target.getvalue()).decode()}"


def test_the_customer_signs_from_the_mail_once(
    app: Flask, client_for: Callable[..., FlaskClient], quote_id: int
) -> None:
    view, customer = mailed(app, client_for(Role.OFFICE), quote_id), app.test_client()
    led = customer.get(view)
    assert led.status_code == 302
    assert led.location.startswith("/sign/")
    page = customer.get(led.location).get_data(as_text=True)
    assert "Onderteken" in page or "Sign the quote" in page
    content = re.search(r'name="content" value="(\w+)"', page)
    assert content is not None
    form = {"signer_name": "An Peeters", "signature": drawn(), "content": content[1]}
    assert customer.post(led.location, data=form | {"signer_name": ""}).status_code == 422
    signed = customer.post(led.location, data=form)
    assert (signed.status_code, signed.location) == (303, f"{led.location}/signed")
    assert customer.post(led.location, data=form).status_code == 410, "once"
    session.rollback()
    quote = session.get_one(Quote, quote_id)
    assert quote.state is QuoteState.SIGNED
    assert quote.signature is not None
    assert (quote.signature.signer_name, quote.signature.written_by_id) == ("An Peeters", None)
    session.rollback()
    after = customer.get(view)
    assert after.status_code == 200, "what was signed stays to be seen"
    assert "An Peeters" in after.get_data(as_text=True)
    message = session.scalars(sa.select(MailMessage)).one()
    assert message.recipients[0].state is RecipientState.OPEN


def test_a_link_leads_nowhere_once_the_quote_was_changed_and_to_no_signing_once_it_is_over(
    app: Flask, client_for: Callable[..., FlaskClient], quote_id: int
) -> None:
    office, customer = client_for(Role.OFFICE), app.test_client()
    first = mailed(app, office, quote_id)
    with writing():
        quote = session.get_one(Quote, quote_id)
        names = services.QuoteValues.__dataclass_fields__
        values = {name: getattr(quote, name) for name in names} | {"note": "Another pump"}
        services.save(quote_id, services.QuoteValues(**values), factories.quote_lines(quote), version=None)
    assert customer.get(first).status_code == 404, "a quote that is being changed is not shown"
    second = mailed(app, office, quote_id)
    assert customer.get(first).status_code == 404, "what was mailed before is not what is signed now"
    led = customer.get(second)
    assert led.status_code == 302
    with writing():
        live = links.live(quote_id)
        assert live is not None
        session.execute(
            sa.update(SigningLink).where(SigningLink.id == live.id).values(expires_at=now() - dt.timedelta(seconds=1))
        )
    assert customer.get(led.location).status_code in {404, 410}
    assert customer.get(second).status_code == 200, "still to be seen, not signed"
    with writing():
        links.revoke_of(quote_id)
        links.make(quote_id, actor_id=1, last_moment=None)
    assert customer.get(second).status_code == 404, "revoked: whoever has the mail does not sign"
    mailed(app, office, quote_id)
    assert session.scalar(sa.select(sa.func.count()).select_from(SigningLink)) == 3, "the one that works serves"
