"""Rows of every kind and in every state, so that each page has something to show; and the address of every page."""

import datetime as dt
import io
from dataclasses import dataclass
from decimal import Decimal as D

import sqlalchemy as sa
from PIL import Image, ImageDraw

from fsm.catalog import kits, price_lists
from fsm.catalog.price_lists import PriceListValues
from fsm.core.audit import now
from fsm.core.db import session, writing
from fsm.documents import attachments, custom_fields, late_interest, layouts, remarks
from fsm.documents.models import FieldPlace
from fsm.files import services as files
from fsm.imports import services as imports
from fsm.imports import working
from fsm.imports.mapping import Choices
from fsm.imports.models import ImportKind
from fsm.invoices import crediting, from_sales_orders, month_end, reuse, taken_over
from fsm.invoices.models import Invoice, InvoiceState
from fsm.invoices.selection import Criteria, preview
from fsm.invoices.taken_over import TakenOverValues
from fsm.ledger.models import ItemKind, JournalEntry, OpenItem, Period
from fsm.ledger.periods import close_period
from fsm.mail import links, queries, states
from fsm.mail.addresses import Address
from fsm.mail.models import RecipientState
from fsm.mail.services import Document, Draft, enqueue_message
from fsm.payments import write_offs
from fsm.payments.models import Payment
from fsm.payments.write_offs import WriteOffValues
from fsm.portal import tokens
from fsm.quotes import links as signing_links
from fsm.quotes.models import SigningLink
from fsm.sales_orders import services as sales_orders
from fsm.schedule import services as schedule
from fsm.schedule.models import Proposal, ProposalState
from fsm.schedule.services import AbsenceValues
from fsm.service_orders.models import OrderState, Photo, Priority, ServiceOrder, Visit
from fsm.users.models import Role, User
from fsm.webhooks import services as webhooks
from fsm.webhooks.kinds import KINDS
from fsm.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEvent
from fsm.webhooks.services import EndpointValues
from tests import factories
from tests.browser import contract_examples
from tests.conftest import user_of
from tests.home.books import keep_books

LONG = "Cogénération, chaudière à condensation and a district heating substation with three circuits, two of them shut"
# Answers that are no pages: data, files, fragments for a script.
NO_PAGES = frozenset(
    {
        "static",
        "healthz",
        "backups.download",
        "beside.attachment",
        "backups.listed",
        "catalog.export",
        "catalog.panel",
        "catalog.suggest",
        "catalog.suggest_parts",
        "company.logo",
        "contracts.export",
        "contracts.of_service_order",
        "company.numbering_example",
        "customers.export",
        "customers.options",
        "customers.panel",
        "customers.sites_of",
        "sites.export",
        "sites.panel",
        "sites.show",
        "customers.suggest",
        "imports.errors",
        "imports.progress",
        "imports.template",
        "home.commands",
        "home.search_live",
        "invoices.export",
        "invoices.panel",
        "invoices.pdf",
        "invoices.preview",
        "layouts.show_preview",
        "invoices.print_pdf",
        "invoices.run_progress",
        "invoices.suggest",
        "mail.about",
        "mail.attachment",
        "mail.download",
        "mail.export",
        "mail.progress",
        "mail.test_result",
        "portal.pdf",
        "ledger.export",
        "ledger.panel",
        "payments.export",
        "invoices.of_sales_order",
        "signing.quote_pdf",
        "quotes.export",
        "quotes.of_service_order",
        "quotes.panel",
        "quotes.pdf",
        "quotes.preview",
        "quotes.signature",
        "quotes.suggest",
        "sales_orders.export",
        "sales_orders.panel",
        "sales_orders.pdf",
        "payments.panel",
        "schedule.data",
        "schedule.proposal_progress",
        "service_orders.export",
        "service_orders.panel",
        "service_orders.photo",
        "service_orders.signature",
        "tablet.blob",
        "tablet.catalog",
        "tablet.find_parts",
        "tablet.kits",
        "tablet.manifest",
        "tablet.pull",
        "tablet.worker",
        "users.export",
        "webhook_deliveries.export",
        "webhook_deliveries.progress",
        "webhooks.newest",
    }
)


@dataclass(frozen=True)
class Examples:
    """Addresses by endpoint, several where a page has several faces; ``gone``: those that say why there is nothing more."""

    pages: dict[str, list[str]]
    gone: frozenset[str]


