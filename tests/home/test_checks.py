"""Every check is silent on sound books and speaks, alone, when its own thing is broken by raw SQL."""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal as D

import pytest
import sqlalchemy as sa
from flask import Flask

from fsm.core.db import session, writing
from fsm.home import checks
from fsm.invoices import taken_over
from fsm.invoices.taken_over import TakenOverValues
from tests import factories
from tests.home.books import forged, keep_books

pytestmark = pytest.mark.database

SALE = "SELECT max(id) FROM journal_entry WHERE journal = 'sales' AND reverses_id IS NULL"
UNCREDITED = "SELECT min(id) FROM invoice WHERE state = 'posted' AND kind = 'invoice'"
LINE = "id, entry_id, position, account_id, grid, debit, credit, currency_debit, currency_credit"
CLAIM = "service_order_id, time_entry_id, part_used_id, bill_kind, bill_id, bill_line_id, is_final"
FIRST_CLAIM = "(SELECT min(id) FROM work_claim)"
FIRST_ITEM = "(SELECT min(id) FROM open_item)"
FAULTS = {
    "taken_over_has_its_entry": ("UPDATE taken_over SET due = due + 1",),
    "taken_over_not_credited_beyond_its_total": (
        "UPDATE invoice SET corrects_taken_over_id = (SELECT id FROM taken_over) WHERE kind = 'credit_note'",
    ),
    "entries_posted": (
        (
            "INSERT INTO journal_entry (id, journal, fiscal_year_id, entry_date, narration, source_kind, source_id, "
            "source_number, currency, issues_document, facts_hash, previous_hash, hash) SELECT 9000000, 'sales', "
            "fiscal_year_id, entry_date, 'x', 'x', 1, 'x', 'EUR', issues_document, '', '', '' FROM journal_entry "
            "WHERE reverses_id IS NOT NULL"
        ),
        (
            f"INSERT INTO journal_line ({LINE}) "
            "SELECT 9000000, 9000000, 1, id, '', 0, 0, 0, 0 FROM account WHERE number = '550000'"
        ),
    ),
    "debits_equal_credits_per_entry": (
        (
            "UPDATE journal_line SET currency_credit = currency_credit + 1 WHERE open_item_id IS NULL AND "
            f"credit > 0 AND grid = '54' AND entry_id = ({SALE})"
        ),
    ),
    "journal_numbers_without_hole": (
        "UPDATE journal_entry SET number = number + 1 WHERE id = (SELECT max(id) FROM journal_entry WHERE journal = 'bank')",
    ),
    "monthly_totals_proven": (
        "UPDATE account_month SET debit = debit + 1 WHERE account_id = (SELECT id FROM account WHERE number = '550000')",
    ),
    "open_items_proven_by_movements": (f"UPDATE open_item SET claimed = claimed + 1 WHERE id = {FIRST_ITEM}",),
    "receivables_equal_open_items": (
        (
            f"INSERT INTO journal_line ({LINE}) "
            f"SELECT 9000000, ({SALE}), 90, id, '', 0, 0, 0, 0 FROM account WHERE number = '400000'"
        ),
    ),
    "order_numbers_without_hole": ("UPDATE service_order SET number_counter = 9 WHERE number_counter = 3",),
    "claims_name_their_order": (
        (
            "INSERT INTO invoice_service_order (invoice_id, service_order_id) SELECT min(bill_id), max(service_order_id) "
            "FROM work_claim"
        ),
        f"UPDATE work_claim SET service_order_id = (SELECT max(service_order_id) FROM work_claim) WHERE id = {FIRST_CLAIM}",
    ),
    "no_work_billed_twice": (
        "DROP INDEX uq_work_claim_time_entry_id",
        (f"INSERT INTO work_claim (id, {CLAIM}) SELECT 9000000, {CLAIM} FROM work_claim WHERE id = {FIRST_CLAIM}"),
    ),
    "to_bill_flags_right": (
        "UPDATE service_order SET has_work_to_bill = NOT has_work_to_bill WHERE id = (SELECT min(id) FROM service_order)",
    ),
    "next_dates_right": (
        (
            "INSERT INTO maintenance_contract (id, name, state, state_reason, customer_id, site_id, kind_of_work, reference, "
            "description, tasks, first_date, interval_count, interval_unit, days_before, days_after, lead_days, "
            "planned_minutes, is_to_bill, not_to_bill_reason, runs_from, next_date, makes_on, problem, created_by_id, "
            "created_at, version) SELECT 9000000, 'x', 'active', '', customer_id, id, '', '', '', '', '2026-01-31', 1, "
            "'months', 0, 0, 0, 60, (1 = 1), '', '2026-02-01', '2026-03-01', '2026-03-01', '', 1, "
            "'2026-01-01 10:00:00', 1 FROM site WHERE id = (SELECT min(id) FROM site)"
        ),
    ),
    "counters_without_hole": ("UPDATE number_counter SET last_number = 7 WHERE series LIKE 'credit_note:%'",),
    "posted_has_one_issuing_entry": (
        "UPDATE journal_entry SET issues_document = (1 = 1) WHERE reverses_id IS NOT NULL",
    ),
    "document_total_equals_receivable_lines": (
        "UPDATE printed_facts SET facts = replace(facts, 'Bakkerij', 'Brouwerij') WHERE document_id > 0",
    ),
    "receivable_equals_amount_due": (
        f"UPDATE open_item SET currency = 'USD' WHERE kind = 'invoice' AND source_id = ({UNCREDITED})",
    ),
    "vat_payable_equals_documents": (f"UPDATE invoice_tax SET tax = tax + 1 WHERE invoice_id = ({UNCREDITED})",),
    "credits_never_exceed": ("UPDATE invoice_line SET quantity = 101 WHERE credits_line_id IS NOT NULL",),
    "advances_equal_deposits_left": (f"UPDATE invoice SET is_deposit = (1 = 1) WHERE id = ({UNCREDITED})",),
    "deposits_not_taken_twice": (
        "UPDATE invoice SET is_deposit = (1 = 1) WHERE currency = 'USD'",
        (
            "UPDATE invoice_line SET deducts_invoice_id = (SELECT id FROM invoice WHERE currency = 'USD') "
            f"WHERE invoice_id = ({UNCREDITED})"
        ),
    ),
    "claims_equal_lines_of_live_invoices": (f"UPDATE work_claim SET is_final = (1 = 0) WHERE id = {FIRST_CLAIM}",),
    "payments_have_their_entry": (
        "UPDATE payment SET paid_on = '2026-03-19' WHERE id = (SELECT min(id) FROM payment)",
    ),
    "write_offs_have_their_entry": (
        (
            "INSERT INTO write_off (id, open_item_id, customer_id, written_off_on, currency, amount, amount_eur, "
            "reclaims_tax, tax, tax_eur, reason, registered_at) SELECT 9000000, id, customer_id, opened_on, 'EUR', 100, "
            f"100, (1 = 0), 0, 0, 'x', '2026-03-20 10:00:00' FROM open_item WHERE id = {FIRST_ITEM}"
        ),
    ),
    "claimed_costs_have_their_entry": (
        (
            "INSERT INTO claimed_cost (id, invoice_id, amount, description, claimed_on, claimed_at) SELECT 9000000, id, "
            f"100, 'x', invoice_date, '2026-03-20 10:00:00' FROM invoice WHERE id = ({UNCREDITED})"
        ),
    ),
    "quote_and_order_numbers_without_hole": (
        "INSERT INTO number_counter (series, period, last_number) VALUES ('quote:9', '26', 3)",
    ),
    "search_index_equals_owners": ("DELETE FROM search_word WHERE kind = 'customer'",),
    "on_account_items_right": ("UPDATE open_item SET currency = 'USD' WHERE kind = 'on_account'",),
}


