"""Rows for tests, made with as little as each test needs. One section per slice."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from fsm.catalog.models import LaborRate, RateKind, StockItem
from fsm.company.models import BankAccount, Company
from fsm.company.services import DEFAULT_SERIES
from fsm.core import bulk, numbering
from fsm.core.audit import now
from fsm.core.db import session
from fsm.core.numbering import NumberFormat, set_up
from fsm.core.types import sort_key
from fsm.customers.models import Contact, Customer, Equipment, Site
from fsm.documents.models import CashDiscountMode, DocumentSettings
from fsm.documents.values import LineValues
from fsm.invoices import crediting as invoice_credits
from fsm.invoices import drafts
from fsm.invoices import services as invoice_services
from fsm.invoices.models import Invoice, InvoiceLine, InvoiceSettings
from fsm.invoices.values import DraftValues
from fsm.ledger.periods import load_chart, open_fiscal_year
from fsm.payments.models import PaymentSettings
from fsm.quotes import services as quotes
from fsm.quotes.models import Quote
from fsm.sales_orders import services as sales_orders
from fsm.sales_orders.models import SalesOrder
from fsm.service_orders.claims import refresh_to_bill
from fsm.service_orders.models import OrderState, PartUsed, ServiceOrder, ServiceSettings, TimeEntry, Visit
from fsm.users import passwords
from fsm.users.actor import Actor
from fsm.users.models import Role, User, UserRole

PASSWORD = "correct horse battery"
TODAY = dt.date(2026, 3, 20)


# --- company
def make_company(**values: Any) -> Company:
    """A Belgian company with chart, fiscal years 2025 and on, series, a bank account and one user per role."""
    company = Company(
        **{
            "id": 1,
            "name": "Testwerk BV",
            "country_code": "BE",
            "chart": "be_pcmn",
            "vat_number": "BE0403170701",
            "tax_rate_1": Decimal(21),
            "tax_rate_2": Decimal(12),
            "tax_rate_3": Decimal(6),
            "default_tax_rate": Decimal(21),
            "created_at": now(),
            **values,
        }
    )
    session.add(company)
    session.add_all(
        [
            DocumentSettings(id=1, cash_discount_mode=CashDiscountMode.ON_INVOICE),
            InvoiceSettings(id=1),
            PaymentSettings(id=1),
            ServiceSettings(id=1),
            BankAccount(name="Main", iban="BE68539007547034", bic="GKCCBEBB", account_number="550000", is_default=True),
        ]
    )
    load_chart(company.chart)
    open_fiscal_year(dt.date(2025, 1, 1), dt.date(2025, 12, 31))
    for kind, series in DEFAULT_SERIES.items():
        set_up(kind, series.prefix, NumberFormat.YEAR)
    for role in Role:
        make_user(role)
    session.flush()
    return company


# --- users
def make_user(*roles: Role, email: str | None = None, name: str | None = None, **values: Any) -> User:
    """Somebody with these roles; without an e-mail the seeded one of the first role."""
    name = name or roles[0].value.title()
    user = User(
        email=email or f"{roles[0].value}@test.example",
        name=name,
        sort_key=sort_key(name),
        password_hash=passwords.new_hash(PASSWORD),
        created_at=now(),
        hourly_cost=Decimal(38),
        role_rows=[UserRole(role=role) for role in roles],
        **values,
    )
    session.add(user)
    session.flush()
    return user


# --- customers
def make_customer(**values: Any) -> Customer:
    """A Belgian business customer."""
    name = values.pop("name", "Bakkerij Peeters")
    customer = Customer(
        **{
            "name": name,
            "sort_key": sort_key(name),
            "is_subject_to_vat": True,
            "billing_street": "Dorpsstraat 1",
            "billing_postal_code": "9000",
            "billing_city": "Gent",
            "created_at": now(),
            **values,
        }
    )
    session.add(customer)
    session.flush()
    return customer


def make_contact(customer: Customer, **values: Any) -> Contact:
    """Somebody at the customer who gets invoices."""
    contact = Contact(
        **{
            "customer_id": customer.id,
            "name": "An Peeters",
            "email": "an@peeters.example",
            "gets_invoices": True,
            **values,
        }
    )
    session.add(contact)
    session.flush()
    return contact


def make_site(customer: Customer, **values: Any) -> Site:
    """A site at the customer's billing address."""
    name = values.pop("name", customer.billing_street or customer.name)
    site = Site(
        **{
            "customer_id": customer.id,
            "name": name,
            "sort_key": sort_key(name),
            "street": customer.billing_street,
            "postal_code": customer.billing_postal_code,
            "city": customer.billing_city,
            "country_code": customer.billing_country_code or "BE",
            **values,
        }
    )
    session.add(site)
    session.flush()
    return site


