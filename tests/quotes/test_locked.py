"""A signed quote is final: its services and the database itself refuse; technicians make drafts without prices."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from fsm.core.db import session, writing
from fsm.core.errors import ConflictError
from fsm.mail.sources import Source, source_of
from fsm.quotes import links, services
from fsm.quotes.models import Quote, QuoteLine, QuoteState, SigningLink
from fsm.sales_orders import services as sales_orders
from fsm.users.models import Role
from tests import factories
from tests.conftest import user_of

pytestmark = pytest.mark.database


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE quote SET client_name = 'x'",
        "UPDATE quote SET state = 'sent'",
        "DELETE FROM quote",
        "UPDATE quote_line SET amount = 1",
        "DELETE FROM quote_line",
        "UPDATE quote_signature SET signer_name = 'x'",
        "DELETE FROM quote_signature",
    ],
)
def test_the_database_locks_a_signed_quote(app: Flask, statement: str) -> None:
    with app.app_context():
        with writing():
            factories.make_sales_order()
        with pytest.raises(sa.exc.IntegrityError, match="final"), writing():
            session.execute(sa.text(statement))


def test_nobody_signs_without_a_signature_or_what_was_not_sent(app: Flask) -> None:
    with app.app_context():
        with writing():
            quote = factories.make_quote()
            order = factories.make_sales_order(quote.customer)
        signed = (
            "UPDATE quote SET state = 'signed', number = 'x', signed_on = '2026-03-20', sales_order_id = :order "
            "WHERE id = :id"
        )
        with pytest.raises(sa.exc.IntegrityError, match="who signed"), writing():
            session.execute(sa.text(signed), {"order": order.id + 1, "id": quote.id})


def test_a_changed_quote_is_sent_again_and_its_link_is_dead(app: Flask) -> None:
    with app.app_context(), writing():
        quote = factories.make_quote()
        services.mark_sent(quote.id, how="mail", today=factories.TODAY)
        number = quote.number
        link = links.make(quote.id, actor_id=1, last_moment=None)
        values = services.QuoteValues(
            **{name: getattr(quote, name) for name in services.QuoteValues.__dataclass_fields__}
        )
        services.save(quote.id, values, [], version=None)
        assert quote.state is QuoteState.CREATED
        assert quote.number == number
        session.refresh(link)
        assert link.revoked_at is not None
        with pytest.raises(ConflictError):
            links.use(link.id)
        assert session.scalar(sa.select(sa.func.count()).select_from(QuoteLine)) == 0
        assert session.scalar(sa.select(sa.func.count()).select_from(SigningLink)) == 1


def test_a_technician_makes_a_draft_quote_and_sees_no_price(app: Flask, client_for: Callable[..., FlaskClient]) -> None:
    with app.app_context(), writing():
        technician, other = user_of(Role.TECHNICIAN), factories.make_user(Role.TECHNICIAN, email="other@test.example")
        customer = factories.make_customer()
        order = factories.make_order(factories.make_site(customer))
        factories.make_visit(order, technician, factories.now())
        item = factories.make_item()
        order_id, code, other_email = order.id, item.code, other.email
    client, address = client_for(Role.TECHNICIAN), f"/quotes/from-order/{order_id}"
    page = client.get(address)
    assert page.status_code == 200
    assert client_for(other_email).get(address).status_code == 404
    form = {"text": "A second pump", "parts-0-code": code, "parts-0-quantity": "2"}
    refused = client.post(address, data=form | {"parts-0-code": "nothing"})
    assert refused.status_code == 422
    made = client.post(address, data=form)
    assert made.status_code == 303
    assert made.location == f"/service-orders/{order_id}"
    with app.app_context():
        quote = session.scalars(sa.select(Quote)).one()
        assert services.lines_of(quote.id)[0].description == "A second pump"
        assert quote.total_without_tax > 0
        assert client.get(f"/quotes/{quote.id}").status_code == 403


def test_sending_by_mail_counts_once_a_server_has_it(app: Flask, client_for: Callable[..., FlaskClient]) -> None:
    client = client_for(Role.OFFICE)
    with app.app_context(), writing():
        quote = factories.make_quote(valid_until=None)
        quote_id = quote.id
    assert client.get(f"/quotes/{quote_id}/send").status_code == 200
    message = {"recipients": "an@peeters.example", "subject": "Quote {number}", "body": "See {number}"}
    answer = client.post(f"/quotes/{quote_id}/send", data=message | {"attaches_document": "y"})
    assert answer.status_code == 303, answer.get_data(as_text=True)[-2000:]
    with app.app_context():
        quote = session.get_one(Quote, quote_id)
        assert quote.number is not None
        assert quote.state is QuoteState.CREATED, "asked for, not sent"
        source = app_source("quote")
        with writing():
            source.accepted("quote", quote_id)
        session.refresh(quote)
        assert quote.state is QuoteState.SENT
        assert source.render(quote_id).startswith(b"%PDF")
        with writing():
            order = services.sign(quote_id, services.Signed("An"), actor_id=1, today=factories.TODAY)
        sent = app_source("sales_order")
        with writing():
            sent.accepted("sales_order", order.id)
        session.refresh(order)
        sales_orders.check_may_be_billed(order)


def app_source(kind: str) -> Source:
    found = source_of(kind)
    assert found is not None
    return found
