"""Journal entries of documents: the rows of accounting.md 5, with its figures. Pure."""

import datetime as dt
from decimal import Decimal as D

from fsm.company import charts
from fsm.documents.totals import LineIn, TaxKey, Terms, compute
from fsm.invoices.figures import signed_taxes
from fsm.invoices.posting import Credited, Issued, entries, revenue_of
from fsm.ledger.posting import netted

BE = charts.load("be_pcmn").roles
KEY_21 = TaxKey(D(21))
DAY = dt.date(2026, 3, 20)
PLAIN = Terms()


def issued(
    lines: list[tuple[str, LineIn]],
    terms: Terms = PLAIN,
    *,
    is_credit_note: bool = False,
    currency: str = "EUR",
    exchange_rate: D = D(1),
) -> Issued:
    totals = compute([line for _account, line in lines], terms)
    return Issued(
        invoice_id=1,
        is_credit_note=is_credit_note,
        number="FA-2600001",
        customer_id=1,
        client_name="Peeters",
        on=DAY,
        due_date=DAY,
        currency=currency,
        exchange_rate=exchange_rate,
        total_with_tax=totals.total_with_tax,
        revenue=revenue_of(
            [
                (account, row.key, row.net_after_discount)
                for (account, _line), row in zip(lines, totals.lines, strict=True)
            ]
        ),
        taxes=signed_taxes(totals, 1),
        grids={row.key: "03" for row in totals.taxes},
        tax_grid="54",
    )


def booked(document: Issued, credited: Credited | None = None) -> list[list[tuple[str, D, D]]]:
    """(account, debit, credit) of each entry's lines."""
    return [
        [(line.account, max(line.value, D(0)), max(-line.value, D(0))) for line in netted(draft)]
        for draft in entries(document, BE, credited)
    ]


def line(amount: str, quantity: str = "1", rate: int = 21, status: str = "") -> LineIn:
    return LineIn(quantity=D(quantity), amount=D(amount), tax_rate=D(rate), special_status=status)


def test_invoice_200_net() -> None:
    assert booked(issued([("705000", line("200"))])) == [
        [("400000", D("242.00"), 0), ("705000", 0, D("200.00")), ("451000", 0, D("42.00"))]
    ]


def test_revenue_by_each_lines_account() -> None:
    assert booked(issued([("705000", line("150")), ("700000", line("50"))]))[0][1:] == [
        ("705000", 0, D("150.00")),
        ("700000", 0, D("50.00")),
        ("451000", 0, D("42.00")),
    ]


def test_the_same_with_5_percent_discount() -> None:
    assert booked(issued([("705000", line("200"))], Terms(discount_percentage=D(5)))) == [
        [("400000", D("229.90"), 0), ("705000", 0, D("190.00")), ("451000", 0, D("39.90"))]
    ]


def test_credit_note_on_an_open_invoice() -> None:
    credit = issued([("705000", line("100"))], is_credit_note=True)
    assert booked(credit, Credited(item_id=7, due=D(242), due_eur=D(242))) == [
        [("400000", 0, D("121.00")), ("705000", D("100.00"), 0), ("451000", D("21.00"), 0)]
    ]


def test_credit_note_beyond_the_amount_due_stands_on_its_own_item() -> None:
    credit = issued([("705000", line("100"))], is_credit_note=True)
    (draft,) = entries(credit, BE, Credited(item_id=7, due=D(50), due_eur=D(50)))
    items = {row.item if isinstance(row.item, int) else "own": row.value for row in netted(draft) if row.item}
    assert items == {7: D("-50.00"), "own": D("-71.00")}


def test_cash_discount_taken_is_taken_back_by_a_full_credit() -> None:
    terms = Terms(cash_discount_percentage=D(2))
    credit = issued([("700000", line("1000"))], terms, is_credit_note=True)
    assert credit.total_with_tax == D("1205.80")
    first, second = booked(credit, Credited(item_id=7, due=D(0), due_eur=D(0), discount_taken=D(20)))
    assert first == [("400000", 0, D("1205.80")), ("700000", D("1000.00"), 0), ("451000", D("205.80"), 0)]
    assert second == [("400000", D("20.00"), 0), ("657000", 0, D("20.00"))]


def test_half_of_it_credited_while_unpaid() -> None:
    terms = Terms(cash_discount_percentage=D(2))
    credit = issued([("700000", line("500"))], terms, is_credit_note=True)
    assert booked(credit, Credited(item_id=7, due=D("1205.80"), due_eur=D("1205.80"))) == [
        [("400000", 0, D("602.90")), ("700000", D("500.00"), 0), ("451000", D("102.90"), 0)]
    ]


def test_packaging() -> None:
    sold = issued([("700000", line("100")), ("488000", line("5", rate=0, status="DR"))])
    assert booked(sold) == [
        [("400000", D("126.00"), 0), ("700000", 0, D("100.00")), ("488000", 0, D("5.00")), ("451000", 0, D("21.00"))]
    ]
    back = issued([("488000", line("5", rate=0, status="DR"))], is_credit_note=True)
    assert booked(back) == [[("400000", 0, D("5.00")), ("488000", D("5.00"), 0)]]


def test_reverse_charge() -> None:
    assert booked(issued([("705000", line("1000", rate=0, status="MC"))])) == [
        [("400000", D("1000.00"), 0), ("705000", 0, D("1000.00"))]
    ]


def test_dollars() -> None:
    assert booked(issued([("705000", line("1000"))], currency="USD", exchange_rate=D("0.92"))) == [
        [("400000", D("1113.20"), 0), ("705000", 0, D("920.00")), ("451000", 0, D("193.20"))]
    ]


def test_revenue_takes_the_rounding_rest_of_a_currency() -> None:
    lines = [("705000", line("10.01")), ("700000", line("10.01"))]
    ((receivable, *others),) = booked(issued(lines, currency="USD", exchange_rate=D("0.333")))
    assert receivable[1] == sum(credit for _account, _debit, credit in others)


def test_a_document_of_nothing_keeps_its_receivable_line() -> None:
    free = issued([("705000", line("200"))], Terms(discount_percentage=D(100)))
    assert booked(free) == [[("400000", 0, 0)]]


def test_a_negative_line_stands_on_the_other_side_or_lowers_the_account() -> None:
    mixed = issued([("705000", line("200")), ("700000", line("50", quantity="-1"))])
    assert booked(mixed) == [
        [("400000", D("181.50"), 0), ("705000", 0, D("200.00")), ("700000", D("50.00"), 0), ("451000", 0, D("31.50"))]
    ]


def test_each_line_bears_its_grid() -> None:
    (draft,) = entries(issued([("705000", line("200"))]), BE)
    assert [row.grid for row in netted(draft)] == ["", "03", "54"]


def test_vat_key_of_the_figures() -> None:
    assert issued([("705000", line("200"))]).taxes[0].key == KEY_21