def make_equipment(site: Site, **values: Any) -> Equipment:
    """A boiler at the site."""
    equipment = Equipment(**{"site_id": site.id, "kind": "Boiler", "make": "Vaillant", "serial": "VA-1", **values})
    session.add(equipment)
    session.flush()
    return equipment


# --- invoices
def draft_values(invoice: Invoice, **values: Any) -> DraftValues:
    """The draft's own fields as they are, with these changed."""
    return DraftValues(**{field.name: getattr(invoice, field.name) for field in fields(DraftValues)} | values)


def make_invoice(
    customer: Customer | None = None, *, lines: Sequence[tuple[str, int]] = (("1000.00", 21),), **values: Any
) -> Invoice:
    """A draft of one unit per (net, VAT rate)."""
    actor_id = session.scalars(sa.select(User.id).where(User.email == "office@test.example")).one()
    invoice = drafts.create_blank((customer or make_customer()).id, actor_id=actor_id)
    of_lines = [
        LineValues(description=f"Work {place}", amount=Decimal(net), tax_rate=Decimal(rate), account_number="705000")
        for place, (net, rate) in enumerate(lines, start=1)
    ]
    return drafts.save(invoice.id, draft_values(invoice, **values), of_lines, version=None)


# --- payments
def make_posted_invoice(
    customer: Customer | None = None,
    *,
    lines: Sequence[tuple[str, int]] = (("1000.00", 21),),
    on: dt.date = dt.date(2026, 3, 2),
    **values: Any,
) -> Invoice:
    """A posted invoice of one unit per (net, VAT rate); values are those of a draft, such as ``days_due=30``."""
    invoice = make_invoice(customer, lines=lines, invoice_date=on, **values)
    invoice_services.post([invoice.id], actor_id=invoice.created_by_id, today=max(on, TODAY))
    session.refresh(invoice)
    return invoice


def make_posted_credit(
    invoice: Invoice, quantities: Mapping[int, Decimal] | None = None, *, on: dt.date = TODAY
) -> Invoice:
    """A posted credit note of quantities by line id; of all that is left where None."""
    credit = invoice_credits.draft_credit(invoice.id, quantities, releases_work=False, actor_id=invoice.created_by_id)
    invoice_services.post([credit.id], actor_id=invoice.created_by_id, today=on)
    session.refresh(credit)
    return credit


# --- catalog
def make_item(**values: Any) -> StockItem:
    """A part at 12.50, bought at 7.80."""
    code, description = values.pop("code", "FLT-1"), values.pop("description", "Filter")
    item = StockItem(
        **{
            "code": code,
            "description": description,
            "sort_key": sort_key(f"{code} {description}"),
            "unit": "piece",
            "sale_price": Decimal("12.50"),
            "purchase_price": Decimal("7.80"),
            **values,
        }
    )
    session.add(item)
    session.flush()
    return item


def make_rate(**values: Any) -> LaborRate:
    """The default labor rate, 65 an hour."""
    rate = LaborRate(**{"name": "Labor", "kind": RateKind.LABOR, "price": Decimal(65), "is_default": True, **values})
    session.add(rate)
    session.flush()
    return rate


# --- service_orders
def actor_of(user: User) -> Actor:
    """The user as services want it."""
    return Actor(user.id, user.name, user.email, user.roles, "en", 0)


