"""Files by the API: uploaded for an hour, sent along with a mail, attached to documents; bounded in type, size, number."""

import base64
import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from fsm.api import uploads
from fsm.api.models import Upload
from fsm.core.audit import now
from fsm.core.db import session, writing
from fsm.files.models import StoredFile
from fsm.mail.models import MailAttachment
from fsm.users.models import Role
from tests import factories
from tests.api.conftest import ApiClient

pytestmark = pytest.mark.database
on_one_engine = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
PDF = b"%PDF-1.7 conditions"
ITEM = {"description": "Pump", "amount": "100.00", "tax_rate": "21"}


def send(api: ApiClient, path: str, *files: tuple[bytes, str], field: str = "file", **values: str) -> Any:
    data = {**values, field: [(io.BytesIO(content), name) for content, name in files]}
    return api.send("POST", path, data=data, content_type="multipart/form-data")


def uploaded(api: ApiClient, content: bytes = PDF, name: str = "conditions.pdf") -> int:
    answer = send(api, "uploads", (content, name))
    assert answer.status_code == 201, answer.text
    return int(answer.get_json()[0]["upload_id"])


@pytest.fixture
def invoice_id(api: ApiClient) -> int:
    """A posted invoice of a customer with an address for mail."""
    with writing():
        client_id = factories.make_customer(email="an@peeters.example").id
    return int(api.post("invoices", {"client_id": client_id, "items": [ITEM]}).get_json()["invoice_id"])


def test_uploaded_sent_along_and_attached(api: ApiClient, invoice_id: int) -> None:
    answer = send(api, "uploads", (PDF, "a.pdf"), (b"x", "b.txt"), field="file[]")
    first, second = answer.get_json()
    assert (answer.status_code, first["filename"], second["type"], second["size"]) == (201, "a.pdf", "text/plain", 1)
    assert session.scalar(sa.select(sa.func.count()).select_from(StoredFile)) == 0  # not kept unless it is used
    along = [{"upload_id": first["upload_id"], "filename": "Conditions 2026.pdf"}, {"upload_id": second["upload_id"]}]
    told = api.post(f"invoices/{invoice_id}?send_mail", {"recipient": "main_contact", "attachments": along})
    assert told.status_code == 200, told.text
    query = sa.select(MailAttachment.name).where(MailAttachment.message_id == told.get_json()["event_id"])
    number = api.get(f"invoices/{invoice_id}").get_json()["number"]
    session.rollback()
    assert list(session.scalars(query.order_by(MailAttachment.id))) == [f"{number}.pdf", "Conditions 2026.pdf", "b.txt"]

    path = f"invoices/{invoice_id}/files"
    made = api.post(path, {"upload_id": first["upload_id"], "goes_with_mail": "no"})
    assert made.status_code == 201, made.text
    assert send(api, f"{path}/upload", (b"<a/>", "note.xml")).status_code == 201
    (conditions, note) = api.get(path).get_json()
    assert (conditions["filename"], conditions["goes_with_mail"], note["type"]) == ("a.pdf", "no", "application/xml")
    with api.get(f"{path}/{conditions['file_id']}/content") as content:
        assert (content.data, content.headers["X-Content-Type-Options"]) == (PDF, "nosniff")
    assert api.post(f"{path}/{note['file_id']}", {"goes_with_mail": "no"}).status_code == 200
    assert api.post(f"{path}/{note['file_id']}", {"filename": "other.xml"}).status_code == 400
    assert api.delete(f"{path}/{note['file_id']}").status_code == 200
    assert api.get(f"{path}/{note['file_id']}/content").status_code == 404
    assert api.delete(f"uploads/{first['upload_id']}").status_code == 200
    assert [row["upload_id"] for row in api.get("uploads").get_json()] == [second["upload_id"]]
    with api.get(f"{path}/{conditions['file_id']}/content") as content:
        assert content.data == PDF  # what it was attached to keeps it


