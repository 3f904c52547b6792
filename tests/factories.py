"""Rows for tests, made with as little as each test needs. One section per slice."""

import datetime as dt
from decimal import Decimal
from typing import Any

from fsm.company.models import BankAccount, Company
from fsm.core.audit import now
from fsm.core.db import session
from fsm.core.numbering import NumberFormat, set_up
from fsm.core.types import sort_key
from fsm.customers.models import Customer
from fsm.documents.models import CashDiscountMode, DocumentSettings
from fsm.invoices.models import InvoiceSettings
from fsm.ledger.periods import load_chart, open_fiscal_year
from fsm.payments.models import PaymentSettings
from fsm.service_orders.models import ServiceSettings
from fsm.users import passwords
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
    for kind, prefix in (("invoice", "FA-"), ("credit_note", "NC-"), ("service_order", "SO-")):
        set_up(kind, prefix, NumberFormat.YEAR)
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