def make_order(site: Site, **values: Any) -> ServiceOrder:
    """An order in progress at the site; nobody is planned."""
    creator = session.scalars(sa.select(User).where(User.email == "office@test.example")).one()
    number = numbering.take("service_order", [TODAY])[0]
    order = ServiceOrder(
        **{
            "number": number.text,
            "number_series": number.series,
            "number_period": number.period,
            "number_counter": number.counter,
            "state": OrderState.IN_PROGRESS,
            "customer_id": site.customer_id,
            "site_id": site.id,
            "description": "Boiler does not start",
            "created_by_id": creator.id,
            "created_at": now(),
            **values,
        }
    )
    session.add(order)
    session.flush()
    return order


def make_visit(order: ServiceOrder, technician: User, start_at: dt.datetime, hours: int = 2) -> Visit:
    """A planned visit."""
    visit = Visit(
        service_order_id=order.id,
        technician_id=technician.id,
        start_at=start_at,
        end_at=start_at + dt.timedelta(hours=hours),
    )
    session.add(visit)
    session.flush()
    return visit


def make_time(
    order: ServiceOrder, technician: User, rate: LaborRate, start_at: dt.datetime, **values: Any
) -> TimeEntry:
    """An hour of work, as the services log it; ``minutes`` for more or less."""
    minutes = values.pop("minutes", 60)
    entry = TimeEntry(
        **{
            "service_order_id": order.id,
            "technician_id": technician.id,
            "labor_rate_id": rate.id,
            "start_at": start_at,
            "end_at": start_at + dt.timedelta(minutes=minutes),
            "billable_minutes": minutes,
            "unit_price": rate.price,
            "hourly_cost": technician.hourly_cost,
            **values,
        }
    )
    session.add(entry)
    refresh_to_bill([order.id])
    return entry


def make_part(order: ServiceOrder, technician: User, item: StockItem, quantity: Decimal = Decimal(1)) -> PartUsed:
    """A part used, at its list price."""
    part = PartUsed(
        service_order_id=order.id,
        technician_id=technician.id,
        stock_item_id=item.id,
        description=item.description,
        quantity=quantity,
        unit=item.unit,
        unit_price=item.sale_price,
        unit_cost=item.purchase_price,
        used_at=now(),
    )
    session.add(part)
    refresh_to_bill([order.id])
    return part