@pytest.fixture
def books(database: Flask) -> None:
    """Sound books of every kind of thing that is checked, one invoice of a former program among them."""
    keep_books()
    with writing(bulk=True):
        customer_id = factories.make_customer(name="Of a former program").id
        values = TakenOverValues(
            customer_id=customer_id, number="OLD-1", document_date=factories.TODAY, total=D("1.00"), due=D("1.00")
        )
        taken_over.take_over([values], on=factories.TODAY, import_id=None, actor_id=1, today=factories.TODAY)
    session.remove()


def test_sound_books(books: None) -> None:
    told: list[str] = []
    assert checks.run(told.append) == []
    assert told == [check.__name__ for check in checks.CHECKS]
    counts = {
        table: session.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one()
        for table in ("invoice", "payment", "work_claim", "open_item", "printed_facts")
    }
    # Else the silence would prove nothing: 4 invoices, a credit note, one withdrawn and its new draft; 4 claims;
    # the items of the first six, the money on account, and what was taken over.
    assert counts == {"invoice": 7, "payment": 2, "work_claim": 4, "open_item": 8, "printed_facts": 6}


def test_there_is_a_fault_for_every_check() -> None:
    assert FAULTS.keys() | {"hash_chain_unbroken"} == {check.__name__ for check in checks.CHECKS}


