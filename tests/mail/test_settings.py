"""How mail leaves, tried by a test message; the texts, changed and put back."""

import json
from collections.abc import Callable
from typing import TypeAlias

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from fsm.core.audit import AuditChange
from fsm.core.db import session
from fsm.core.jobs import run_one
from fsm.core.sealed import unseal
from fsm.mail.kinds import shipped
from fsm.mail.models import MailSettings, MailTemplate
from fsm.users.models import Role

pytestmark = pytest.mark.database
Clients: TypeAlias = Callable[..., FlaskClient]
SERVER = {
    "way": "server",
    "host": "smtp.example.com",
    "port": "587",
    "security": "starttls",
    "user_name": "we",
    "password": "hunter two two",
    "sender_name": "Testwerk",
    "sender_email": "we@testwerk.example",
    "public_url": "https://service.testwerk.example/",
}


def test_the_password_is_kept_and_never_shown(
    app: Flask, client_for: Clients, capsys: pytest.CaptureFixture[str]
) -> None:
    client = client_for(Role.ADMINISTRATOR)
    assert client.post("/settings/mail", data=SERVER).status_code == 303
    row = session.get_one(MailSettings, 1)
    assert unseal(row.password) == "hunter two two"
    assert "hunter" not in row.password
    assert row.public_url == "https://service.testwerk.example"
    version = row.version
    session.rollback()
    session.expire_all()
    page = client.get("/settings/mail").get_data(as_text=True)
    assert "hunter" not in page
    assert row.password not in page
    changed = SERVER | {"password": "", "host": "mail.example.com", "version": str(version)}
    assert client.post("/settings/mail", data=changed).status_code == 303
    session.rollback()
    session.expire_all()
    assert unseal(session.get_one(MailSettings, 1).password) == "hunter two two"  # left empty, it stays
    audited = json.dumps([(one.before, one.after) for one in session.scalars(sa.select(AuditChange))])
    assert "mail.example.com" in audited
    assert "hunter" not in audited
    assert session.get_one(MailSettings, 1).password not in audited
    session.rollback()
    stale = client.post("/settings/mail", data=SERVER | {"version": str(version)})
    assert stale.status_code == 409
    app.config["SECRET_KEY"] = "another"
    assert unseal(session.get_one(MailSettings, 1).password) is None
    assert "hunter" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("host", "", "Which server"),
        ("host", "smtp example", "not the name of a server"),
        ("port", "70000", "65535"),
        ("security", "none", "could be read on its way"),
        ("sender_email", "", "From which address"),
        ("sender_email", "we@", "not an e-mail address"),
        ("public_url", "javascript:alert(1)", "An address such as"),
        ("public_url", "https://user@x.example", "An address such as"),
        ("sender_name", "x" * 101, "100"),
    ],
)
def test_what_cannot_work(app: Flask, client_for: Clients, field: str, value: str, sentence: str) -> None:
    answer = client_for(Role.ADMINISTRATOR).post("/settings/mail", data=SERVER | {field: value})
    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)
    assert session.get(MailSettings, 1) is None


def test_a_test_message(app: Flask, client_for: Clients) -> None:
    client = client_for(Role.ADMINISTRATOR)
    assert client.post("/settings/mail/test", data={"to": "nobody"}).status_code == 422
    assert client.post("/settings/mail/test", data={"to": "me@testwerk.example"}).status_code == 303
    assert "Sending" in client.get("/settings/mail/test").get_data(as_text=True)
    assert run_one(app.extensions["job_handlers"])
    page = client.get("/settings/mail/test").get_data(as_text=True)
    assert "It is in the mail folder." in page
    assert "me@testwerk.example" in page


def test_a_text_of_our_own_and_back(app: Flask, client_for: Clients) -> None:
    client, path = client_for(Role.ADMINISTRATOR), "/settings/mail/texts/invoice/dutch"
    assert shipped("invoice", "dutch").subject in client.get(path).get_data(as_text=True)
    wrong = client.post(path, data={"subject": "Factuur {nummer}", "body": "x"})
    assert wrong.status_code == 422
    assert "{nummer} means nothing here" in wrong.get_data(as_text=True)
    preview = client.post(f"{path}/preview", data={"subject": "Onze {number}", "body": "{nummer} {total}"})
    assert "Onze 2600123" in preview.get_data(as_text=True)
    assert "means nothing here" in preview.get_data(as_text=True)
    assert client.post(path, data={"subject": "Onze {number}", "body": "Dag {contact}"}).status_code == 303
    assert session.scalars(sa.select(MailTemplate.subject)).all() == ["Onze {number}"]
    session.rollback()
    assert client.post(f"{path}/reset").status_code == 303
    assert session.scalars(sa.select(MailTemplate.subject)).all() == []
    for missing in ("/settings/mail/texts/invoice/latin", "/settings/mail/texts/poem/dutch"):
        assert client.get(missing).status_code == 404