def make_examples() -> Examples:
    """Books, orders in every state, drafts; then the addresses of all pages."""
    keep_books()
    with writing(bulk=True):
        ids = _work() | _money() | _sold() | _beside() | _of_the_former_program()
        ids |= contract_examples.make(ids["site"], ids["equipment"], LONG[:80])
        ids["import"] = _import()
        ids |= _planned(ids["order_draft"])
        ids |= _webhook(ids["posted"])
        ids["message"] = _message("invoice", ids["posted"])
        ids["quote_message"] = _message("quote", ids["quote_sent"])
        ids["old_quote_message"] = _message("quote", ids["quote_expired"])
    working.check(ids["import"], today=factories.TODAY)
    with writing(bulk=True):
        period = session.scalars(sa.select(Period).order_by(Period.first_day)).first()
        assert period is not None
        close_period(period.id, actor_id=user_of(Role.MANAGER).id, today=factories.TODAY)
        ids["period"] = period.id
        ids["inactive"] = factories.make_user(Role.OFFICE, email="left@test.example", is_active=False).id
    pages = _pages(ids)
    return Examples(pages, frozenset({pages["signing.quote"][1], pages["portal.document"][2]}))


def _work() -> dict[str, int]:
    """A customer with all there is, and an order in each state."""
    technician = user_of(Role.TECHNICIAN)
    customer = factories.make_customer(name="Vereniging van Mede-eigenaars Residentie Zonnebloem", phone="09 225 01 02")
    contact = factories.make_contact(customer)
    site = factories.make_site(
        customer, name="Technical room, block C", hazards="Asbestos in the ceiling", access_code="4711", notes=LONG
    )
    machine = factories.make_equipment(site, warranty_until=dt.date(2027, 1, 1))
    item = factories.make_item(code="PUMP-25-180-LONG-20", description=LONG, sale_price=D("12345.6789"))
    rate = factories.make_rate(name="Night work", is_default=False)
    kit, price_list = kits.create("SERVICE", LONG), price_lists.create(PriceListValues("Syndics", percentage_off=D(5)))
    kits.set_line(kit.id, item, D(2))
    kits.set_line(kit.id, rate, D("1.5"))
    price_lists.set_price(price_list.id, item, percentage_off=D("12.5"))
    price_lists.give_to_customer(customer.id, price_list.id)
    moment = now().replace(minute=0, second=0, microsecond=0)
    orders = {state: _order(site.id, state, machine.id) for state in OrderState}
    for order in orders.values():
        factories.make_visit(order, technician, moment + dt.timedelta(days=1))
    going = orders[OrderState.IN_PROGRESS]
    entry = factories.make_time(going, technician, rate, moment - dt.timedelta(hours=30), minutes=150, description=LONG)
    part = factories.make_part(going, technician, item, D("2.5"))
    file = files.put(_picture(), "image/jpeg")
    photo = Photo(
        service_order_id=going.id, file_id=file.id, caption="Before", taken_by_id=technician.id, taken_at=moment
    )
    session.add(photo)
    done = orders[OrderState.DONE]
    done.report, done.done_at, done.signature_file_id = "Pump replaced.", moment, file.id
    done.signed_by, done.signed_at = "An Peeters", moment
    factories.make_time(done, technician, rate, moment - dt.timedelta(hours=40), minutes=90)
    factories.make_part(done, technician, item)
    session.flush()
    return {
        "customer": customer.id,
        "contact": contact.id,
        "site": site.id,
        "equipment": machine.id,
        "item": item.id,
        "rate": rate.id,
        "kit": kit.id,
        "price_list": price_list.id,
        "entry": entry.id,
        "part": part.id,
        "photo": photo.id,
        **{f"order_{state.value}": order.id for state, order in orders.items()},
        "visit": session.scalars(sa.select(Visit.id).where(Visit.service_order_id == going.id)).one(),
    }


def _order(site_id: int, state: OrderState, equipment_id: int) -> ServiceOrder:
    site = session.get_one(factories.Site, site_id)
    return factories.make_order(
        site,
        state=state,
        description=LONG,
        equipment_id=equipment_id,
        priority=Priority.EMERGENCY,
        reference="PO 4500123456",
        cancel_reason="Customer has moved" if state is OrderState.CANCELLED else "",
    )


def _picture() -> bytes:
    picture = Image.new("RGB", (600, 300), "white")
    ImageDraw.Draw(picture).line([(40, 200), (200, 60), (320, 220), (560, 80)], fill="navy", width=6)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG")
    return buffer.getvalue()


