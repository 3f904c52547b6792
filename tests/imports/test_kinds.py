"""What becomes of rows of each kind: found again, changed, refused; and what an import that is disturbed leaves behind."""

from decimal import Decimal as D
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from fsm.catalog.models import LaborRate, RateKind, StockItem
from fsm.core.audit import AuditChange
from fsm.core.db import session, writing
from fsm.core.errors import ConflictError
from fsm.customers.models import Customer, Equipment, Site
from fsm.home import checks
from fsm.imports import services, working
from fsm.imports.customer_rows import CustomerJudge
from fsm.imports.models import Fate, ImportKind, ImportState
from fsm.invoices import taken_over
from fsm.invoices.taken_over_models import TakenOver
from fsm.ledger import services as ledger
from fsm.payments import services as payments
from fsm.payments.receivables import PartValues
from tests import factories
from tests.imports import files
from tests.imports.doing import TODAY, balance, bring_in, dry_run, dump, fresh, problems_of, rows_of, work

pytestmark = pytest.mark.database
on_sqlite = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)


def csv_of(*lines: str) -> bytes:
    return "\n".join(lines).encode()


def twice(kind: ImportKind, data: bytes, new: int) -> None:
    """All rows are new, and the second time nothing is left to do."""
    run = bring_in(kind, data)
    assert (run.state, run.problem, run.counts["new"]) == (ImportState.DONE, "", new), problems_of(run)
    before = dump()
    again = bring_in(kind, data)
    assert again.counts["unchanged"] == again.row_count, [row.details for row in rows_of(again)]
    assert dump() == before


def test_everything_but_invoices(database: Flask) -> None:
    customers = csv_of("external_id;name;vat_number", "K1;Peeters;BE0403170701", "K2;Maes;")
    twice(ImportKind.CUSTOMERS, customers, 2)
    sites = csv_of(
        "external_id,customer_external_id,customer_name,name,street,is_private_dwelling,first_occupied_year,Lat,Lng",
        'S1,K1,,Boiler room,Kaai 1,ja,1980,51.05434217,"-0,717"',
        ",,Maes,Cellar,Kaai 2,nee,,,",
    )
    twice(ImportKind.SITES, sites, 2)
    equipment = csv_of(
        "site_external_id;customer_name;kind;serial;installed_on",
        "S1;;Boiler;V-1;31/12/2020",
        ";Maes;Pump;;13.02.2021",
    )
    twice(ImportKind.EQUIPMENT, equipment, 2)
    items = csv_of(
        "code;description;sale_price;tax_rate;account_number;tracked", 'F-1;"Filter; fine";1.012,5;21;700000;x'
    )
    twice(ImportKind.ITEMS, items, 1)
    rates = csv_of("name;kind;price;default", "Night;arbeid;95;ja", "Km;km;0,4250;", "Visit;call-out;45;")
    twice(ImportKind.LABOR_RATES, rates, 3)
    site = session.scalars(sa.select(Site).where(Site.external_id == "S1")).one()
    assert (site.customer.name, site.is_private_dwelling, site.first_occupied_year) == ("Peeters", True, 1980)
    assert (site.latitude, site.longitude) == (D("51.054342"), D("-0.717"))
    machines = session.scalars(sa.select(Equipment).order_by(Equipment.id)).all()
    assert [(one.kind, one.site.name) for one in machines] == [("Boiler", "Boiler room"), ("Pump", "Cellar")]
    item = session.scalars(sa.select(StockItem)).one()
    assert (item.sale_price, item.tax_rate, item.is_stock_tracked) == (D("1012.5"), D(21), True)
    defaults = session.scalars(sa.select(LaborRate).where(LaborRate.is_default)).all()
    assert {rate.kind for rate in defaults} == {RateKind.LABOR, RateKind.DISTANCE, RateKind.CALL_OUT}


def test_changes_are_shown_field_by_field_and_audited(database: Flask) -> None:
    bring_in(ImportKind.CUSTOMERS, csv_of("external_id;name;days_due;phone", "K1;Peeters;30;09 1"))
    run = bring_in(ImportKind.CUSTOMERS, csv_of("external_id;name;days_due;phone", "K1;Peeters & Zn;14;"))
    (row,) = rows_of(run, Fate.CHANGED)
    assert row.details["changes"] == [
        {"field": "Name", "before": "Peeters", "after": "Peeters & Zn"},
        {"field": "Payment term", "before": "30", "after": "14"},
    ]
    customer = session.scalars(sa.select(Customer)).one()
    assert (customer.name, customer.days_due, customer.phone, customer.version) == ("Peeters & Zn", 14, "09 1", 2)
    change = session.scalars(sa.select(AuditChange).order_by(AuditChange.id.desc()).limit(1)).one()
    assert (change.table_name, change.action, change.before) == (
        "customer",
        "update",
        {"name": "Peeters", "days_due": 30, "sort_key": "peeters"},
    )
    assert change.actor_id == run.created_by_id


