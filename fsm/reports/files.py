"""What each report has as a file: the columns of its page, in their order; what stands small under a value has its own."""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from flask_babel import gettext as _

from fsm.core.formats import local_day
from fsm.core.lists import Kind
from fsm.core.spreadsheets import FileColumn
from fsm.ledger.forms import JOURNAL_LABELS
from fsm.ledger.models import NO_TERM
from fsm.reports import receivables
from fsm.reports.queries import TrialBalance
from fsm.service_orders.billable import hours_of

Columns = list[FileColumn]


def _text(label: str, value: Any) -> FileColumn:  # noqa: ANN401 - what gives the value of a row
    return FileColumn(label, Kind.TEXT, value)


def _amount(label: str, value: Any) -> FileColumn:  # noqa: ANN401 - what gives the value of a row
    return FileColumn(label, Kind.AMOUNT, value)


def trial_balance(balance: TrialBalance) -> tuple[Columns, Sequence[Sequence[Any]]]:
    """Its columns, and its rows with those at the foot of the page."""
    labels = (_("Opening"), _("Debit"), _("Credit"), _("Closing"))
    figures = [_amount(label, itemgetter(place)) for place, label in enumerate(labels, start=2)]
    rows = [(row.number, row.name, row.opening, row.debit, row.credit, row.closing) for row in balance.rows]
    earlier = balance.earlier_result
    foot: list[tuple[Any, ...]] = [("", _("Total"), balance.opening, balance.debit, balance.credit, balance.closing)]
    if earlier:
        foot.insert(0, ("", _("Result of earlier fiscal years"), earlier, None, None, earlier))
    return [_text(_("Account"), itemgetter(0)), _text(_("Name"), itemgetter(1)), *figures], [*rows, *foot]


def aged_receivables() -> Columns:
    """Of ``receivables.by_customer``."""
    labels = receivables.bucket_labels()
    buckets = [_amount(labels[name], lambda row, name=name: row.buckets[name]) for name in receivables.BUCKETS]
    return [_text(_("Customer"), lambda row: row.name), *buckets, _amount(_("In all"), lambda row: row.owed)]


def open_items(kinds: Any) -> Columns:  # noqa: ANN401 - words by kind
    """Of ``receivables.items``."""
    return [
        _text(_("Number"), lambda row: row.item.source_number),
        _text(_("Customer"), lambda row: row.customer),
        _text(_("Kind"), lambda row: kinds[row.item.kind]),
        FileColumn(_("Date"), Kind.DATE, lambda row: row.item.opened_on),
        FileColumn(_("Due"), Kind.DATE, lambda row: None if row.item.due_on == NO_TERM else row.item.due_on),
        FileColumn(_("Days overdue"), Kind.COUNT, lambda row: row.days_overdue or None),
        _amount(_("Open"), lambda row: row.item.balance),
        _text(_("Currency"), lambda row: row.item.currency),
        _amount(_("Open in EUR"), lambda row: row.item.balance_eur),
    ]


def sales(by: str) -> Columns:
    """Of the rows that the page of sales shows ``by``."""
    if by == "month":
        return [
            _text(_("Month"), lambda row: f"{row[0]:%Y-%m}"),
            _amount(_("Without VAT"), lambda row: row[2].net),
            _amount(_("A year before"), lambda row: row[3].net),
            _amount(_("With VAT"), lambda row: row[2].total),
        ]
    net = _amount(_("Without VAT"), lambda row: row.net)
    if by == "customer":
        return [_text(_("Customer"), lambda row: row.name or _("No customer")), net]
    if by == "account":
        return [_text(_("Account"), lambda row: row.number), _text(_("Name"), lambda row: row.name), net]
    return [
        _text(_("Document"), lambda row: row.entry.source_number),
        _text(_("Remark"), _reversal),
        FileColumn(_("Date"), Kind.DATE, lambda row: row.entry.entry_date),
        _text(_("Customer"), lambda row: row.customer),
        _amount(_("Without VAT"), lambda row: row.amounts.net),
        _amount(_("VAT"), lambda row: row.amounts.total - row.amounts.net),
        _amount(_("With VAT"), lambda row: row.amounts.total),
    ]


def collected() -> Columns:
    """Of the entries that brought money in or took it out."""
    return [
        _text(_("Entry"), lambda row: row.entry.narration or row.entry.source_number),
        _text(_("Remark"), _reversal),
        FileColumn(_("Date"), Kind.DATE, lambda row: row.entry.entry_date),
        _text(_("Customer"), lambda row: row.customer),
        _text(_("Narration"), lambda row: JOURNAL_LABELS[row.entry.journal]),
        _amount(_("Amount"), lambda row: row.amounts.collected),
    ]


def _reversal(row: Any) -> str:  # noqa: ANN401 - a row with its entry
    return _("Reversal") if row.entry.reverses_id else ""


def job_margins() -> Columns:
    """Of ``margins.jobs``."""
    return [
        _text(_("Service order"), lambda row: row.number),
        _text(_("Customer"), lambda row: row.customer),
        FileColumn(_("Done"), Kind.DATE, lambda row: local_day(row.done_at)),
        _amount(_("Hours"), lambda row: hours_of(row.minutes)),
        _amount(_("Invoiced"), lambda row: row.net),
        _amount(_("Cost"), lambda row: row.cost),
        _amount(_("Cost of hours"), lambda row: row.hours_cost),
        _amount(_("Cost of parts"), lambda row: row.parts_cost),
        _amount(_("Margin"), lambda row: row.margin),
        FileColumn(_("Margin in percent"), Kind.PERCENT, lambda row: row.percentage),
    ]


def technicians() -> Columns:
    """Of ``technicians.utilisation``."""
    return [
        _text(_("Technician"), lambda row: row.name),
        _amount(_("Worked hours"), lambda row: hours_of(row.minutes)),
        _amount(_("Billable hours"), lambda row: hours_of(row.billable_minutes)),
        FileColumn(_("Billable of worked, in percent"), Kind.PERCENT, lambda row: row.billable_percentage),
        FileColumn(_("Worked of the week, in percent"), Kind.PERCENT, lambda row: row.worked_percentage),
        _amount(_("Hours of the working week"), lambda row: hours_of(row.available_minutes)),
    ]


def technician() -> Columns:
    """Of the time entries of one technician."""
    return [
        _text(_("Service order"), lambda entry: entry.service_order.number),
        _text(_("Description"), lambda entry: entry.description),
        _text(_("Customer"), lambda entry: entry.service_order.customer.name),
        FileColumn(_("Began"), Kind.MOMENT, lambda entry: entry.start_at),
        _amount(_("Worked hours"), lambda entry: hours_of(entry.minutes)),
        _amount(_("Billable hours"), lambda entry: hours_of(0 if entry.not_to_bill_reason else entry.billable_minutes)),
        _text(_("Not to bill"), lambda entry: entry.not_to_bill_reason),
    ]


def days_to_invoice() -> Columns:
    """Of ``days_to_invoice.rows``."""
    return [
        _text(_("Service order"), lambda row: row.order_number),
        _text(_("Customer"), lambda row: row.customer),
        FileColumn(_("Done"), Kind.DATE, lambda row: row.done_on),
        _text(_("Invoice"), lambda row: row.invoice_number),
        FileColumn(_("Invoiced"), Kind.DATE, lambda row: row.invoiced_on),
        FileColumn(_("Days"), Kind.COUNT, lambda row: row.days),
    ]