def _money() -> dict[str, int]:
    """A draft of many rates, a draft credit note, and one of each that the books have."""
    draft = factories.make_invoice(lines=(("1234567.89", 21), ("100.00", 6), ("50.00", 12)), note=LONG)
    posted = factories.make_posted_invoice(on=factories.TODAY, days_due=10)
    credit = crediting.draft_credit(posted.id, None, releases_work=False, actor_id=posted.created_by_id)
    rest = session.scalars(sa.select(OpenItem).where(OpenItem.balance < 0, OpenItem.currency == "EUR")).first()
    assert rest is not None
    owed = session.scalars(
        sa.select(OpenItem).where(
            OpenItem.customer_id == rest.customer_id, OpenItem.balance > 0, OpenItem.kind == ItemKind.INVOICE
        )
    ).first()
    assert owed is not None
    factories.make_month(3, 2)
    run = month_end.start(
        Criteria(),
        preview(Criteria()),
        posting_date=factories.TODAY,
        actor_id=user_of(Role.OFFICE).id,
        today=factories.TODAY,
    )
    month_end.stop(run.id)
    withdrawn = session.scalars(sa.select(Invoice.id).where(Invoice.state == InvoiceState.WITHDRAWN)).one()
    note = session.scalars(
        sa.select(Invoice.id).where(Invoice.corrects_id.is_not(None), Invoice.state == InvoiceState.POSTED)
    ).first()
    return {
        "draft": draft.id,
        "posted": posted.id,
        "credit": credit.id,
        "rest": rest.id,
        "owed": owed.id,
        "owed_customer": owed.customer_id,
        "paid": session.scalars(sa.select(Invoice.id).where(Invoice.currency == "USD")).one(),
        "withdrawn": withdrawn,
        "run": run.id,
        "note": note or 0,
        "journal_entry": session.scalars(sa.select(sa.func.max(JournalEntry.id))).one(),
        "payment": session.scalars(sa.select(sa.func.max(Payment.id))).one(),
        "write_off": _write_off(),
        "model": reuse.save_as_model(posted.id, LONG[:100], replaces=False, actor_id=posted.created_by_id).id,
        "user": session.scalars(sa.select(sa.func.max(User.id))).one(),
    }


def _beside() -> dict[str, int]:
    """A field and an interest rate of the settings, a file and a remark on the first posted invoice."""
    invoice_id = session.scalars(sa.select(sa.func.min(Invoice.id)).where(Invoice.state == InvoiceState.POSTED)).one()
    field = custom_fields.add(name="cost_centre", description="Cost centre", place=FieldPlace.DOCUMENT)
    rate = late_interest.add("Legal, business", [(dt.date(2025, 7, 1), D("10.5"))])
    file = attachments.prepare("Time sheet.txt", b"8 h")
    attachments.add("invoice", invoice_id, file, actor_id=None)
    remark = remarks.add("invoice", invoice_id, remark_date=factories.TODAY, description=LONG, actor_id=None)
    layout = layouts.add(layouts.LayoutValues(name="House style", footer=LONG[:200]))
    return {
        "layout": layout.id,
        "field": field.id,
        "late_interest_rate": rate.id,
        "remarked": invoice_id,
        "remark": remark.id,
    }


def _write_off() -> int:
    """A debt that was lost in a bankruptcy."""
    lost = factories.make_posted_invoice(on=factories.TODAY)
    item = session.scalars(
        sa.select(OpenItem).where(OpenItem.kind == ItemKind.INVOICE, OpenItem.source_id == lost.id)
    ).one()
    values = WriteOffValues(item.id, factories.TODAY, LONG[:200], reclaims_tax=True)
    return write_offs.write_off(values, actor_id=None, today=factories.TODAY).id


def _webhook(invoice_id: int) -> dict[str, int]:
    """A webhook with a long address, and a delivery that was refused once and waits."""
    moment = now()
    url = f"https://planning.example.com/{'x' * 80}"
    endpoint = webhooks.create(EndpointValues("Planning of the north", url, list(KINDS)), actor_id=None).row
    event = WebhookEvent(
        event_id=f"evt_{'0' * 32}",
        name="invoice.posted",
        subject_kind="invoice",
        subject_id=invoice_id,
        label="2600001",
        happened_at=moment,
        body=f'{{"type":"invoice.posted","data":{{"note":"{LONG}"}}}}',
        created_at=moment,
    )
    session.add(event)
    session.flush()
    waiting = WebhookDelivery(
        event_id=event.id,
        endpoint_id=endpoint.id,
        attempts=1,
        status_code=503,
        asked_at=moment,
        next_try_at=moment + dt.timedelta(hours=1),
    )
    session.add(waiting)
    session.flush()
    session.add(
        WebhookAttempt(delivery_id=waiting.id, at=moment, milliseconds=412, status_code=503, answer=f"<h1>{LONG}</h1>")
    )
    return {"webhook": endpoint.id, "webhook_delivery": waiting.id}


