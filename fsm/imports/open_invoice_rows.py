"""Rows of open invoices of a former program (accounting.md 5)."""

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from fsm.company.models import Company
from fsm.core.db import session
from fsm.core.errors import DomainError
from fsm.core.formats import money
from fsm.customers.models import Customer
from fsm.documents.limits import CURRENCIES
from fsm.imports.customer_rows import names_of
from fsm.imports.fields import CUSTOMER_FIELDS, currency, day, number, text
from fsm.imports.judging import CustomerFinder, Seen, stamp_of
from fsm.imports.models import Fate
from fsm.imports.rows import Judged, Problem, Row, RowReader
from fsm.invoices import taken_over
from fsm.invoices.taken_over import MOST, NUMBER_LENGTH, TakenOverValues
from fsm.invoices.taken_over_models import TakenOver

FIELDS = (
    *CUSTOMER_FIELDS,
    text(
        "number",
        _l("Number"),
        NUMBER_LENGTH,
        "invoice|invoicenumber|invoiceno|documentnumber|factuur|factuurnummer|factuurnr"
        "|documentnummer|facture|numero|numerofacture|nfacture|numerodefacture|reffacture|rechnung|rechnungsnummer|rechnungsnr"
        "|invoicenumber1|move|ref|boekstuknummer|piece",
        required=True,
        example="2025/117",
        hint=_l("As the customer knows it; it is kept as text."),
    ),
    day(
        "document_date",
        _l("Date"),
        "invoicedate|documentdate|factuurdatum|datum|datefacture|datedefacture|datefacturation"
        "|rechnungsdatum|issuedate|dateinvoiced|date",
        required=True,
        example="2025-12-03",
    ),
    day(
        "due_date",
        _l("Due date"),
        "invoicedatedue|duedate|due|vervaldatum|vervaldag|echeance|dateecheance|datedecheance"
        "|datelimite|falligkeit|falligkeitsdatum|falligam|datemaxpayment",
        example="2026-01-02",
        hint=_l("Empty: no term."),
    ),
    number(
        "total",
        _l("Amount with VAT"),
        2,
        -MOST,
        MOST,
        "amount|totalamount|total|amounttotal|invoicetotal|bedrag|totaal"
        "|totaalbedrag|factuurbedrag|bedragincl|totaalincl|montant|montantttc|totalttc|montanttotal|betrag|gesamtbetrag|brutto",
        required=True,
        example="1210,00",
        hint=_l("Below 0 for a credit note of the former program."),
    ),
    number(
        "paid",
        _l("Paid already"),
        2,
        -MOST,
        MOST,
        "paid|paidamount|amountpaid|paidtodate|betaald|reedsbetaald|paye|dejapaye|montantpaye|dejaregle|bezahlt",
        example="210,00",
    ),
    number(
        "due",
        _l("Amount due"),
        2,
        -MOST,
        MOST,
        "amountdue|balance|balancedue|residual|amountresidual|openamount|outstanding"
        "|openstaand|openstaandbedrag|openbedrag|saldo|tebetalen|resteapayer|solde|restedu|montantdu|restant|offen|offenerbetrag"
        "|restbetrag",
        example="1000,00",
        hint=_l("One of both; neither: all of it is due."),
    ),
    currency("currency", _l("Currency"), "currency|currencycode|munt|valuta|devise|wahrung|currencyid", CURRENCIES),
    number(
        "exchange_rate",
        _l("Exchange rate"),
        10,
        0,
        1_000_000,
        "rate|exchangerate|wisselkoers|koers|tauxdechange|taux|wechselkurs",
        hint=_l("EUR for one unit; only where the currency is not EUR."),
    ),
    text(
        "reference",
        _l("Customer's reference"),
        250,
        "customerreference|ponumber|purchaseorder|yourreference|uwreferentie|referentie"
        "|votrereference|reference|referenceclient|bestellnummer|ihrereferenz|refclient|paymentref",
    ),
    text(
        "structured_message",
        _l("Payment reference"),
        30,
        "structuredmessage|structuredcommunication|gestructureerdemededeling"
        "|mededeling|ogm|vcs|communicationstructuree|communication|paymentreference|zahlungsreferenz",
        example="+++278/7810/35591+++",
    ),
)
_COMPARED = ("document_date", "due_date", "currency", "total", "due")


