"""Eight kinds of documents, posted and printed: the figures of the PDF are those of the facts and of the journal."""

import io
from collections.abc import Callable
from decimal import Decimal as D
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from pypdf import PdfReader

from fsm.company.models import Language
from fsm.company.services import the_company
from fsm.core.db import session, writing
from fsm.core.money import rounded
from fsm.documents import services as documents
from fsm.documents.facts import Facts
from fsm.documents.models import DocumentSettings
from fsm.documents.values import LineValues
from fsm.documents.words import Words
from fsm.invoices import drafts, from_sales_orders, services
from fsm.invoices.models import Invoice
from fsm.ledger.models import Account, JournalLine
from fsm.sales_orders.models import SalesOrder
from tests import factories
from tests.factories import TODAY

pytestmark = pytest.mark.database
Made = Callable[[Language], Invoice]


def plain(language: Language) -> Invoice:
    return factories.make_posted_invoice(
        lines=[("1000.00", 21), ("100.10", 6)],
        language=language,
        discount_percentage=D(5),
        cash_discount_percentage=D(2),
        cash_discount_days_valid=8,
    )


def credit_note(language: Language) -> Invoice:
    return factories.make_posted_credit(factories.make_posted_invoice(language=language, lines=[("348.35", 21)]))


def _order(language: Language) -> SalesOrder:
    order = factories.make_sales_order(lines=[("1000.00", 21)])
    order.language = language
    session.flush()
    return order


def _post(invoice: Invoice) -> Invoice:
    services.post([invoice.id], actor_id=1, today=TODAY)
    session.refresh(invoice)
    return invoice


def deposit(language: Language) -> Invoice:
    return _post(from_sales_orders.new_deposit(_order(language).id, D(30), "Circulation pump", actor_id=1))


def final(language: Language) -> Invoice:
    order = _order(language)
    _post(from_sales_orders.new_deposit(order.id, D(30), "Circulation pump", actor_id=1))
    return _post(from_sales_orders.bill(order.id, actor_id=1))


def reverse_charge(language: Language) -> Invoice:
    the_company().is_co_contractor = True
    invoice = drafts.create_blank(factories.make_customer(vat_number="BE0428759497").id, actor_id=1)
    lines = [LineValues(description="Boiler house", amount=D(1000), tax_rate=D(0), special_status="MC")]
    drafts.save(invoice.id, factories.draft_values(invoice, language=language), lines, version=None)
    return _post(invoice)


def foreign(language: Language) -> Invoice:
    customer = factories.make_customer(currency="USD")
    return factories.make_posted_invoice(customer, language=language, currency="USD", exchange_rate=D("0.92"))


def without_tax(language: Language) -> Invoice:
    session.get_one(DocumentSettings, 1).shows_tax = False
    return factories.make_posted_invoice(lines=[("250.00", 0), ("49.99", 0)], language=language)


def long(language: Language) -> Invoice:
    return factories.make_posted_invoice(lines=[(f"{at}.37", 21) for at in range(1, 201)], language=language)


KINDS: dict[str, Made] = {
    made.__name__: made for made in (plain, credit_note, deposit, final, reverse_charge, foreign, without_tax, long)
}
TOTALS = {  # EUR of the receivable lines, from the rows of accounting.md 2 and 5
    "credit_note": D("-421.50"),  # 348.35 + 73.15
    "deposit": D("363.00"),
    "final": D("847.00"),
    "reverse_charge": D("1000.00"),
    "foreign": D("1113.20"),
    "without_tax": D("299.99"),
    "long": D("24410.54"),  # 20100 + 200 x 0.37 = 20174.00, VAT 4236.54
}
IN_TURN = list(zip(KINDS, [*Language, *Language], strict=True))
EVERY = [(kind, language) for kind in KINDS for language in Language]


def receivable(invoice: Invoice) -> D:
    """What the issuing entry books on receivables, in EUR."""
    query = (
        sa.select(JournalLine.debit, JournalLine.credit)
        .join(Account, Account.id == JournalLine.account_id)
        .where(JournalLine.entry_id == invoice.entry_id, Account.number == "400000")
    )
    return sum((debit - credit for debit, credit in session.execute(query)), D(0))


def text_of(data: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages).split())


def figures_of(facts: Facts) -> list[str]:
    """What must be read on the paper."""
    words, totals = Words(facts.language), facts.totals
    found = [words.with_currency(totals.total_with_tax, facts.currency)]
    if facts.shows_tax:
        found += [words.money(totals.total_without_tax), words.money(totals.total_tax)]
        found += [words.money(amount) for row in facts.taxes for amount in (row.base, row.tax)]
    if totals.cash_discount_total:
        found.append(words.with_currency(totals.amount_if_paid_in_time, facts.currency))
    if facts.is_foreign:
        found += [words.money(totals.total_with_tax_in_euro), words.money(facts.total_tax_in_euro)]
    return found


def check(kind: str, language: Language) -> None:
    with writing(bulk=True):
        invoice_id = KINDS[kind](language).id
    invoice = session.get_one(Invoice, invoice_id)
    facts = documents.facts_of("invoice", invoice_id)
    text = text_of(documents.pdf_of("invoice", invoice_id)).replace("\N{NO-BREAK SPACE}", " ")
    missing = [figure for figure in figures_of(facts) if figure.replace("\N{NO-BREAK SPACE}", " ") not in text]
    assert not missing, (kind, language, text)
    assert facts.language is language
    assert Words(language).title(facts) in text
    assert str(invoice.number) in text
    total = rounded(facts.totals.total_with_tax * facts.exchange_rate) * invoice.sign
    assert total == receivable(invoice) == TOTALS.get(kind, total)
    _check_kind(kind, facts, text)


def _check_kind(kind: str, facts: Facts, text: str) -> None:
    words: Any = Words(facts.language)
    if kind == "without_tax":
        for word in {words.total_without_tax, words.total_with_tax, words.base} - {words.total}:
            assert word not in text
    if kind == "final":
        assert facts.deducted[0].number in text
        assert words.money(D("-300.00")) in text
    if kind == "reverse_charge":
        assert facts.legal_texts[0][:60] in text
    if kind == "long":
        assert all(words.money(D(f"{at}.37")) in text for at in range(1, 201))
        assert text.count(words.description) >= 6
    if kind == "credit_note":
        assert facts.corrects is not None
        assert facts.corrects.number in text


@pytest.mark.parametrize(("kind", "language"), IN_TURN)
def test_the_figures_on_paper_are_those_of_the_books(database: Flask, kind: str, language: Language) -> None:
    check(kind, language)


@pytest.mark.soak
@pytest.mark.parametrize(("kind", "language"), EVERY)
def test_in_every_language(database: Flask, kind: str, language: Language) -> None:
    check(kind, language)