def _message(kind: str, document_id: int) -> int:
    """A message that was refused by one, may have reached another, and was opened by the third."""
    draft = Draft(
        kind=kind,
        language="english",
        subject="Invoice 2600001",
        body=f"Dear {{contact}},\n\n{LONG}\n\n{{link}}",
        recipients=[Address("an@peeters.example", "An Peeters"), Address("b@peeters.example"), Address("c@x.example")],
        about=(kind, document_id),
        attachments=[Document("2600001.pdf", kind, document_id)],
    )
    message = enqueue_message(draft, actor_id=user_of(Role.OFFICE).id)
    words = "550 5.7.1 Service unavailable; client host blocked using a list whose name is long"
    for row, state in zip(message.recipients, ("failed", "maybe_sent", "open"), strict=True):
        row.state, row.information, row.attempts = RecipientState(state), words, 1
    states.settle(message)
    return message.id


def _of_the_former_program() -> dict[str, int]:
    """An open invoice that was taken over."""
    document = TakenOverValues(
        customer_id=factories.make_customer(name="Syndic Van Damme").id,
        number="2025/000117-A",
        document_date=dt.date(2025, 12, 3),
        due_date=dt.date(2026, 1, 2),
        total=D("1210.00"),
        due=D("1000.00"),
        reference=LONG,
        structured_message="278781035591",
    )
    day = factories.TODAY
    (row,) = taken_over.take_over([document], on=day, import_id=None, actor_id=None, today=day)
    query = sa.select(OpenItem.id).where(OpenItem.kind == ItemKind.TAKEN_OVER, OpenItem.source_id == row)
    return {"taken_over": row, "taken_over_item": session.scalars(query).one()}


def _sold() -> dict[str, int]:
    """A quote in each state with a link to sign, and the sales orders of the signed ones."""
    customer = factories.make_customer(name="Château de la Grande Chaudière", billing_city="Ixelles")
    factories.make_site(customer)
    quotes = {
        name: factories.make_quote(customer, lines=(("1234.56", 21), ("99.95", 6)), reference="PO 77", note=LONG)
        for name in ("created", "sent", "expired", "declined")
    }
    for name in ("sent", "expired", "declined"):
        factories.quotes.mark_sent(quotes[name].id, how="By e-mail", today=factories.TODAY)
    factories.quotes.decline(quotes["declined"].id, "Too dear", today=factories.TODAY)
    quotes["expired"].valid_until = factories.TODAY
    quotes["sent"].valid_until = None
    revoked, live = (
        signing_links.make(quotes["sent"].id, actor_id=factories.office_id(), last_moment=None) for _place in range(2)
    )
    used = _signed_online(customer)
    orders = {
        "sent": factories.make_sales_order(customer),
        "created": factories.make_sales_order(customer, sent=False),
        "cancelled": factories.make_sales_order(customer),
    }
    deposit = from_sales_orders.new_deposit(orders["sent"].id, D(30), "Deposit", actor_id=factories.office_id())
    sales_orders.cancel(orders["cancelled"].id, "Sold the house")
    return {
        **{f"quote_{name}": quote.id for name, quote in quotes.items()},
        **{f"sales_{name}": order.id for name, order in orders.items()},
        "quote_signed": orders["sent"].quote_id or 0,
        "deposit": deposit.id,
        "link": live.id,
        "revoked_link": revoked.id,
        "used_link": used.id,
    }