def test_each_fault_is_seen_by_its_check_alone(books: None, subtests: pytest.Subtests) -> None:
    for name, statements in FAULTS.items():
        with subtests.test(name), forged(*statements, with_hashes=True):
            findings = checks.findings()
            assert [finding.check for finding in findings] == [name], findings
            assert all(findings[0].sentences)
    assert checks.run() == []


SECOND = "(SELECT id FROM journal_entry ORDER BY id LIMIT 1 OFFSET 1)"
FIRST = "(SELECT min(id) FROM journal_entry)"
CHAIN = (
    (f"UPDATE journal_entry SET narration = 'x' WHERE id = {SECOND}", r"Entry \d+ is not what was posted"),
    (f"UPDATE journal_entry SET previous_hash = 'x' WHERE id = {SECOND}", r"Entry \d+ does not follow"),
    (
        f"UPDATE journal_line SET grid = '45' WHERE entry_id = {FIRST} AND grid = '03'",
        r"Entry \d+ is not what was posted",
    ),
    ("UPDATE journal_head SET hash = 'x' WHERE journal = 'bank'", "The last entry of the journal bank"),
)


def test_the_chain_shows_what_was_changed(books: None, subtests: pytest.Subtests) -> None:
    for statement, sentence in CHAIN:
        with subtests.test(statement), forged(statement):
            findings = checks.findings()
            assert [finding.check for finding in findings] == ["hash_chain_unbroken"]
            assert re.match(sentence, findings[0].sentences[0])


SENTENCES = {
    f"UPDATE open_item SET standing = 'settled' WHERE id = {FIRST_ITEM}": r"Open item \d+ \(FA-2600001\) stands as settled\.",
    f"UPDATE open_item SET balance = balance - 100, paid = paid + 100 WHERE id = {FIRST_ITEM}": (
        r"Open item \d+ \(FA-2600001\): its movements say otherwise of paid, balance\."
    ),
    "UPDATE invoice SET number_counter = 9 WHERE number_counter = 2 AND kind = 'invoice'": (
        "Counter invoice:1 26: number 2 is missing."
    ),
    "UPDATE service_order SET has_work_to_bill = (1 = 1) WHERE number = 'SO-2600001'": (
        "Service order SO-2600001: its mark of having work to bill is wrong."
    ),
}


def test_sentences_name_what_is_wrong(books: None, subtests: pytest.Subtests) -> None:
    for statement, sentence in SENTENCES.items():
        with subtests.test(sentence), forged(statement):
            said = [words for finding in checks.findings() for words in finding.sentences]
            assert any(re.fullmatch(sentence, words) for words in said), said


def test_a_deleted_entry_breaks_the_chain_and_leaves_a_hole(books: None) -> None:
    statements = [
        f"DELETE FROM {table} WHERE {column} = {SECOND}"
        for table, column in (("journal_line", "entry_id"), ("item_movement", "entry_id"), ("journal_entry", "id"))
    ]
    with forged(*statements):
        spoken = {finding.check for finding in checks.findings()}
    assert {"hash_chain_unbroken", "journal_numbers_without_hole", "posted_has_one_issuing_entry"} <= spoken


def test_many_violations_are_cut_short(monkeypatch: pytest.MonkeyPatch, database: Flask) -> None:
    def many() -> Iterator[str]:
        for number in range(1_000_000):
            yield f"wrong {number}"

    wanted: tuple[Callable[[], Iterator[str]], ...] = (many,)
    monkeypatch.setattr(checks, "CHECKS", wanted)
    (finding,) = checks.run()
    assert (len(finding.sentences), finding.sentences[-1], finding.has_more) == (20, "wrong 19", True)