class OpenInvoiceJudge:
    """A document is found by its number and customer; one that is there already is never changed."""

    def __init__(
        self, reader: RowReader, company: Company, *, on: dt.date, run_id: int, actor_id: int, today: dt.date
    ) -> None:
        self.reader, self.on, self.run_id, self.actor_id, self.today = reader, on, run_id, actor_id, today
        self.finder = CustomerFinder(reader, company.country_code)
        self.labels = {one.name: str(one.label) for one in FIELDS}
        self.seen = Seen()

    def stamp(self) -> tuple[Any, ...]:
        """Customers, and the documents that were taken over or undone."""
        undone = session.scalar(sa.select(sa.func.count(TakenOver.undone_entry_id)))
        return (*stamp_of(Customer, TakenOver), undone)

    def judge(self, rows: Sequence[Row]) -> list[Judged]:
        """Five queries for a lot at most."""
        self.finder.load(rows)
        customers = {row.number: self.finder.find(row) for row in rows}
        ids = {customer_id for customer_id in customers.values() if customer_id}
        names = names_of(ids)
        numbers = {row.values["number"] for row in rows if "number" in row.values}
        query = sa.select(TakenOver).where(
            TakenOver.number.in_(numbers), TakenOver.customer_id.in_(ids), TakenOver.undone_entry_id.is_(None)
        )
        known = {(row.customer_id, row.number): row for row in session.scalars(query)} if ids and numbers else {}
        judged = [self._judge(row, customers[row.number], names, known) for row in rows]
        session.expunge_all()
        return judged

    def _judge(
        self,
        row: Row,
        customer_id: int | None,
        names: dict[int, str],
        known: dict[tuple[int, str], TakenOver],
    ) -> Judged:
        number_text = row.values.get("number", "")
        label = " · ".join(filter(None, (number_text, names.get(customer_id or 0, ""))))
        if customer_id and number_text:
            problem = self.seen.problem((customer_id, number_text), row, self.reader.column_of("number"), number_text)
            if problem:
                row.problems.append(problem)
        values = None
        if not row.problems and customer_id:
            try:
                values = taken_over.checked(self._values(row, customer_id), on=self.on)
            except DomainError as error:
                row.problems.append(self._problem(row, str(error), error.field or ""))
        if values is None or customer_id is None:
            return Judged(row.number, Fate.ERROR, label, problems=tuple(row.problems))
        existing = known.get((customer_id, number_text))
        if existing is None:
            return Judged(row.number, Fate.NEW, label, plan=values)
        if other := next((name for name in _COMPARED if getattr(existing, name) != getattr(values, name)), None):
            sentence = _(
                "Taken over already, with %(due)s due of %(total)s: undo that import first, or leave this row out.",
                due=money(existing.due),
                total=money(existing.total),
            )
            return Judged(row.number, Fate.ERROR, label, problems=(self._problem(row, sentence, other),))
        return Judged(row.number, Fate.UNCHANGED, label)

    def _values(self, row: Row, customer_id: int) -> TakenOverValues:
        given = row.values
        total, paid, due = given["total"], given.get("paid"), given.get("due")
        if due is None:
            due = total - (paid or Decimal(0))
        elif paid is not None and total - paid != due:
            sentence = _(
                "%(total)s less %(paid)s is not %(due)s.", total=money(total), paid=money(paid), due=money(due)
            )
            raise DomainError(sentence, "due")
        return TakenOverValues(
            customer_id=customer_id,
            number=given["number"],
            document_date=given["document_date"],
            due_date=given.get("due_date"),
            total=total,
            due=due,
            currency=given.get("currency", "EUR"),
            exchange_rate=given.get("exchange_rate"),
            reference=given.get("reference", ""),
            structured_message=given.get("structured_message", ""),
        )

    def _problem(self, row: Row, sentence: str, name: str) -> Problem:
        if name == "due" and "due" not in row.texts and "paid" in row.texts:
            name = "paid"
        return Problem(self.reader.column_of(name, self.labels.get(name, "")), row.texts.get(name, ""), sentence)

    def write(self, judged: Sequence[Judged], progress: Callable[[int], None]) -> None:
        """Posted by the owner of invoices."""
        documents = [one.plan for one in judged if one.fate is Fate.NEW]
        if documents:
            taken_over.take_over(
                documents,
                on=self.on,
                import_id=self.run_id,
                actor_id=self.actor_id,
                today=self.today,
                progress=progress,
            )