def _planned(order_id: int) -> dict[str, int]:
    """Hours of one's own, a skill, an absence, and a proposal with each of its faces."""
    technician_id, moment = user_of(Role.TECHNICIAN).id, now().replace(minute=0, second=0, microsecond=0)
    skill = schedule.add_skill("Refrigerants and high voltage installations", "Maintenance\nRepair")
    schedule.set_skills(technician_id, [skill.id])
    schedule.set_week(technician_id, {1: [(480, 720), (780, 1020)], 4: [(480, 1440)]}, version=0)
    start = moment + dt.timedelta(days=1)
    absence = schedule.add_absence(AbsenceValues(technician_id, start, start + dt.timedelta(hours=4), "Training"))
    row = {"order_id": order_id, "technician_id": technician_id, "start": start.isoformat(), "travel_minutes": 35}
    row["end"] = (start + dt.timedelta(hours=1)).isoformat()
    figures = {"orders": 2, "planned": 1, "travel_minutes": 35, "seconds": 2.1}
    figures["left_out"] = [{"order_id": order_id, "why": "No free time that is long enough is left."}]
    outcomes = ("planned", "refused", "planned_meanwhile", "time_taken")
    faces = {
        "": (ProposalState.READY, [row], figures),
        "_empty": (ProposalState.READY, [], figures | {"planned": 0, "travel_minutes": 0}),
        "_decided": (ProposalState.ACCEPTED, [row | {"outcome": outcome} for outcome in outcomes], figures),
        "_refused": (ProposalState.REFUSED, [row], figures),
        "_waiting": (ProposalState.WAITING, [], {}),
        "_failed": (ProposalState.FAILED, [], {"error": "planner"}),
    }
    made = {
        name: Proposal(
            state=state,
            from_date=factories.TODAY,
            to_date=factories.TODAY + dt.timedelta(days=6),
            rows=rows,
            figures=told,
            created_by_id=technician_id,
            created_at=moment,
        )
        for name, (state, rows, told) in faces.items()
    }
    session.add_all(made.values())
    session.flush()
    return {
        "technician": technician_id,
        "skill": skill.id,
        "absence": absence.id,
        **{f"proposal{name}": proposal.id for name, proposal in made.items()},
    }


def _signed_online(customer: factories.Customer) -> SigningLink:
    quote = factories.make_quote(customer)
    factories.quotes.mark_sent(quote.id, how="By e-mail", today=factories.TODAY)
    link = signing_links.make(quote.id, actor_id=factories.office_id(), last_moment=None)
    signing_links.use(link.id)
    signed = factories.quotes.Signed("An Peeters", link_id=link.id, ip_address="192.0.2.7")
    factories.quotes.sign(quote.id, signed, actor_id=None, today=factories.TODAY)
    return link


def _tokens(*link_ids: int) -> list[str]:
    return [tokens.token_of(session.get_one(SigningLink, link_id)) for link_id in link_ids]


def _import() -> int:
    """A dry run with rows of each fate."""
    factories.make_item(code="A-1", description="As it was")
    head, rows = (
        "code;description;sale_price;tax_rate",
        ("A-1;As it is;1,5;21", f"B;{LONG[:90]};2;21", "C;Wrong;much;99"),
    )
    found, packed = imports.store("\n".join((head, *rows)).encode())
    manager = user_of(Role.MANAGER).id
    run = imports.create(ImportKind.ITEMS, found, packed, file_name="items.csv", actor_id=manager, locale="en")
    chosen = Choices.of(run.choices | {"number_format": "comma", "date_format": "iso"})
    imports.choose(run.id, chosen, today=factories.TODAY)
    return run.id


