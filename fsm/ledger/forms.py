"""Words and forms of the books' pages."""

import datetime as dt

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.validators import InputRequired

from fsm.core.fields import Form, TextField
from fsm.ledger.models import AccountKind, Journal, JournalEntry

JOURNAL_LABELS = {
    Journal.SALES: _l("Sales"),
    Journal.BANK: _l("Bank"),
    Journal.CASH: _l("Cash"),
    Journal.MISCELLANEOUS: _l("Miscellaneous"),
}
KIND_LABELS = {
    AccountKind.ASSET: _l("Asset"),
    AccountKind.LIABILITY: _l("Liability"),
    AccountKind.EQUITY: _l("Equity"),
    AccountKind.INCOME: _l("Income"),
    AccountKind.EXPENSE: _l("Expense"),
}
ROLE_LABELS = {
    "receivables": _l("Receivables"),
    "vat_payable": _l("VAT payable"),
    "vat_reclaimable": _l("VAT reclaimable"),
    "vat_on_credit_notes": _l("VAT on credit notes"),
    "advances": _l("Advances received"),
    "packaging_deposits": _l("Packaging deposits"),
    "suspense": _l("Suspense, opening items"),
    "bank": _l("Bank"),
    "cash": _l("Cash"),
    "cards_in_transit": _l("Cards in transit"),
    "cash_discounts": _l("Cash discounts granted"),
    "exchange_loss": _l("Exchange loss"),
    "exchange_gain": _l("Exchange gain"),
    "bad_debt": _l("Bad debts"),
    "small_difference_loss": _l("Small differences, loss"),
    "small_difference_gain": _l("Small differences, gain"),
    "bank_fees": _l("Bank and card fees"),
    "goods": _l("Goods sold"),
    "services": _l("Services sold"),
    "reminder_costs": _l("Reminder costs"),
    "late_interest": _l("Late interest"),
}


class ReopenForm(Form):
    """Why a closed period takes postings again; it is logged."""

    reason = TextField(_l("Reason"), [InputRequired(_l("Say why it is reopened."))], length=250)


class QuestionForm(Form):
    """What is to be found out about an entry."""

    note = TextField(_l("Question"), [InputRequired(_l("Write what is to be found out."))], length=500)


def entry_name(entry: JournalEntry) -> str:
    """How an entry is called: journal, fiscal year, number."""
    return _(
        "%(journal)s %(year)s/%(number)s",
        journal=JOURNAL_LABELS[entry.journal],
        year=entry.fiscal_year.name,
        number=entry.number or "–",
    )


def day_of(text: str | None) -> dt.date | None:
    """A day from an address; None for what is no day, so that an old link still shows the list."""
    try:
        return dt.date.fromisoformat(text or "")
    except ValueError:
        return None
