"""All checks of the books, and one run over them: for ``fsm check``, for the integrity page, for tests."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from fsm.contracts import checks as contracts
from fsm.core.db import is_sqlite, session
from fsm.home.findable import search_index_equals_owners
from fsm.invoices import checks as invoices
from fsm.invoices import credit_checks, deposit_checks, taken_over_checks, vat_checks
from fsm.ledger import checks as ledger
from fsm.ledger import item_checks
from fsm.payments import checks as payments
from fsm.quotes import checks as quotes
from fsm.reminders import checks as reminders
from fsm.service_orders import checks as service_orders

Check: TypeAlias = Callable[[], Iterator[str]]
MOST_SENTENCES = 20

CHECKS: tuple[Check, ...] = (
    ledger.entries_posted,
    ledger.debits_equal_credits_per_entry,
    ledger.journal_numbers_without_hole,
    ledger.hash_chain_unbroken,
    ledger.monthly_totals_proven,
    item_checks.open_items_proven_by_movements,
    item_checks.receivables_equal_open_items,
    service_orders.order_numbers_without_hole,
    service_orders.claims_name_their_order,
    service_orders.no_work_billed_twice,
    service_orders.to_bill_flags_right,
    contracts.next_dates_right,
    quotes.quote_and_order_numbers_without_hole,
    invoices.counters_without_hole,
    invoices.posted_has_one_issuing_entry,
    invoices.document_total_equals_receivable_lines,
    invoices.receivable_equals_amount_due,
    vat_checks.vat_payable_equals_documents,
    credit_checks.credits_never_exceed,
    deposit_checks.advances_equal_deposits_left,
    deposit_checks.deposits_not_taken_twice,
    invoices.claims_equal_lines_of_live_invoices,
    taken_over_checks.taken_over_has_its_entry,
    taken_over_checks.taken_over_not_credited_beyond_its_total,
    payments.payments_have_their_entry,
    payments.write_offs_have_their_entry,
    payments.on_account_items_right,
    reminders.claimed_costs_have_their_entry,
    search_index_equals_owners,
)


@dataclass(frozen=True, slots=True)
class Finding:
    """A check that found something: its first sentences, and whether there are more."""

    check: str
    sentences: tuple[str, ...]
    has_more: bool = False


def run(progress: Callable[[str], None] | None = None) -> list[Finding]:
    """What is wrong, empty when all is sound. ``progress`` is told the name of each check before it runs.

    All checks see the same moment of the books, whatever is posted meanwhile. Not within a writing transaction.
    """
    session.rollback()
    if not is_sqlite():  # SQLite's reading transaction is a snapshot anyway
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    try:
        return findings(progress)
    finally:
        session.rollback()


def findings(progress: Callable[[str], None] | None = None) -> list[Finding]:
    """As ``run``, in the transaction that is open."""
    found = []
    for check in CHECKS:
        if progress:
            progress(check.__name__)
        sentences = tuple(itertools.islice(check(), MOST_SENTENCES + 1))
        if sentences:
            more = len(sentences) > MOST_SENTENCES
            found.append(Finding(check.__name__, sentences[:MOST_SENTENCES], more))
    return found