def _pages(ids: dict[str, int]) -> dict[str, list[str]]:
    customer, site = f"/customers/{ids['customer']}", f"/customers/{ids['customer']}/site/{ids['site']}"
    order = f"/service-orders/{ids['order_in_progress']}"
    draft, posted = f"/invoices/{ids['draft']}", f"/invoices/{ids['posted']}"
    user = f"/users/{ids['user']}"
    settings = {f"{name}.settings": [f"/settings/{name}"] for name in ("documents", "invoices", "payments")}
    settings |= contract_examples.pages(ids)
    live, revoked, used = _tokens(ids["link"], ids["revoked_link"], ids["used_link"])
    views = [
        f"/view/{links.token_of(queries.message(ids[name]).recipients[2])}"
        for name in ("message", "quote_message", "old_quote_message")
    ]
    sold = f"/sales-orders/{ids['sales_sent']}"
    tomorrow = (now() + dt.timedelta(days=1)).date()
    return settings | {
        "signing.quote": [f"/sign/{live}", f"/sign/{revoked}"],
        "signing.signed": [f"/sign/{used}/signed"],
        "quotes.index": [f"/quotes?tab={tab}" for tab in ("created", "sent", "expired", "signed", "declined")],
        "quotes.new": ["/quotes/new"],
        "quotes.new_from_visit": [f"/quotes/from-order/{ids['order_in_progress']}"],
        "quotes.show": [
            f"/quotes/{ids[f'quote_{name}']}" for name in ("created", "sent", "expired", "signed", "declined")
        ],
        "quotes.edit": [f"/quotes/{ids[f'quote_{name}']}/edit" for name in ("created", "sent")],
        "quotes.send": [f"/quotes/{ids['quote_created']}/send"],
        "sales_orders.send": [f"/sales-orders/{ids['sales_created']}/send"],
        "quotes.sign": [f"/quotes/{ids['quote_sent']}/sign"],
        "quotes.decline": [f"/quotes/{ids['quote_sent']}/decline"],
        "sales_orders.index": [f"/sales-orders?tab={tab}" for tab in ("created", "sent", "billed", "cancelled")],
        "sales_orders.show": [f"/sales-orders/{ids[f'sales_{name}']}" for name in ("sent", "created", "cancelled")],
        "sales_orders.new_service_order": [f"{sold}/service-order"],
        "invoices.new_deposit": [f"/invoices/deposit/{ids['sales_sent']}"],
        "invoices.cancel_sales_order": [f"/invoices/cancel-sales-order/{ids['sales_sent']}"],
        "beside.add_remark": [f"/documents/invoice/{ids['remarked']}/remarks/new"],
        "beside.edit_remark": [f"/documents/invoice/{ids['remarked']}/remarks/{ids['remark']}/edit"],
        "reminders.claim_cost": [f"/reminders/of-invoice/{ids['posted']}/costs/new"],
        "reminders.costs_of": [f"/reminders/of-invoice/{ids['posted']}/costs"],
        "documents.edit_field": [f"/settings/documents/fields/{ids['field']}/edit"],
        "documents.edit_late_interest_rate": [f"/settings/documents/interest/{ids['late_interest_rate']}/edit"],
        "documents.fields": ["/settings/documents/fields"],
        "layouts.edit": [f"/settings/layouts/{ids['layout']}/edit"],
        "layouts.index": ["/settings/layouts"],
        "layouts.new": ["/settings/layouts/new"],
        "documents.late_interest_rates": ["/settings/documents/interest"],
        "documents.new_late_interest_rate": ["/settings/documents/interest/new"],
        "catalog.customer_prices": [f"/catalog/customers/{ids['customer']}/prices"],
        "catalog.edit": [f"/catalog/items/{ids['item']}/edit"],
        "catalog.edit_rate": [f"/catalog/rates/{ids['rate']}/edit"],
        "catalog.kit": [f"/catalog/kits/{ids['kit']}"],
        "catalog.kits_index": ["/catalog/kits", "/catalog/kits?tab=archived"],
        "catalog.new_kit": ["/catalog/kits/new"],
        "catalog.new_price_list": ["/catalog/price-lists/new"],
        "catalog.price_list": [f"/catalog/price-lists/{ids['price_list']}"],
        "catalog.price_lists_index": ["/catalog/price-lists", "/catalog/price-lists?tab=archived"],
        "catalog.index": ["/catalog", "/catalog?tab=rates", "/catalog?q=nothing-like-it"],
        "catalog.new": ["/catalog/items/new"],
        "catalog.new_rate": ["/catalog/rates/new"],
        "company.bank_accounts": ["/settings/bank-accounts"],
        "company.edit": ["/settings/company"],
        "company.edit_bank_account": ["/settings/bank-accounts/1/edit"],
        "company.new_bank_account": ["/settings/bank-accounts/new"],
        "company.numbering": ["/settings/numbering"],
        "customers.edit": [f"{customer}/edit"],
        "customers.edit_contact": [f"{customer}/contact/{ids['contact']}/edit"],
        "customers.edit_equipment": [f"{customer}/equipment/{ids['equipment']}/edit"],
        "customers.edit_site": [f"{site}/edit"],
        "customers.index": ["/customers", "/customers?q=nothing-like-it"],
        "customers.new": ["/customers/new"],
        "customers.new_contact": [f"{customer}/contacts/new"],
        "customers.new_equipment": [f"{site}/equipment/new"],
        "customers.new_site": [f"{customer}/sites/new"],
        "customers.show": [customer],
        "customers.show_site": [site],
        "sites.index": ["/sites", "/sites?q=nothing-like-it"],
        "home.first_start": [],  # a server of its own
        "webhook_deliveries.index": ["/webhooks/deliveries", "/webhooks/deliveries?tab=waiting"],
        "webhook_deliveries.show": [f"/webhooks/deliveries/{ids['webhook_delivery']}"],
        "webhooks.edit": [f"/webhooks/{ids['webhook']}/edit"],
        "webhooks.index": ["/webhooks"],
        "webhooks.new": ["/webhooks/new"],
        "webhooks.show": [f"/webhooks/{ids['webhook']}"],
        "api_keys.documentation": ["/api-keys/try"],
        "api_keys.index": ["/api-keys"],
        "api_keys.new": ["/api-keys/new"],
        "backups.index": ["/backups"],
        "home.integrity": ["/integrity"],
        "mail.index": ["/mail", "/mail?tab=problems", "/mail?tab=on_the_way"],
        "mail.settings": ["/settings/mail"],
        "mail.show": [f"/mail/{ids['message']}"],
        "mail.template": ["/settings/mail/texts/invoice/dutch"],
        "mail.templates": ["/settings/mail/texts"],
        "portal.document": views,
        "invoices.send": [f"{posted}/send"],
        "home.search": ["/search?q=a", "/search?q=nothing-like-it"],
        "home.settings": ["/settings"],
        "home.show": ["/"],
        "invoices.cancel": [f"{posted}/cancel"],
        "invoices.choose_work": [f"/invoices/from-order/{ids['order_done']}/choose"],
        "invoices.change_credit": [f"/invoices/{ids['credit']}/change-credit"],
        "invoices.credit": [f"{posted}/credit"],
        "invoices.follow_up": [f"{posted}/follow-up"],
        "invoices.models": ["/invoices/models", "/invoices/models?q=nothing-like-it"],
        "invoices.save_as_model": [f"{posted}/save-as-model"],
        "invoices.rename_model": [f"/invoices/models/{ids['model']}/rename"],
        "invoices.start_from_model": [f"/invoices/models/{ids['model']}/start"],
        "invoices.copy": [f"{posted}/copy"],
        "invoices.import_lines": [f"{draft}/import-lines", f"{draft}/import-lines?q=nothing-like-it"],
        "invoices.edit": [f"{draft}/edit"],
        "invoices.index": [
            "/invoices",
            "/invoices?q=nothing-like-it",
            *(f"/invoices?tab={tab}" for tab in ("draft", "overdue", "withdrawn")),
        ],
        "invoices.month_end": ["/invoices/month-end?to_date=", "/invoices/month-end?to_date=2001-01-01"],
        "invoices.new": ["/invoices/new"],
        "imports.columns": [f"/imports/{ids['import']}/columns"],
        "imports.index": ["/imports"],
        "imports.new": ["/imports/new?kind=open_invoices"],
        "imports.show": [f"/imports/{ids['import']}", f"/imports/{ids['import']}?tab=changed"],
        "invoices.new_credit": ["/invoices/new-credit"],
        "invoices.review": [f"{draft}/review", f"/invoices/{ids['credit']}/review"],
        "invoices.review_many": [
            f"/invoices/review-many?ids={ids['draft']}&ids={ids['credit']}",
            "/invoices/review-many",
        ],
        "invoices.run": [f"/invoices/month-end/{ids['run']}"],
        "invoices.runs": ["/invoices/month-end/runs"],
        "invoices.show": [posted, *(f"/invoices/{ids[name]}" for name in ("paid", "withdrawn", "note", "remarked"))],
        "invoices.show_taken_over": [f"/invoices/taken-over/{ids['taken_over']}"],
        "invoices.taken_over": ["/invoices/taken-over", "/invoices/taken-over?tab=undone"],
        "ledger.account": ["/ledger/account/400000"],
        "ledger.accounts": ["/ledger/accounts"],
        "ledger.entries_of": [f"/ledger/of/invoice/{ids['posted']}"],
        "ledger.index": ["/ledger", "/ledger?from=2026-01-01&to=2026-12-31"],
        "ledger.periods": ["/ledger/periods"],
        "ledger.reopen_period": [f"/ledger/periods/{ids['period']}/reopen"],
        "ledger.show": [f"/ledger/{ids['journal_entry']}"],
        "payments.index": ["/payments", "/payments?q=nothing-like-it"],
        "payments.move": [f"/payments/move?open_item_id={ids['rest']}&to_item_id={ids['owed']}"],
        "payments.of_invoice": [f"/payments/of-invoice/{ids['paid']}"],
        "payments.of_item": [f"/payments/of-item/{ids['taken_over_item']}"],
        "payments.refund": [f"/payments/refund?open_item_id={ids['rest']}"],
        "payments.register": [
            "/payments/register",
            f"/payments/register?invoice_id={ids['posted']}",
            f"/payments/register?customer_id={ids['owed_customer']}",
        ],
        "payments.show": [f"/payments/{ids['payment']}"],
        "payments.show_write_off": [f"/payments/write-off/{ids['write_off']}"],
        "payments.write_off": [f"/payments/write-off?open_item_id={ids['owed']}"],
        "reports.aged_receivables": ["/reports/aged-receivables"],
        "reports.collected": ["/reports/collected", "/reports/collected?from=2026-03-01&to=2026-03-31"],
        "home.audit": ["/audit", "/audit?table=customer&from=2026-01-01"],
        "home.history": [f"/history/customer/{ids['customer']}", f"/history/stock_item/{ids['item']}"],
        "home.manager": ["/dashboard/manager", "/dashboard/manager?period=year"],
        "reports.days_to_invoice": [
            "/reports/days-to-invoice",
            "/reports/days-to-invoice?from=2026-01-01&to=2026-06-30",
        ],
        "reports.job_margins": ["/reports/job-margins", "/reports/job-margins?from=2026-01-01&to=2026-06-30"],
        "reports.technicians": ["/reports/technicians", "/reports/technicians?technician_id=1&period=year"],
        "reports.open_items": ["/reports/open-items", "/reports/open-items?bucket=31-60"],
        "reports.sales_of": [
            "/reports/sales",
            *(
                f"/reports/sales?from=2026-03-01&to=2026-03-31&by={by}"
                for by in ("document", "month", "customer", "account")
            ),
        ],
        "reports.trial_balance": ["/reports/trial-balance"],
        "reports.review": ["/reports/review?period=last-12-months"],
        "schedule.index": [f"/schedule?day={tomorrow}", f"/schedule?day={tomorrow}&view=week"],
        "schedule.agenda": [f"/schedule/agenda?day={tomorrow}", f"/schedule/agenda?day={tomorrow}&view=week"],
        "schedule.week_plan": [f"/schedule/week-plan?day={tomorrow}"],
        "schedule.technicians_index": ["/schedule/technicians"],
        "schedule.edit_technician": [f"/schedule/technicians/{ids['technician']}"],
        "schedule.absences": ["/schedule/absences", "/schedule/absences?tab=past"],
        "schedule.new_absence": ["/schedule/absences/new"],
        "schedule.edit_absence": [f"/schedule/absences/{ids['absence']}"],
        "schedule.skills": ["/schedule/skills"],
        "schedule.new_skill": ["/schedule/skills/new"],
        "schedule.edit_skill": [f"/schedule/skills/{ids['skill']}"],
        "schedule.settings": ["/schedule/settings"],
        "schedule.proposal": [
            f"/schedule/proposals/{number}" for name, number in ids.items() if name.startswith("proposal")
        ],
        "service_orders.add_part": [f"{order}/add-part?q=pump"],
        "service_orders.add_photo": [f"{order}/add-photo"],
        "service_orders.cancel": [f"{order}/cancel"],
        "service_orders.correct_part": [f"{order}/parts/{ids['part']}/correct"],
        "service_orders.correct_time": [f"{order}/time/{ids['entry']}/correct"],
        "service_orders.done_not_invoiced": ["/service-orders/done-not-invoiced"],
        "service_orders.edit": [f"{order}/edit"],
        "service_orders.finish": [f"{order}/finish"],
        "service_orders.index": [
            "/service-orders",
            *(f"/service-orders?tab={tab}" for tab in ("in_progress", "done")),
            "/service-orders?q=nothing-like-it",
        ],
        "service_orders.log_time": [f"{order}/log-time"],
        "service_orders.mark_not_to_bill": [f"{order}/part/{ids['part']}/not-to-bill"],
        "service_orders.mine": ["/service-orders/mine"],
        "service_orders.move_visit": [f"{order}/visits/{ids['visit']}/move"],
        "service_orders.new": ["/service-orders/new?q=zon", f"/service-orders/new?site_id={ids['site']}"],
        "service_orders.reopen": [f"/service-orders/{ids['order_done']}/reopen"],
        "service_orders.schedule": [f"{order}/schedule"],
        "service_orders.settings": ["/service-orders/settings/service"],
        "service_orders.show": [
            f"/service-orders/{ids[name]}" for name in (*(f"order_{state.value}" for state in OrderState), "told")
        ],
        "service_orders.sign": [f"{order}/sign"],
        "service_orders.validate": [f"/service-orders/{ids['order_done']}/validate"],
        "service_orders.write_report": [f"{order}/write-report"],
        "tablet.kept": ["/tablet/kept", "/tablet/kept?tab=decided"],
        "tablet.show": ["/tablet"],
        "users.edit": [f"{user}/edit"],
        "users.index": ["/users"],
        "users.log_in": [],  # before anybody is signed in
        "users.new": ["/users/new"],
        "users.profile": ["/profile"],
        "users.set_password": [f"{user}/set-password"],
    }