@on_sqlite
def test_by_what_a_customer_is_found(database: Flask) -> None:
    with writing():
        factories.make_customer(name="By number", vat_number="BE0403170701")
        factories.make_customer(name="By name", billing_postal_code="8000")
        factories.make_customer(name="Twin")
        factories.make_customer(name="Twin")
    head = "external_id;name;vat_number;billing_postal_code"
    run = dry_run(
        ImportKind.CUSTOMERS,
        csv_of(
            head, "K1;New name;0403.170.701;9000", "K2;By name;;8000", "K3;By name;;9999", ";Twin;;9000", "K3;Other;;"
        ),
    )
    by_row = {row.number: row for row in rows_of(run)}
    assert [by_row[number].fate for number in range(2, 7)] == [
        Fate.CHANGED,
        Fate.CHANGED,
        Fate.NEW,
        Fate.ERROR,
        Fate.ERROR,
    ]
    assert "Found by name and postal code" in by_row[3].details["warnings"][0]
    assert problems_of(run) == [
        (5, "name", "Several customers here fit: give their numbers in the former program."),
        (6, "external_id", "Row 4 is about the same."),
    ]
    same = csv_of(head, "A;Branch 1;BE0403170701;", "B;Branch 2;BE0403170701;")
    run = bring_in(ImportKind.CUSTOMERS, same)
    assert (run.counts["changed"], run.counts["new"], run.counts["warnings"]) == (1, 1, 1)
    assert bring_in(ImportKind.CUSTOMERS, same).counts["unchanged"] == 2


@on_sqlite
@pytest.mark.parametrize(
    ("kind", "head", "line", "column", "words"),
    [
        (
            ImportKind.ITEMS,
            "code;description;sale_price;account_number",
            "A;B;1;123456",
            "account_number",
            "not in the chart",
        ),
        (ImportKind.ITEMS, "code;description;sale_price;account_number", "A;B;1;12", "account_number", "6 to 8 digits"),
        (ImportKind.ITEMS, "code;description;sale_price;unit", "A;B;1;a b", "unit", "A unit starts with a letter"),
        (ImportKind.ITEMS, "code;description;sale_price;tax_rate", "A;B;1;20", "tax_rate", "none of the company's"),
        (ImportKind.ITEMS, "code;description;sale_price", "A;B;-1", "sale_price", "Between 0 and"),
        (ImportKind.ITEMS, "code;description;sale_price;special_status", "A;B;1;MC", "special_status", "with 0 % only"),
        (ImportKind.LABOR_RATES, "name;kind;price", "A;dance;1", "kind", "none of the words"),
        (ImportKind.SITES, "customer_name;name", "Nobody;A", "customer_name", "There is no such customer"),
        (
            ImportKind.SITES,
            "customer_name;name;first_occupied_year",
            "Peeters;A;2900",
            "first_occupied_year",
            "between",
        ),
        (ImportKind.SITES, "customer_name;name;latitude;longitude", "Peeters;A;90,1;4", "latitude", "-90 and 90"),
        (ImportKind.SITES, "customer_name;name;latitude;longitude", "Peeters;A;51;-181", "longitude", "-180 and 180"),
        (ImportKind.SITES, "customer_name;name;latitude;longitude", "Peeters;A;51;", "longitude", "and a longitude"),
        (ImportKind.SITES, "customer_name;name;latitude", "Peeters;A;51.05", "Longitude", "and a longitude"),
        (ImportKind.SITES, "customer_name;name;lat;lon", "Peeters;A;51°3'N;3", "lat", "Write degrees"),
        (ImportKind.EQUIPMENT, "customer_name;kind", "Peeters;Boiler", "Site: name", "no such site at this customer"),
    ],
)
def test_rules_of_the_forms_hold(
    database: Flask, kind: ImportKind, head: str, line: str, column: str, words: str
) -> None:
    with writing():
        factories.make_customer(name="Peeters")
    run = dry_run(kind, csv_of(head, line))
    ((row, where, sentence),) = problems_of(run)
    assert (row, where) == (2, column)
    assert words in sentence


def test_rows_in_error_are_left_out_where_that_is_ticked(database: Flask) -> None:
    run = bring_in(ImportKind.ITEMS, csv_of("code;description;sale_price", "A;B;1", "C;;2"), leaves_out_errors=True)
    assert run.state is ImportState.DONE
    assert session.scalars(sa.select(StockItem.code)).all() == ["A"]


