"""What is typed on a quote besides its terms goes on to the sales order and to its invoices, and is printed on each."""

from collections.abc import Callable
from decimal import Decimal as D

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from fsm.company.models import BankAccount
from fsm.core.db import session, writing
from fsm.documents import custom_fields, layouts
from fsm.documents.models import DocumentSettings, FieldPlace
from fsm.documents.services import facts_of
from fsm.invoices import from_sales_orders
from fsm.invoices.models import Invoice, InvoiceFollowUp, InvoiceLine
from fsm.quotes import services
from fsm.quotes.models import Quote
from fsm.sales_orders import services as sales_orders
from fsm.users.models import Role
from tests import factories

pytestmark = pytest.mark.database
FORM = {
    "client_name": "Peeters",
    "days_due": "30",
    "prices": "total",
    "language": "english",
    "currency": "EUR",
    "cash_discount_mode": "never",
    "note_html": "<p>Two <b>men</b></p><script>alert(1)</script>",
    "custom_project": "P-17",
    "lines-0-description_html": "<p>A <i>new</i> boiler</p>",
    "lines-0-quantity": "1",
    "lines-0-amount": "1000",
    "lines-0-tax_rate": "21",
    "lines-0-custom_room": "Cellar",
}


@pytest.fixture
def made(app: Flask) -> tuple[int, int, int]:
    """A quote, a layout that is not the default one, and its bank account."""
    with writing():
        layouts.add(layouts.LayoutValues(name="House"))
        account = BankAccount(name="Projects", iban="BE71096123456769", bic="GKCCBEBB", account_number="550000")
        session.add(account)
        session.flush()
        layout = layouts.add(layouts.LayoutValues(name="Projects", accent="#0f766e", bank_account_id=account.id))
        custom_fields.add(name="project", description="Project", place=FieldPlace.DOCUMENT)
        custom_fields.add(name="room", description="Room", place=FieldPlace.LINE)
        session.get_one(DocumentSettings, 1).automatic_reminders = True
        return factories.make_quote(lines=()).id, layout.id, account.id


def test_from_quote_to_invoices(client_for: Callable[..., FlaskClient], made: tuple[int, int, int]) -> None:
    quote_id, layout_id, account_id = made
    client, form = client_for(Role.OFFICE), FORM | {"layout_id": str(layout_id)}
    page = client.get(f"/quotes/{quote_id}/edit").get_data(as_text=True)
    for name in ("custom_project", "layout_id", "note_html", "lines-0-custom_room", "lines-0-description_html"):
        assert f'name="{name}"' in page
    for name, value in (("layout_id", "77"), ("custom_project", "x" * 76), ("note_html", f"<p>{'x' * 1994}</p>")):
        assert client.post(f"/quotes/{quote_id}/edit", data=form | {name: value}).status_code == 422
    typed = client.post(f"/quotes/{quote_id}/preview", data=form)
    assert "data:image/webp;base64," in typed.get_data(as_text=True)
    session.rollback()
    assert session.get_one(Quote, quote_id).note == "", "a preview keeps nothing"
    refused = client.post(f"/quotes/{quote_id}/preview", data=form | {"days_due": "x"}).get_data(as_text=True)
    assert "waits for what is marked" in refused
    assert client.post(f"/quotes/{quote_id}/edit", data=form | {"then": "show"}).status_code == 303
    shown = client.get(f"/quotes/{quote_id}").get_data(as_text=True)
    for words in ("<p>Two <b>men</b></p>", "P-17"):
        assert words in shown
    assert client.get(f"/quotes/{quote_id}/preview").status_code == 200
    session.rollback()
    with writing():
        services.mark_sent(quote_id, how="mail", today=factories.TODAY)
        order = services.sign(quote_id, services.Signed("An"), actor_id=1, today=factories.TODAY)
        sales_orders.mark_sent(order.id, how="mail")
        for printed in (facts_of("quote", quote_id), facts_of("sales_order", order.id)):
            assert printed.note_html == "<p>Two <b>men</b></p>"
            assert [(one.name, one.value) for one in printed.custom] == [("Project", "P-17")]
            assert printed.look.accent == "#0f766e"
            assert printed.lines[0].description_html == "<p>A <i>new</i> boiler</p>"
            assert [(one.name, one.value) for one in printed.lines[0].custom] == [("Room", "Cellar")]
        for invoice in (
            from_sales_orders.new_deposit(order.id, D(30), "Deposit", actor_id=1),
            from_sales_orders.bill(order.id, actor_id=1),
        ):
            _carries(invoice, layout_id, account_id)
        line = session.scalars(sa.select(InvoiceLine).where(InvoiceLine.invoice_id == invoice.id)).first()
        assert line is not None
        assert (line.description_html, line.custom_values) == ("<p>A <i>new</i> boiler</p>", {"room": "Cellar"})
    assert "P-17" in client.get(f"/sales-orders/{order.id}").get_data(as_text=True)


def _carries(invoice: Invoice, layout_id: int, account_id: int) -> None:
    assert (invoice.note, invoice.note_html) == ("Two men", "<p>Two <b>men</b></p>")
    assert invoice.custom_values == {"project": "P-17"}
    assert (invoice.layout_id, invoice.bank_account_id) == (layout_id, account_id), "the layout's own account"
    assert session.get_one(InvoiceFollowUp, invoice.id).automatic_reminders, (
        "the settings', where the customer has none"
    )
