"""An invoice leaves by mail: from its page, many at once, to the accountant; and comes back opened."""

import html
import re
from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import TypeAlias

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from fsm.core.db import session, writing
from fsm.core.jobs import Job, run_one
from fsm.invoices import sending, withdrawing
from fsm.invoices.models import Invoice, InvoiceFollowUp
from fsm.ledger.models import ItemKind
from fsm.ledger.queries import item_of
from fsm.mail import sources
from fsm.mail.models import MailMessage, MailRecipient, MailSettings, Security
from fsm.payments import services as payments
from fsm.payments.receivables import PartValues
from fsm.payments.services import RegisterValues
from fsm.users.models import Role
from tests import factories
from tests.conftest import user_of

pytestmark = pytest.mark.database
Clients: TypeAlias = Callable[..., FlaskClient]


def posted(name: str = "Bakkerij Peeters", **contact: str) -> int:
    with writing(bulk=True):
        customer = factories.make_customer(name=name, language="dutch")
        if contact:
            factories.make_contact(customer, **contact)
        return factories.make_posted_invoice(customer, days_due=30).id


def work(app: Flask) -> None:
    while run_one(app.extensions["job_handlers"]):
        pass
    session.rollback()
    session.expire_all()
    assert session.scalars(sa.select(Job.error).where(Job.error.is_not(None))).all() == []


def mails(app: Flask) -> list[EmailMessage]:
    """What lies in the mail folder."""
    found = []
    for path in sorted(Path(app.config["DATA_FOLDER"], "mail").rglob("*.eml")):
        mail = message_from_bytes(path.read_bytes(), policy=policy.default)
        assert isinstance(mail, EmailMessage)
        found.append(mail)
    return found


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def follow_up(invoice_id: int) -> InvoiceFollowUp:
    session.rollback()
    session.expire_all()
    return session.scalars(sa.select(InvoiceFollowUp).where(InvoiceFollowUp.invoice_id == invoice_id)).one()


def field(page: str, name: str) -> str:
    """What a box of the page holds."""
    box = re.search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', page) or re.search(
        rf'<textarea[^>]*name="{name}"[^>]*>(.*?)</textarea>', page, re.DOTALL
    )
    assert box, name
    return html.unescape(box[1]).strip()


def test_from_its_page_to_the_customer_who_opens_it(app: Flask, client_for: Clients) -> None:
    invoice_id = posted(name="Bakkerij Peeters", email="an@peeters.example")
    with writing():
        session.add(MailSettings(id=1, security=Security.STARTTLS, public_url="https://fsm.example"))
    client, path = client_for(Role.OFFICE), f"/invoices/{invoice_id}/send"
    page = client.get(path).get_data(as_text=True)
    number = session.get_one(Invoice, invoice_id).number or ""
    form = {name: field(page, name) for name in ("recipients", "subject", "body")} | {"attaches_document": "y"}
    assert form["recipients"] == "An Peeters <an@peeters.example>"
    assert number in form["body"]
    assert "{amount_due}" in form["body"]  # read when it leaves
    assert client.post(path, data=form).status_code == 303
    assert follow_up(invoice_id).sent_at is None  # nobody has it yet
    assert "Sending" in client.get(f"/mail/about/invoice/{invoice_id}").get_data(as_text=True)
    with writing(bulk=True):  # somebody pays a part before it leaves
        item = item_of(ItemKind.INVOICE, invoice_id)
        assert item is not None
        part = RegisterValues(
            paid_on=factories.TODAY,
            parts=[PartValues(open_item_id=item.id)],
            customer_id=item.customer_id,
            amount=item.balance - 100,
        )
        payments.register(part, actor_id=1, today=factories.TODAY)
    work(app)
    (mail,) = mails(app)
    assert "100,00" in text_of(mail)
    assert "{" not in text_of(mail)
    (attached,) = mail.iter_attachments()
    assert (attached.get_filename(), attached.get_content()[:5]) == (f"{number}.pdf", b"%PDF-")
    assert attached.get_content() == client.get(f"/invoices/{invoice_id}/pdf").data
    assert follow_up(invoice_id).sent_how == "By e-mail"
    assert "Sent" in client.get(f"/mail/about/invoice/{invoice_id}").get_data(as_text=True)
    assert "Send again" in client.get(f"/invoices/{invoice_id}").get_data(as_text=True)
    # The customer opens the link; a look by one of our own is none.
    link = re.search(r"https://fsm.example(/view/\S+)", text_of(mail))
    assert link is not None
    assert client.get(link[1]).status_code == 200
    assert session.scalars(sa.select(MailRecipient.state)).one() == "sent"
    anonymous = app.test_client()
    assert anonymous.head(link[1]).status_code == 200
    shown = anonymous.get(link[1])
    assert number in shown.get_data(as_text=True)
    session.rollback()
    assert session.scalars(sa.select(MailRecipient.state)).one() == "open"
    assert anonymous.get(f"{link[1]}/pdf").data == attached.get_content()
    # Not the last letter, whose lowest bits say nothing.
    assert anonymous.get(link[1].replace(".", ".x", 1)).status_code == 404