def test_what_changed_since_the_dry_run_is_shown_first(database: Flask) -> None:
    run = dry_run(ImportKind.ITEMS, csv_of("code;description;sale_price", "A;B;1"))
    with writing():
        factories.make_item(code="A", description="Made meanwhile")
        services.start(run.id, leaves_out_errors=False)
    work()
    run = fresh(run.id)
    assert (run.state, run.counts["changed"], run.counts["new"]) == (ImportState.CHECKED, 1, 0)
    assert "has changed since the dry run" in run.problem
    assert session.scalars(sa.select(StockItem.description)).one() == "Made meanwhile"


def test_what_changes_while_the_rows_are_judged_is_seen(database: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the long reading and the short write somebody makes one of the customers."""
    run = dry_run(ImportKind.CUSTOMERS, files.customers(3))
    with writing():
        services.start(run.id, leaves_out_errors=False)
    judge_all, calls = working._judge_all, []

    def disturbed(*arguments: Any) -> Any:
        found = judge_all(*arguments)
        if not calls:
            with writing():
                factories.make_customer(external_id="K-00001")
        calls.append(1)
        return found

    monkeypatch.setattr(working, "_judge_all", disturbed)
    work()
    run = fresh(run.id)
    assert run.state is ImportState.CHECKED
    assert (run.counts["changed"], run.counts["new"]) == (1, 2)
    assert session.scalar(sa.select(sa.func.count(Customer.id))) == 1


def test_killed_in_the_middle_nothing_is_there_and_a_second_worker_brings_all(
    database: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring_in(ImportKind.CUSTOMERS, files.customers(20))
    owed = files.invoices(30, 20)
    run = dry_run(ImportKind.OPEN_INVOICES, owed, date_format="day_first")
    with writing():
        services.start(run.id, leaves_out_errors=False)
    before = dump()

    class KilledError(BaseException):
        """As a process that is no more: no handler of exceptions sees it."""

    post = ledger.post

    def killed(*arguments: Any, **more: Any) -> Any:
        post(*arguments, **more)
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(taken_over.ledger, "post", killed)
        with pytest.raises(KilledError):
            working.import_all(run.id, today=TODAY)
    assert dump() == before
    assert fresh(run.id).state is ImportState.IMPORTING
    work()
    assert fresh(run.id).state is ImportState.DONE
    session.expire_all()
    assert balance("499000") == -files.due(owed)
    assert checks.run() == []


def test_a_run_that_was_stopped_writes_no_more(database: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    found, packed = services.store(files.customers(5).data())
    with writing():
        run = services.create(ImportKind.CUSTOMERS, found, packed, file_name="x.csv", actor_id=1, locale="en")
        services.choose(
            run.id, services.Choices.of(run.choices | {"number_format": "comma", "date_format": "iso"}), today=TODAY
        )
    judge = CustomerJudge.judge

    def stopped(self: CustomerJudge, rows: Any) -> Any:
        with writing():
            services.back_to_columns(run.id)
        return judge(self, rows)

    monkeypatch.setattr(CustomerJudge, "judge", stopped)
    work()
    run = fresh(run.id)
    assert (run.state, run.problem, rows_of(run)) == (ImportState.MAPPING, "", [])


def test_an_import_of_open_invoices_is_undone_as_a_whole(database: Flask) -> None:
    bring_in(ImportKind.CUSTOMERS, files.customers(5))
    owed = files.invoices(9, 5)
    run = bring_in(ImportKind.OPEN_INVOICES, owed, date_format="day_first")
    item = session.scalars(sa.select(taken_over.OpenItem).where(taken_over.OpenItem.source_number == "2025/0003")).one()
    with writing():
        values = payments.RegisterValues(paid_on=TODAY, parts=[PartValues(open_item_id=item.id)])
        paid = payments.register(values, actor_id=1, today=TODAY).id
    with pytest.raises(ConflictError, match="2025/0003 has been paid or credited since"), writing():
        services.undo(run.id, actor_id=1, today=TODAY)
    with writing():
        payments.undo(paid, actor_id=1, today=TODAY)
        assert services.undo(run.id, actor_id=1, today=TODAY) == 9
    session.expire_all()
    assert (fresh(run.id).state, balance("499000")) == (ImportState.UNDONE, 0)
    again = bring_in(ImportKind.OPEN_INVOICES, owed, date_format="day_first")
    assert again.counts["new"] == 9
    assert session.scalar(sa.select(sa.func.count(TakenOver.id))) == 18
    assert checks.run() == []


@on_sqlite
def test_a_document_taken_over_with_other_figures_is_refused(database: Flask) -> None:
    bring_in(ImportKind.CUSTOMERS, files.customers(2))
    owed = files.invoices(2, 2)
    bring_in(ImportKind.OPEN_INVOICES, owed, date_format="day_first")
    owed.rows[1][4] = "999,00"
    run = dry_run(ImportKind.OPEN_INVOICES, owed, date_format="day_first")
    ((row, column, sentence),) = problems_of(run)
    assert (row, column, run.counts["unchanged"]) == (3, "Bedrag", 1)
    assert "Taken over already" in sentence
