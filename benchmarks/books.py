"""Years of books as plain rows: customers, documents, their open items, entries and lines, payments.

Made by arithmetic alone, so that any number of them can be written in one pass. Amounts are in cents.
What the queries read agrees: the monthly totals are those of the lines, balances those of the payments.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Any, TypeAlias

TODAY = dt.date(2026, 3, 20)
FIRST_DAY = dt.date(2021, 4, 1)
DAYS_DUE = 30
SERIES = "old"
ADDRESS = '{"street": "Kerkstraat 1", "street2": "", "postal_code": "9000", "city": "Gent", "country_code": "BE"}'
NAMES = ("Janssens", "Peeters", "Maes", "Jacobs", "Mertens", "Willems", "Claes", "Goossens", "Wouters", "De Smet")
TRADES = ("Bouw", "Verwarming", "Beheer", "Bakkerij", "Garage", "Apotheek", "Hotel", "Kantoor")

Row: TypeAlias = dict[str, Any]


class Fate(IntEnum):
    """What became of a posted document."""

    TO_COLLECT = 1
    OVERDUE = 2
    PAID = 3
    WRITTEN_OFF = 4
    CANCELLED = 5
    CREDIT_NOTE = 6


@dataclass(frozen=True)
class Books:
    """``documents`` posted ones; every tab of the list has more than two pages, whatever their number."""

    documents: int
    customers: int
    accounts: Mapping[str, int]
    """Role -> account id."""
    years: Mapping[int, int]
    """Calendar year -> fiscal year id."""

    @cached_property
    def fresh(self) -> int:
        """Invoices of the last 30 days, not yet due."""
        return max(120, self.documents * 16 // 1000)

    @cached_property
    def overdue(self) -> int:
        """Every third of the invoices before those."""
        return max(120, self.documents * 5 // 1000)

    @cached_property
    def drafts(self) -> int:
        """Also the number of withdrawn documents, and of sent ones left to send."""
        return max(120, self.documents // 5_000)

    @cached_property
    def old(self) -> int:
        """Documents before all that is still open."""
        return self.documents - self.fresh - 3 * self.overdue

    def fate(self, at: int) -> Fate:
        """Of the document at this place, from 1."""
        return self._fates[at]

    def day(self, at: int) -> dt.date:
        """When it was posted: evenly over the years, in the order of the numbers."""
        return self._days[at]

    # Each is asked for some twenty times a document, hence worked out once.
    @cached_property
    def _fates(self) -> list[Fate]:
        return [self._fate(at) for at in range(self.documents + 1)]

    @cached_property
    def _days(self) -> list[dt.date]:
        return [self._day(at) for at in range(self.documents + 1)]

    def _fate(self, at: int) -> Fate:
        if at > self.documents - self.fresh:
            return Fate.TO_COLLECT
        if at > self.old:
            return Fate.OVERDUE if at % 3 == 0 else Fate.PAID
        step = self.old // max(120, self.documents // 100)
        if at % step in {0, 1} and at + 1 - at % step <= self.old and at > 1:
            return Fate.CREDIT_NOTE if at % step == 1 else Fate.CANCELLED
        return Fate.WRITTEN_OFF if at % 1000 == 3 else Fate.PAID  # noqa: PLR2004 - any place will do

    def _day(self, at: int) -> dt.date:
        first_fresh = self.documents - self.fresh
        if at > first_fresh:
            return TODAY - dt.timedelta(days=DAYS_DUE - 1 - (at - first_fresh - 1) * DAYS_DUE // self.fresh)
        days = (TODAY - FIRST_DAY).days - DAYS_DUE
        return FIRST_DAY + dt.timedelta(days=(at - 1) * days // first_fresh)

    def amounts(self, at: int) -> tuple[int, int]:
        """Net and VAT; a credit note takes back all of the invoice before it."""
        of = at - 1 if self.fate(at) is Fate.CREDIT_NOTE else at
        net = 10_000 + of * 37 % 90_000
        return net, (net * 21 + 50) // 100

    def customer_of(self, at: int) -> int:
        """Spread over all; the pair of an invoice and its credit note has one."""
        return (at - (self.fate(at) is Fate.CREDIT_NOTE)) * 7919 % self.customers + 1

    def payment_day(self, at: int) -> dt.date:
        """Paid some days after it was posted."""
        return min(self.day(at) + dt.timedelta(days=5 + at % 20), TODAY)

    # --- rows by table
    def customer_rows(self) -> Iterator[Row]:
        for at in range(1, self.customers + 1):
            name = f"{TRADES[at % 8]} {NAMES[at * 7 % 10]} {at}"
            yield {"id": at, "name": name, "sort_key": name.casefold(), "vat_number": f"BE{at:010d}"}

    def invoice_rows(self) -> Iterator[Row]:
        for at in range(1, self.documents + 1):
            yield self._invoice(at, "posted") | {"number_counter": at, "entry_id": at, **self._number(at)}
        for at in range(self.documents + 1, self.documents + self.drafts + 1):
            yield self._invoice(at, "draft")
        for at in range(self.documents + self.drafts + 1, self.documents + 2 * self.drafts + 1):
            yield self._invoice(at, "withdrawn") | {"number_counter": at, "entry_id": at, **self._number(at)}

    def _number(self, at: int) -> Row:
        return {"number": f"OLD-{at:08d}", "number_series": SERIES, "number_period": ""}

    def _invoice(self, at: int, state: str) -> Row:
        is_posted = at <= self.documents
        is_credit = is_posted and self.fate(at) is Fate.CREDIT_NOTE
        day, (net, tax) = self.day(min(at, self.documents)), self.amounts(min(at, self.documents))
        customer_id = self.customer_of(min(at, self.documents))
        return {
            "id": at,
            "kind": "credit_note" if is_credit else "invoice",
            "state": state,
            "customer_id": customer_id,
            "corrects_id": at - 1 if is_credit else None,
            "client_name": f"{TRADES[customer_id % 8]} {NAMES[customer_id * 7 % 10]} {customer_id}",
            "invoice_date": day,
            "due_date": None if is_credit else day + dt.timedelta(days=DAYS_DUE),
            "days_due": DAYS_DUE,
            "total_without_tax": net,
            "total_tax": tax,
            "total_with_tax": net + tax,
        }

    def bill_line_rows(self) -> Iterator[Row]:
        """Two lines for each posted document, of which the first is half of it."""
        for at in range(1, self.documents + 1):
            net, _tax = self.amounts(at)
            for position, part in enumerate((net // 2, net - net // 2), start=1):
                with_tax = (part * 121 + 50) // 100
                yield {
                    "id": 2 * at + position - 2,
                    "invoice_id": at,
                    "position": position,
                    "description": f"Maintenance of the heating, visit {position}, parts and travel included",
                    "quantity": 100,
                    "unit": "h",
                    "amount": part * 100,
                    "amount_with_tax": with_tax * 100,
                    "tax_rate": 210_000,
                    "account_number": "700000",
                    "total_without_tax": part,
                    "total_with_tax": with_tax,
                    "net": part,
                }

    def bill_tax_rows(self) -> Iterator[Row]:
        """The VAT of each posted document."""
        for at in range(1, self.documents + 1):
            net, tax = self.amounts(at)
            figures = dict.fromkeys(("net", "total", "net_after_discount", "base"), net)
            none = dict.fromkeys(("discount", "cash_discount", "cash_discount_tax"), 0)
            yield {"id": at, "invoice_id": at, "tax_rate": 210_000, "tax": tax, "grid": "03", **figures, **none}

    def follow_up_rows(self, moment: dt.datetime) -> Iterator[Row]:
        """Each was sent at a moment of its own: of few moments the engines would believe that NULL is as frequent."""
        last = self.documents + 2 * self.drafts
        for at in range(1, last + 1):
            is_sent = at <= self.documents and (at > self.drafts * 2 or at % 2)
            yield {
                "id": at,
                "invoice_id": at,
                "sent_at": f"{moment + dt.timedelta(seconds=at):%Y-%m-%d %H:%M:%S.%f}" if is_sent else None,
            }

    def item_rows(self) -> Iterator[Row]:
        standings = {
            Fate.TO_COLLECT: "open",
            Fate.OVERDUE: "open",
            Fate.PAID: "settled",
            Fate.WRITTEN_OFF: "written_off",
            Fate.CANCELLED: "cancelled",
            Fate.CREDIT_NOTE: "settled",
        }
        for at in range(1, self.documents + 1):
            fate, total, day = self.fate(at), sum(self.amounts(at)), self.day(at)
            is_credit = fate is Fate.CREDIT_NOTE
            balance = total if standings[fate] == "open" else 0
            yield {
                "id": at,
                "kind": "credit_note" if is_credit else "invoice",
                "source_id": at,
                "source_number": f"OLD-{at:08d}",
                "customer_id": self.customer_of(at),
                "credits_item_id": at - 1 if is_credit else None,
                "opened_on": day,
                "due_on": self._due_on(at, fate),
                "invoiced": 0 if is_credit else total,
                "paid": total if fate is Fate.PAID else 0,
                "credited": total if fate is Fate.CANCELLED else 0,
                "written_off": total if fate is Fate.WRITTEN_OFF else 0,
                "balance": balance,
                "balance_eur": balance,
                "standing": standings[fate],
            }

    def _due_on(self, at: int, fate: Fate) -> dt.date:
        due = self.day(at) + dt.timedelta(days=DAYS_DUE)
        return min(due, TODAY - dt.timedelta(days=1)) if fate is Fate.OVERDUE else due

    def _paid(self) -> Iterator[tuple[int, int]]:
        """(entry id, document) of each payment: entries of payments follow those of all documents."""
        entry_id = self.documents + 2 * self.drafts
        for at in range(1, self.documents + 1):
            if self.fate(at) is Fate.PAID:
                entry_id += 1
                yield entry_id, at

    def part_rows(self) -> Iterator[Row]:
        """Each payment pays one document."""
        for number, (_entry_id, at) in enumerate(self._paid(), start=1):
            total = sum(self.amounts(at))
            yield {"id": number, "payment_id": number, "open_item_id": at, "amount": total}

    def payment_rows(self) -> Iterator[Row]:
        for number, (entry_id, at) in enumerate(self._paid(), start=1):
            total = sum(self.amounts(at))
            yield {
                "id": number,
                "kind": "payment",
                "customer_id": self.customer_of(at),
                "paid_on": self.payment_day(at),
                "amount": total,
                "amount_eur": total,
                "entry_id": entry_id,
            }

    def entry_rows(self) -> Iterator[Row]:
        last = self.documents + 2 * self.drafts
        numbers: dict[tuple[str, int], int] = defaultdict(int)

        def row(entry_id: int, at: int, day: dt.date, journal: str, source: str) -> Row:
            year = self.years[day.year]
            numbers[journal, year] += 1
            return {
                "id": entry_id,
                "journal": journal,
                "fiscal_year_id": year,
                "number": numbers[journal, year],
                "entry_date": day,
                "narration": f"OLD-{at:08d}",
                "source_kind": source,
                "source_id": at,
                "source_number": f"OLD-{at:08d}",
                "customer_id": self.customer_of(min(at, self.documents)),
                "issues_document": source == "invoice" and at <= self.documents,
            }

        for at in range(1, last + 1):
            if self.documents < at <= self.documents + self.drafts:
                continue
            yield row(at, at, self.day(min(at, self.documents)), "sales", "invoice")
        for number, (entry_id, at) in enumerate(self._paid(), start=1):
            yield row(entry_id, at, self.payment_day(at), "bank", "payment") | {"source_id": number}

    def line_rows(self, months: dict[tuple[int, dt.date], list[int]]) -> Iterator[Row]:
        """Lines, balanced per entry; adds them to ``months`` as (account, month) -> [debit, credit]."""
        line_id = 0
        for entry_id, day, parts in self._lines():
            for position, (account, value, item) in enumerate(parts, start=1):
                line_id += 1
                debit, credit = max(value, 0), max(-value, 0)
                sums = months[self.accounts[account], day.replace(day=1)]
                sums[0] += debit
                sums[1] += credit
                yield {
                    "id": line_id,
                    "entry_id": entry_id,
                    "position": position,
                    "account_id": self.accounts[account],
                    "open_item_id": item,
                    "debit": debit,
                    "credit": credit,
                    "currency_debit": debit,
                    "currency_credit": credit,
                }

    def _lines(self) -> Iterator[tuple[int, dt.date, list[tuple[str, int, int | None]]]]:
        for at in range(1, self.documents + 1):
            is_credit = self.fate(at) is Fate.CREDIT_NOTE
            sign, (net, tax) = -1 if is_credit else 1, self.amounts(at)
            vat = "vat_on_credit_notes" if is_credit else "vat_payable"
            item = at - 1 if is_credit else at
            yield (
                at,
                self.day(at),
                [("receivables", (net + tax) * sign, item), ("services", -net * sign, None), (vat, -tax * sign, None)],
            )
        for entry_id, at in self._paid():
            total = sum(self.amounts(at))
            yield entry_id, self.payment_day(at), [("bank", total, None), ("receivables", -total, at)]