@pytest.mark.parametrize(
    ("field_name", "value", "sentence"),
    [
        ("recipients", "an@peeters.example\r\nBcc: all@peeters.example", "is not an e-mail address"),
        ("recipients", "jos@", "is not an e-mail address"),
        ("recipients", f"{'a' * 250}@peeters.example", "is not an e-mail address"),
        ("recipients", ",".join(f"a{place}@peeters.example" for place in range(21)), "At most 20 addresses"),
        ("subject", "x" * 201, "200"),
        ("subject", "One\r\nBcc: all@peeters.example", "one line"),
        ("body", "x" * 10_001, "10000"),
        ("body", "Beste {naam}", "{naam} means nothing here"),
    ],
)
def test_bounds(app: Flask, client_for: Clients, field_name: str, value: str, sentence: str) -> None:
    invoice_id = posted()
    client = client_for(Role.OFFICE)
    form = {"recipients": "an@peeters.example", "subject": "Factuur", "body": "Tekst"} | {field_name: value}
    answer = client.post(f"/invoices/{invoice_id}/send", data=form)
    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True).replace("10,000", "10000")
    assert session.scalar(sa.select(sa.func.count()).select_from(MailMessage)) == 0


def test_many_at_once(app: Flask, client_for: Clients) -> None:
    """Each to its own; who has no address, what is no invoice or on its way already is named."""
    ids = [posted(email="an@peeters.example"), posted(name="Zoë's Café", email="zoe@cafe.example"), posted(name="Mute")]
    client = client_for(Role.OFFICE)
    page = client.post("/invoices/send-many", data={"ids": ids}).get_data(as_text=True)
    assert "has no e-mail address" in page
    again = client.post("/invoices/send-many", data={"ids": ids[:1]})
    assert again.status_code == 422
    assert "on its way already" in again.get_data(as_text=True)
    with writing():  # what is on its way is not withdrawn
        assert "on its way" in (withdrawing.why_not_withdrawn(session.get_one(Invoice, ids[1])) or "")
    work(app)
    assert {mail["To"] for mail in mails(app)} == {"An Peeters <an@peeters.example>", "An Peeters <zoe@cafe.example>"}
    assert [follow_up(one).sent_at is not None for one in ids] == [True, True, False]
    assert "It was sent before" in client.post("/invoices/send-many", data={"ids": ids[:1]}).get_data(as_text=True)
    listed = client.get("/invoices?tab=to_send").get_data(as_text=True)
    assert "Mute" in listed
    assert "Zoë" not in listed


def test_to_the_accountant_and_on_paper(app: Flask, client_for: Clients) -> None:
    """S3's tags come from actions: 9, then 3; the customer has nothing yet."""
    invoice_id = posted()
    client = client_for(Role.OFFICE)
    refused = client.post(f"/invoices/{invoice_id}/send-to-accountant")
    assert refused.status_code == 422
    with writing():
        session.add(MailSettings(id=1, security=Security.STARTTLS, accountant_email="books@fidu.example"))
    assert client.post(f"/invoices/{invoice_id}/send-to-accountant").status_code == 303
    work(app)
    assert [mail["To"] for mail in mails(app)] == ["books@fidu.example"]
    row = follow_up(invoice_id)
    assert (row.accountant_at is None, row.sent_at, row.printed_at) == (False, None, None)
    assert client.get(f"/invoices/{invoice_id}/print").data.startswith(b"%PDF-")
    assert follow_up(invoice_id).printed_at is not None


def test_a_document_withdrawn_meanwhile_does_not_leave(
    app: Flask, client_for: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice_id = posted(email="an@peeters.example")
    with writing():
        sending.send_many([invoice_id], actor_id=user_of(Role.OFFICE).id)
    overtaken = replace(sending.SOURCE, why_not=lambda _id: "It is not posted any more.")
    monkeypatch.setitem(sources._sources, "invoice", overtaken)
    work(app)
    row = session.scalars(sa.select(MailRecipient)).one()
    assert (row.state.value, row.information) == ("failed", "It is not posted any more.")
    assert mails(app) == []
    assert follow_up(invoice_id).sent_at is None
    page = client_for(Role.OFFICE).get("/").get_data(as_text=True)
    assert "1 mail problem" in page