@on_one_engine
def test_as_json_and_xml_in_base64(api: ApiClient) -> None:
    body = {"filename": "a.txt", "content": base64.b64encode("Été".encode()).decode()}
    (row,) = api.post("uploads", body).get_json()
    assert (row["size"], api.get(f"uploads/{row['upload_id']}").get_json()) == (5, row)
    xml = f"<upload><filename>b.txt</filename><content>{body['content']}</content></upload>"
    answer = api.post("uploads", xml)
    assert "<uploads><upload><upload_id>" in answer.text
    headers = {"Idempotency-Key": "0123456789abcdef"}
    first, again = (api.post("uploads", body, headers=headers).get_json() for _round in range(2))
    assert first == again


@on_one_engine
@pytest.mark.parametrize(
    ("content", "name", "error"),
    [
        (PDF, "a.exe", "file: Files of this kind are not taken"),
        (b"MZ", "a.pdf", "file: This is no PDF file, whatever its name says."),
        (b"", "a.txt", "file: This file is empty."),
        (PDF, "a", "file: Files of this kind are not taken"),
    ],
)
def test_what_is_refused(content: bytes, name: str, error: str, api: ApiClient) -> None:
    answer = send(api, "uploads", (content, name))
    assert (answer.status_code, answer.get_json()["error"][: len(error)]) == (400, error)
    assert api.get("uploads").get_json() == []


@on_one_engine
def test_bounds(api: ApiClient, invoice_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert send(api, "uploads", *[(b"x", f"{place}.txt") for place in range(11)]).status_code == 400
    assert (
        api.send("POST", "uploads", data={"filename": "a.txt"}, content_type="multipart/form-data").status_code == 400
    )
    large = b"x" * (8 * 1024 * 1024 + 1)
    assert api.post("uploads", large, content_type="multipart/form-data; boundary=x").status_code == 413
    assert api.post("uploads", {"filename": "a.txt", "content": "not base64!"}).status_code == 400
    assert send(api, "uploads", (b"x", "a.txt"), colour="red").status_code == 400
    upload_id = uploaded(api)
    wrong = api.post(f"invoices/{invoice_id}/files", {"upload_id": upload_id, "filename": "a.exe"})
    assert (wrong.status_code, wrong.get_json()["error"][:10]) == (400, "filename: ")
    monkeypatch.setattr(uploads, "MOST_WAITING", 1)
    assert send(api, "uploads", (PDF, "a.pdf")).status_code == 400
    monkeypatch.setattr(uploads.attachments, "MAX_ALL_BYTES", 3)
    sent = api.post(f"invoices/{invoice_id}/sendemail", {"attachments": [{"upload_id": upload_id}]})
    assert (sent.status_code, sent.get_json()["error"][:13]) == (400, "attachments: ")


@on_one_engine
def test_an_upload_is_its_keys_own_and_ends_after_an_hour(
    api: ApiClient, api_for: Callable[[Role], ApiClient], invoice_id: int
) -> None:
    upload_id = uploaded(api)
    other = api_for(Role.MANAGER)
    assert other.get(f"uploads/{upload_id}").status_code == 404
    assert other.delete(f"uploads/{upload_id}").status_code == 404
    refused = other.post(f"invoices/{invoice_id}/files", {"upload_id": upload_id})
    assert (refused.status_code, refused.get_json()["error"][:11]) == (400, "upload_id: ")
    for role in (Role.TECHNICIAN, Role.ACCOUNTANT):
        assert send(api_for(role), "uploads", (PDF, "a.pdf")).status_code == 403
    with writing():
        session.get_one(Upload, upload_id).available_until = now() - dt.timedelta(seconds=1)
    assert api.get(f"uploads/{upload_id}").status_code == 404
    assert api.post(f"invoices/{invoice_id}/files", {"upload_id": upload_id}).status_code == 400
    with writing():
        assert uploads.forget_old(now()) == 1
