"""Attachments and internal remarks of a document, before and after posting."""

import datetime as dt
import io
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from fsm.core.db import session, writing
from fsm.core.errors import DomainError
from fsm.documents import attachments, remarks
from fsm.documents.models import Attachment, Remark
from fsm.users.models import Role
from tests import factories

pytestmark = pytest.mark.database


def _sent(name: str, data: bytes, **more: str) -> dict[str, object]:
    return {"file": (io.BytesIO(data), name), **more}


def test_a_file_is_attached_told_of_and_taken_away(app: Flask, client_for: Callable[..., FlaskClient]) -> None:
    with writing():
        invoice_id = factories.make_posted_invoice(on=factories.TODAY).id
    client, url = client_for(Role.OFFICE), f"/documents/invoice/{invoice_id}/attachments"
    assert client.post(url, data=_sent("../Plan é.pdf", b"%PDF-1.4 x", goes_with_mail="y")).status_code == 303
    page = client.get(f"/invoices/{invoice_id}").get_data(as_text=True)
    assert "Plan é.pdf" in page
    row = session.scalars(sa.select(Attachment)).one()
    assert (row.name, row.goes_with_mail, row.file.media_type) == ("Plan é.pdf", True, "application/pdf")
    answer = client.get(f"{url}/{row.id}")
    assert answer.data == b"%PDF-1.4 x"
    assert "attachment" in answer.headers["Content-Disposition"]
    answer.close()
    assert client.get(f"/documents/invoice/{invoice_id + 999}/attachments/{row.id}").status_code == 404
    client.post(f"{url}/{row.id}/mail", data={"goes": "no"})
    session.rollback()
    assert attachments.for_mail("invoice", invoice_id) == []
    client.post(f"{url}/{row.id}/remove")
    session.rollback()
    assert attachments.of_document("invoice", invoice_id) == []
    assert client_for(Role.TECHNICIAN).post(url, data=_sent("a.pdf", b"%PDF-")).status_code == 403


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("virus.exe", b"MZ", "Files of this kind are not taken"),
        ("page.html", b"<p>", "Files of this kind are not taken"),
        ("no extension", b"x", "Files of this kind are not taken"),
        ("empty.pdf", b"", "This file is empty."),
        ("liar.pdf", b"MZ", "This is no PDF file"),
    ],
)
def test_what_is_no_attachment_is_refused(
    app: Flask, client_for: Callable[..., FlaskClient], name: str, data: bytes, sentence: str
) -> None:
    with writing():
        invoice_id = factories.make_invoice(lines=(("1.00", 21),)).id
    client = client_for(Role.OFFICE)
    answer = client.post(f"/documents/invoice/{invoice_id}/attachments", data=_sent(name, data), follow_redirects=True)
    assert sentence in answer.get_data(as_text=True)
    assert session.scalars(sa.select(Attachment)).all() == []


def test_size_and_count_are_bounded(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attachments, "MAX_BYTES", 10)
    monkeypatch.setattr(attachments, "MAX_ALL_BYTES", 25)
    attachments.prepare("most.txt", b"x" * 10)
    with pytest.raises(DomainError, match="too large"):
        attachments.prepare("more.txt", b"x" * 11)
    with writing():
        invoice_id = factories.make_invoice(lines=(("1.00", 21),)).id
        for number in range(5):
            attachments.add("invoice", invoice_id, attachments.prepare(f"{number}.txt", b"five."), actor_id=None)
        attachments.add("invoice", invoice_id, attachments.prepare("0.txt", b"five."), actor_id=None)  # the same once
        with pytest.raises(DomainError, match="Together"):
            attachments.add("invoice", invoice_id, attachments.prepare("6.txt", b"x"), actor_id=None)
        monkeypatch.setattr(attachments, "MAX_ALL_BYTES", 1000)
        for number in range(5, 10):
            attachments.add("invoice", invoice_id, attachments.prepare(f"{number}.txt", b"five."), actor_id=None)
        with pytest.raises(DomainError, match="At most 10 files"):
            attachments.add("invoice", invoice_id, attachments.prepare("11.txt", b"x"), actor_id=None)
    assert attachments.clean_name("a" * 200 + ".pdf") == "a" * 146 + ".pdf"


def test_a_remark_is_written_changed_and_deleted_and_never_printed(
    app: Flask, client_for: Callable[..., FlaskClient]
) -> None:
    with writing():
        invoice_id = factories.make_posted_invoice(on=factories.TODAY).id
    client, url = client_for(Role.OFFICE), f"/documents/invoice/{invoice_id}/remarks"
    assert client.post(f"{url}/new", data={"remark_date": "2025-02-15", "description": ""}).status_code == 422
    html = '<p onclick="x()">Customer <b>has</b> the goods</p><script>alert(1)</script>'
    sent = {"remark_date": "2025-02-15", "description": "ignored", "description_html": html}
    assert client.post(f"{url}/new", data=sent).status_code == 303
    row = session.scalars(sa.select(Remark)).one()
    assert (row.description, row.remark_date) == ("Customer has the goods", dt.date(2025, 2, 15))
    assert row.description_html == "<p>Customer <b>has</b> the goods</p>"
    assert "<b>has</b>" in client.get(f"/invoices/{invoice_id}").get_data(as_text=True)
    changed = {"version": "1", "remark_date": "2025-02-16", "description": "Returned", "description_html": ""}
    assert client.post(f"{url}/{row.id}/edit", data=changed).status_code == 303
    assert client.post(f"{url}/{row.id}/edit", data=changed).status_code == 409
    session.rollback()
    assert [(one.description, one.description_html) for one in remarks.of_document("invoice", invoice_id)] == [
        ("Returned", "")
    ]
    assert client_for(Role.ACCOUNTANT).get(f"/invoices/{invoice_id}").status_code == 200
    assert client_for(Role.ACCOUNTANT).post(f"{url}/{row.id}/delete").status_code == 403
    client.post(f"{url}/{row.id}/delete")
    session.rollback()
    assert remarks.of_document("invoice", invoice_id) == []


def test_they_go_with_a_draft_that_is_deleted(app: Flask, client_for: Callable[..., FlaskClient]) -> None:
    with writing():
        invoice_id = factories.make_invoice(lines=(("1.00", 21),)).id
        attachments.add("invoice", invoice_id, attachments.prepare("a.txt", b"x"), actor_id=None)
        remarks.add("invoice", invoice_id, remark_date=factories.TODAY, description="x", actor_id=None)
    assert client_for(Role.OFFICE).post(f"/invoices/{invoice_id}/delete").status_code == 303
    session.rollback()
    assert session.scalars(sa.select(Attachment)).all() == []
    assert session.scalars(sa.select(Remark)).all() == []


def test_a_remark_at_its_limit_and_one_past_it(app: Flask) -> None:
    with writing():
        invoice_id = factories.make_invoice(lines=(("1.00", 21),)).id
        day = {"remark_date": factories.TODAY, "actor_id": None}
        remarks.add("invoice", invoice_id, description="x" * 10_000, **day)
        with pytest.raises(DomainError) as refusal:
            remarks.add("invoice", invoice_id, description="x" * 10_001, **day)
        assert refusal.value.field == "description"
        with pytest.raises(DomainError) as refusal:
            remarks.add("invoice", invoice_id, description_html=f"<p>{'x' * 10_000}</p>", **day)
        assert refusal.value.field == "description_html"