# --- month-end
def make_month(orders: int, payers: int, *, sites: int = 5, references: int = 2, day: dt.date = TODAY) -> list[int]:
    """Done and validated orders by a few statements, in turn those of each payer, of each site, of each reference.

    Each has 50 minutes at 65.00 (0.83 h, 53.95) and a filter at 12.50: 66.45 without VAT. Gives their ids.
    """
    rate, item = make_rate(name="Month", is_default=False), make_item(code="MONTH-1")
    technician = session.scalars(sa.select(User).where(User.email == "technician@test.example")).one()
    moment = dt.datetime.combine(day, dt.time(9), dt.UTC)
    numbers = numbering.take("service_order", [day] * orders)
    names = [f"Payer {place:02d}" for place in range(payers)]
    address = {"billing_street": "Dorpsstraat 1", "billing_postal_code": "9000", "billing_city": "Gent"}
    customer_ids = bulk.insert(
        Customer,
        [{"name": name, "sort_key": sort_key(name), "created_at": moment, **address} for name in names],
    )
    site_ids = bulk.insert(
        Site,
        [
            {"customer_id": customer_id, "name": f"Site {place}", "sort_key": f"site {place}", "city": "Gent"}
            for customer_id in customer_ids
            for place in range(sites)
        ],
    )
    order_ids = bulk.insert(
        ServiceOrder,
        [
            {
                "number": numbers[place].text,
                "number_series": numbers[place].series,
                "number_period": numbers[place].period,
                "number_counter": numbers[place].counter,
                "state": OrderState.DONE,
                "customer_id": customer_ids[place % payers],
                "site_id": site_ids[place % payers * sites + place // payers % sites],
                "reference": f"PO-{place // payers % references}" if references else "",
                "report": "Done as agreed.",
                "no_signature_reason": "Nobody there",
                "done_at": moment,
                "validated_at": moment,
                "validated_by_id": technician.id,
                "has_work_to_bill": True,
                "created_by_id": technician.id,
                "created_at": moment,
            }
            for place in range(orders)
        ],
    )
    common = {"technician_id": technician.id}
    bulk.insert(
        TimeEntry,
        [
            {
                "service_order_id": order_id,
                "labor_rate_id": rate.id,
                "start_at": moment,
                "end_at": moment + dt.timedelta(minutes=50),
                "billable_minutes": 50,
                "unit_price": rate.price,
                **common,
            }
            for order_id in order_ids
        ],
    )
    bulk.insert(
        PartUsed,
        [
            {
                "service_order_id": order_id,
                "stock_item_id": item.id,
                "description": item.description,
                "quantity": Decimal(1),
                "unit": item.unit,
                "unit_price": item.sale_price,
                "unit_cost": item.purchase_price,
                "used_at": moment,
                **common,
            }
            for order_id in order_ids
        ],
    )
    return order_ids


# --- quotes and sales orders
def make_quote(
    customer: Customer | None = None, *, lines: Sequence[tuple[str, int | str]] = (("1000.00", 21),), **values: Any
) -> Quote:
    """A quote of one unit per (net, VAT rate or special status), not sent."""
    quote = quotes.create((customer or make_customer()).id, actor_id=office_id(), today=TODAY)
    own = {field.name: getattr(quote, field.name) for field in fields(quotes.QuoteValues)} | values
    of_lines = [
        LineValues(
            description=f"Work {place}",
            amount=None if own["tax_included"] else Decimal(price),
            amount_with_tax=Decimal(price) if own["tax_included"] else None,
            tax_rate=Decimal(0) if isinstance(rate, str) else Decimal(rate),
            special_status=rate if isinstance(rate, str) else "",
            account_number="705000",
        )
        for place, (price, rate) in enumerate(lines, start=1)
    ]
    return quotes.save(quote.id, quotes.QuoteValues(**own), of_lines, version=None)


def quote_lines(quote: Quote) -> list[LineValues]:
    """Its lines as they would be saved again."""
    names = [field.name for field in fields(LineValues)]
    return [
        LineValues(**{name: getattr(line, name) for name in names if hasattr(line, name)}, line_id=line.id)
        for line in quotes.lines_of(quote.id)
    ]


def make_sales_order(
    customer: Customer | None = None,
    *,
    lines: Sequence[tuple[str, int | str]] = (("1000.00", 21),),
    sent: bool = True,
    **values: Any,
) -> SalesOrder:
    """The order of a signed quote; sent unless told otherwise."""
    quote = make_quote(customer, lines=lines, **values)
    quotes.mark_sent(quote.id, how="mail", today=TODAY)
    order = quotes.sign(quote.id, quotes.Signed("An Peeters"), actor_id=office_id(), today=TODAY)
    if sent:
        sales_orders.mark_sent(order.id, how="mail")
    return order


def change_line(invoice: Invoice, line_id: int, **changes: Any) -> Invoice:
    """Save a draft with one of its lines changed."""

    def values_of(line: InvoiceLine) -> LineValues:
        return LineValues(
            description=line.description,
            quantity=line.quantity,
            amount=line.amount,
            tax_rate=line.tax_rate,
            special_status=line.special_status,
            account_number=line.account_number,
            line_id=line.id,
        )

    values = [values_of(line) for line in drafts.lines_of(invoice.id)]
    of_lines = [replace(line, **changes) if line.line_id == line_id else line for line in values]
    return drafts.save(invoice.id, draft_values(invoice), of_lines, version=None)


def office_id() -> int:
    """The seeded user of the office."""
    return session.scalars(sa.select(User.id).where(User.email == "office@test.example")).one()
