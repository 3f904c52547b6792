"""Layouts: made, seen, changed and put away on their pages; a posted document keeps the look that it was issued with."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from fsm.core.db import session, writing
from fsm.documents import layouts, services
from fsm.documents.colors import contrast, tint
from fsm.documents.models import Layout
from fsm.users.models import Role
from tests.factories import make_posted_invoice

FORM = {
    "name": "House style",
    "design": "modern",
    "accent": "#0f766e",
    "logo_size": "large",
    "footer": "Open from 8 to 17 h",
    "bank_account_id": "",
    "time_annex": "none",
}


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)  # the lightest grey that passes
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert (tint("#000000", 0.5), tint("#1f4f82", 0)) == ("#808080", "#ffffff")


@pytest.mark.database
def test_a_layout_is_made_changed_and_put_away(app: Flask, client_for: Callable[..., FlaskClient]) -> None:
    admin = client_for(Role.ADMINISTRATOR)
    assert "No layout of your own yet" in admin.get("/settings/layouts").get_data(as_text=True)
    light = admin.post("/settings/layouts/new", data=FORM | {"accent": "#ffd34d"})
    assert light.status_code == 422
    assert "Too light to read" in light.get_data(as_text=True)
    assert "House style" in light.get_data(as_text=True)
    assert admin.post("/settings/layouts/new", data=FORM).status_code == 303
    again = admin.post("/settings/layouts/new", data=FORM)
    assert "There is a layout of this name already." in again.get_data(as_text=True)
    assert admin.post("/settings/layouts/new", data=FORM | {"name": "Plain", "design": "classic"}).status_code == 303
    first, second = session.scalars(sa.select(Layout.id).order_by(Layout.id))
    assert admin.post(f"/settings/layouts/{first}/archive").status_code == 409  # the default one
    assert admin.post(f"/settings/layouts/{second}/default").status_code == 303
    assert admin.post(f"/settings/layouts/{first}/archive").status_code == 303
    page = admin.get("/settings/layouts").get_data(as_text=True)
    assert "Archived" in page
    assert admin.post(f"/settings/layouts/{first}/unarchive").status_code == 303
    session.rollback()
    assert [(row.name, row.is_default) for row in layouts.layouts()] == [("Plain", True), ("House style", False)]
    stale = admin.post(f"/settings/layouts/{second}/edit", data=FORM | {"name": "Plain", "version": "1"})
    assert stale.status_code == 409
    assert client_for(Role.OFFICE).get("/settings/layouts").status_code == 403


@pytest.mark.database
def test_the_preview_follows_what_is_typed(app: Flask, client_for: Callable[..., FlaskClient]) -> None:
    admin = client_for(Role.ADMINISTRATOR)
    typed = admin.get("/settings/layouts/preview", query_string=FORM | {"language": "french"}).get_data(as_text=True)
    assert typed.count("data:image/webp;base64,") == 1
    annexed = admin.get("/settings/layouts/preview", query_string=FORM | {"time_annex": "hours"})
    assert annexed.get_data(as_text=True).count("data:image/webp;base64,") == 2
    bad = admin.get("/settings/layouts/preview", query_string=FORM | {"accent": "#fff", "design": "x"})
    assert (bad.status_code, "There is no such design." in bad.get_data(as_text=True)) == (200, True)


@pytest.mark.database
def test_a_posted_document_keeps_its_look(database: Flask) -> None:
    with writing():
        row = layouts.add(layouts.LayoutValues(name="House", design="modern", accent="#0f766e", footer="As it was"))
        layout_id, invoice_id = row.id, make_posted_invoice().id
    facts = services.facts_of("invoice", invoice_id)
    assert (facts.layout, facts.look.accent, facts.look.footer) == ("modern", "#0f766e", "As it was")
    withdrawn = services.withdrawn_pdf_of("invoice", invoice_id)  # made anew each time, from the facts
    with writing():
        layouts.edit(layout_id, layouts.LayoutValues(name="House", footer="Another"), version=None)
    assert services.withdrawn_pdf_of("invoice", invoice_id) == withdrawn
