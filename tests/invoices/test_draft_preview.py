"""The preview of a draft is what the customer gets: the posted document but for its number."""

import io
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader

from fsm.core.db import session, writing
from fsm.documents import layouts
from fsm.documents.models import TimeAnnex
from fsm.documents.services import pdf_of, render
from fsm.invoices import from_orders, services
from fsm.invoices.draft_print import draft_pdf
from fsm.invoices.models import Invoice, InvoiceLine
from fsm.users.models import Role
from tests.factories import TODAY, make_invoice, make_month
from tests.invoices.test_pages import form_of

pytestmark = pytest.mark.database
Words = list[tuple[str, int, int]]


def words_of(data: bytes) -> list[Words]:
    """Each page's words with their places, in tenths of a point."""
    pages = []
    for page in PdfReader(io.BytesIO(data)).pages:
        found: Words = []

        def visit(text: str, cm: list[float], tm: list[float], *_font: object, found: Words = found) -> None:
            if text.strip():
                found.append((text.strip(), round(10 * (tm[4] + cm[4])), round(10 * (tm[5] + cm[5]))))

        page.extract_text(visitor_text=visit)
        pages.append(found)
    return pages


def test_only_the_number_differs_when_a_draft_is_posted(database: Flask) -> None:
    with writing():
        layouts.add(layouts.LayoutValues(name="With hours", time_annex=TimeAnnex.TECHNICIANS))
        (order_id,) = make_month(1, 1)
        invoice_id = from_orders.draft_from_orders([order_id], actor_id=1).id
    draft = words_of(draft_pdf(session.get_one(Invoice, invoice_id), today=TODAY))
    with writing():
        services.post([invoice_id], actor_id=1, today=TODAY)
    number = session.get_one(Invoice, invoice_id).number
    posted = words_of(pdf_of("invoice", invoice_id))
    assert len(draft) == len(posted) == 2  # the invoice, the annex
    for before, after in zip(draft, posted, strict=True):
        assert len(before) == len(after)
        changed = [(one, other) for one, other in zip(before, after, strict=True) if one != other]
        assert changed
        for one, other in changed:
            assert number in other[0]
            assert "DRAFT" in one[0] or "ONTWERP" in one[0]
            assert one[2] == other[2]


def test_the_preview_shows_what_is_typed_and_keeps_nothing(
    app: Flask, client_for: Callable[..., FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing():
        invoice_id = make_invoice().id
    office = client_for(Role.OFFICE)
    saved = office.get(f"/invoices/{invoice_id}/preview")
    assert saved.get_data(as_text=True).count("data:image/webp") == 1
    page = office.get(f"/invoices/{invoice_id}/edit").get_data(as_text=True)
    assert "data-preview=" in page
    printed: list[str] = []
    monkeypatch.setattr(
        "fsm.documents.preview_page.render",
        lambda facts, mark: printed.append(facts.lines[0].description) or render(facts, mark=mark),
    )
    before = session.scalars(sa.select(InvoiceLine.description)).all()
    form = form_of(session.get_one(Invoice, invoice_id), {"description": "Typed just now"})
    answer = office.post(f"/invoices/{invoice_id}/preview", data=form)
    text = answer.get_data(as_text=True)
    assert "data:image/webp" in text, text
    assert printed == ["Typed just now"]
    session.rollback()
    assert session.scalars(sa.select(InvoiceLine.description)).all() == before
    refused = office.post(f"/invoices/{invoice_id}/preview", data=form | {"client_name": ""})
    assert "The preview waits" in refused.get_data(as_text=True)
