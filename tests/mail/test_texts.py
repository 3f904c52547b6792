"""Texts with placeholders, addresses as typed, and headers in which nothing can be smuggled; pure."""

import datetime as dt
from email import message_from_bytes, policy

import pytest
from flask import Flask

from fsm.core.errors import DomainError
from fsm.mail.addresses import Address, checked, parsed
from fsm.mail.filling import fill, fill_line, unknown
from fsm.mail.kinds import KINDS, LANGUAGES, samples, shipped
from fsm.mail.mime import Part, build
from fsm.mail.models import MailMessage, MailRecipient


@pytest.fixture(autouse=True)
def _context() -> object:
    """Sentences need a language."""
    from flask_babel import Babel  # noqa: PLC0415 - only here

    app = Flask("sentences")
    Babel(app)
    with app.app_context():
        yield


def test_a_line_that_says_nothing_is_left_out() -> None:
    text = "Dear {contact},\n\nDue: {due}\nBy: {day}\n\nOnline: {link}\n\nBye"
    assert fill(text, {"contact": "An", "due": "5", "day": ""}) == "Dear An,\n\nDue: 5\n\nOnline: {link}\n\nBye"
    assert fill("{due}\n\n\n\n{day}", {"due": "", "day": "x"}) == "x"
    assert fill_line("Invoice {number} of {company}", {"number": "{company}", "company": ""}) == "Invoice {company} of"


def test_unknown_placeholders_are_named_as_they_stand() -> None:
    assert unknown("{number} {nummer} { number } {} {nummer}", {"number"}) == ["{nummer}", "{ number }", "{}"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_shipped(kind: str, language: str) -> None:
    text = shipped(kind, language)
    assert unknown(f"{text.subject}\n{text.body}", KINDS[kind].placeholders) == []
    filled = fill(text.body, samples(kind))
    assert "{" not in filled
    assert len(text.subject) <= 200


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("an@x.example", [Address("an@x.example")]),
        (
            "An Peeters <an@x.example>, bart@x.example",
            [Address("an@x.example", "An Peeters"), Address("bart@x.example")],
        ),
        ('"Peeters, An" <an@x.example>;AN@x.example', [Address("an@x.example", "Peeters, An")]),
        ("Zoë Ångström <zoe@café.example>\n\n", [Address("zoe@xn--caf-dma.example", "Zoë Ångström")]),
        ("", []),
    ],
)
def test_addresses_as_typed(text: str, found: list[Address]) -> None:
    assert parsed(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "an",
        "an@",
        "@x.example",
        "an@x",
        "zoë@x.example",
        "<an@x.example> junk",
        f"{'a' * 65}@x.example",
        "a b@x.example",
    ],
)
def test_what_no_server_takes(text: str) -> None:
    with pytest.raises(DomainError, match="is not an e-mail address"):
        parsed(text)


def test_nothing_is_smuggled_into_an_address() -> None:
    for address in (Address("an@x.example\r\nBcc: all@x.example"), Address("an@x.example", "An\nBcc: all@x.example")):
        with pytest.raises(DomainError, match="cannot be sent"):
            checked(address)


def test_headers_and_parts() -> None:
    """Names with accents and marks, a long domain, a line that begins with a dot, attachments of every name."""
    message = MailMessage(
        message_id=f"{'0' * 32}@{'long-' * 20}name.example",
        sent_subject="Factuur 2600001 – Zoë & Søn: chaudière à condensation, entretien annuel et remplacement du vase "
        * 3,
        sent_body="Beste Zoë,\n.\n.een punt\nOnline: {link}",
        sender_name='Van "Damme", Zoë',
        sender_email="we@testwerk.example",
        reply_to="office@testwerk.example",
        created_at=dt.datetime(2026, 3, 20, 12, tzinfo=dt.UTC),
    )
    row = MailRecipient(id=5, name="Ångström; Zoë <x>", email="zoe@x.example", is_copy=False)
    copy = MailRecipient(id=6, name="", email="archive@testwerk.example", is_copy=True)
    message.recipients = [row, copy]
    parts = [
        Part('Überblick "1"\n.pdf'.replace("\n", ""), "application/pdf", b"%PDF"),
        Part("a.csv", "text/csv", b"a,b"),
    ]
    data = build(message, row, "https://fsm.example/view/abc", parts)
    assert max(map(len, data.decode("ascii").split("\r\n"))) <= 998
    mail = message_from_bytes(data, policy=policy.default)
    assert mail["Subject"] == (message.sent_subject or "").strip()
    assert [address.display_name for address in mail["To"].addresses] == ["Ångström; Zoë <x>"]
    assert mail["From"].addresses[0].display_name == 'Van "Damme", Zoë'
    assert mail["Message-ID"] == f"<{'0' * 32}.5@{'long-' * 20}name.example>"
    assert mail["Bcc"] is None
    assert "archive@" not in data.decode("ascii")
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().splitlines()[1:] == [".", ".een punt", "Online: https://fsm.example/view/abc"]
    html = mail.get_body(("html",))
    assert html is not None
    assert '<a href="https://fsm.example/view/abc">' in html.get_content()
    assert "<img" not in html.get_content()
    assert [part.get_filename() for part in mail.iter_attachments()] == ['Überblick "1".pdf', "a.csv"]
