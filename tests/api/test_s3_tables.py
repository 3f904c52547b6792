"""S3's field tables: each field at its limit, past it, of a wrong type, and what the system owns. No database."""

from decimal import Decimal
from typing import Any

import pytest
from marshmallow import ValidationError

from fsm.api import invoice_fields as known
from fsm.api.addresses import AddressSchema
from fsm.api.beside import RecipientSchema
from fsm.api.fields import Wire, WireSchema, messages
from fsm.api.routes import stripped
from fsm.app import create_app

# (field, values that are taken, values that are refused); the limits as S3's tables print them.
INVOICE: tuple[tuple[str, tuple[Any, ...], tuple[Any, ...]], ...] = (
    ("external_invoice_id", ("x" * 50, ""), ("x" * 51, ["x"])),
    ("client_id", (1, "1001", 560.0), (0, -1, "x", 1.5, 2**63, True)),
    ("number", ("x" * 255,), ("x" * 256,)),
    ("layout_id", (8001,), ("default",)),
    ("reference", ("x" * 250,), ("x" * 251,)),
    ("date", ("2012-02-15",), ("15/02/2012", "2012-02-30", "2012-2-15", 20120215)),
    ("date_delivery", ("2012-02-15",), ("2012-02-15T00:00",)),
    ("days_due", (0, 999, "10"), (-1, 1000, "ten", 1.5)),
    ("discount_percentage", (0, 100, "5.25", 5.25), (-1, 100.01, "5.255", "x")),
    ("cash_discount_percentage", ("0", "99.99"), ("100.01", "0.001")),
    ("cash_discount_days_valid", (0, 100), (101, -1, "8.5")),
    ("currency", ("EUR", "USD"), ("eur", "EURO", 1)),
    ("exchange_rate", ("1", "0.9174311927"), ("0", "-1", "0.12345678901")),
    ("show_tax_for_exchange_rate", ("yes", "no", True), ("maybe", 2)),
    ("language", ("dutch", "french", "english", "german"), ("spanish", "nl", 1)),
    ("tax_calculation", ("total", "item"), ("line",)),
    ("tax_included", ("yes", "no", True, False), ("y",)),
    ("outstanding_balance", ("100.00", -5), ("1.005", "x")),
    ("structured_message", ("278781035591",), ("27878103559", "+++278/7810/35591+++")),
    ("automatic_reminders", ("yes", "no"), ("later",)),
    ("note", ("x" * 2000,), ("x" * 2001,)),
    ("note_html", (f"<p>{'x' * 1993}</p>",), ("x" * 2001,)),
    ("client_name", ("IT Services BVBA",), (["x"],)),
    ("client_attention", ("",), ({},)),
    ("billing_address", ({"country_code": "BE"},), ("Gent", {"city": "Gent"})),
    ("items", ([],), ("x", [1])),
    ("costs", ([{"amount": "5.00"}],), ([{}], {"amount": 5})),
)
ITEM = (
    ("amount", ("9999999.9999", "-100", 100), ("10000000", "1.00001", "x", None)),
    ("amount_with_tax", ("9999999.9999",), ("10000000.00",)),
    ("quantity", ("999999.99", "-1", 1), ("1000000", "0.001", "one")),
    ("unit", ("piece", "x" * 10), ("x" * 11, "1x", "a b")),
    ("stockitem_code", ("x" * 20,), ("x" * 21,)),
    ("description", ("x" * 10_000,), ("x" * 10_001, 5.5j)),
    ("description_html", (f"<p>{'x' * 9_993}</p>",), ("x" * 10_001, [])),
    ("stockitem_id", (2002,), (0, "A1")),
    ("quantity_with_unit", ("2 piece",), ("x" * 31, 2.5j)),
    ("custom_values", ([{"name": "ean", "value": "1"}],), ([{"value": "1"}], "ean")),
    ("tax_rate", ("21", 0, "5.5"), (-1, 101, "x")),
    ("tax_rate_special_status", ("x" * 20,), ("x" * 21,)),
    ("general_ledger_account", ("700000", "70000000"), ("70000", "700000000", "70000a")),
)
PAYMENT = (
    ("date", ("2012-02-15",), ("yesterday",)),
    ("amount", ("25.00", "-25"), ("25.001",)),
    (
        "method",
        ("transfer", "cash", "debit card", "credit card", "direct collection", "online", "bancontact", "ideal"),
        ("cheque",),
    ),
    ("description", ("x" * 255,), ("x" * 256,)),
    ("remaining_amount", ("yes",), ("no", True)),
)
COST = (
    ("amount", ("5.00", 5), ("", "x", None, "5.001", [5])),
    ("description", ("x" * 30, ""), ("x" * 31, 5.5j)),
)
REMARK = (
    ("date", ("2012-02-15",), ("x",)),
    ("description", ("x",), ({},)),
    ("description_html", ("<p>x</p>",), ("x" * 10_001,)),
)
CUSTOM_VALUE = (("name", ("myreference",), ("",)), ("value", ("x" * 75,), ("x" * 76,)))
ADDRESS = (
    ("street", ("x" * 150, ""), ("x" * 151,)),
    ("street2", ("x" * 150,), ("x" * 151,)),
    ("city", ("x" * 50,), ("x" * 51,)),
    ("postal_code", ("x" * 10,), ("x" * 11,)),
    ("country_code", ("BE",), ("be", "BEL", "")),
)
TABLES: tuple[tuple[WireSchema, Any], ...] = (
    (known.INVOICE, INVOICE),
    (known.ITEM, ITEM),
    (known.PAYMENT, PAYMENT),
    (known.COST, COST),
    (known.REMARK, REMARK),
    (known.CustomValueSchema(), CUSTOM_VALUE),
    (AddressSchema(), ADDRESS),
)
SYSTEM = {
    "invoices": (
        *("invoice_id", "uri", "client_uri", "type", "status", "days_overdue", "date_overdue", "last_activity", "tags"),
        *("cash_discount_date_valid", "discount_total_without_tax", "total_refundable_deposit", "total_without_tax"),
        *("tax_rate_1", "total_tax_1", "tax_rate_2", "total_tax_2", "tax_rate_3", "total_tax_3", "events"),
        *("cash_discount_total", "discount_total_with_tax", "total_with_tax", "total_costs", "total_paid"),
        "total_refundable_discount",
    ),
    "items": ("item_id", "invoice_id", "uri", "total_without_tax", "total_with_tax"),
    "payments": ("payment_id", "invoice_id", "uri"),
    "costs": ("cost_id", "invoice_id", "uri"),
    "remarks": ("remark_id", "invoice_id", "uri"),
    "events": ("event_id", "invoice_id", "uri", "date", "type", "content", "recipients"),
    "recipients": ("name", "email_address", "external_event_recipient_id", "status", "information"),
    "tags": ("tag_id", "name"),
    "custom_values": ("description",),
    "addresses": ("country",),
}
SCHEMAS: dict[str, WireSchema] = {
    "invoices": known.INVOICE,
    "items": known.ITEM,
    "payments": known.PAYMENT,
    "costs": known.COST,
    "remarks": known.REMARK,
    "events": known.EVENT,
    "recipients": RecipientSchema(),
    "tags": known.TagSchema(),
    "custom_values": known.CustomValueSchema(),
    "addresses": AddressSchema(),
}
# The names of S3's tables, in their order. Beside them stand ours, and a misprint of its example.
TABLES_OF_S3 = {
    "invoices": """
        invoice_id uri external_invoice_id client_id client_uri client_name client_attention type number layout_id
        reference date date_delivery status days_due days_overdue date_overdue billing_address delivery_address
        site_address discount_percentage cash_discount_percentage cash_discount_days_valid cash_discount_date_valid
        currency exchange_rate show_tax_for_exchange_rate language tax_calculation tax_included items
        discount_total_without_tax total_refundable_deposit total_without_tax tax_rate_1 total_tax_1 tax_rate_2
        total_tax_2 tax_rate_3 total_tax_3 cash_discount_total discount_total_with_tax total_with_tax total_costs
        total_paid outstanding_balance structured_message automatic_reminders note note_html last_activity tags
        custom_values payments costs remarks events""",
    "items": """
        item_id invoice_id uri amount amount_with_tax quantity unit stockitem_code stockitem_id quantity_with_unit
        description description_html total_without_tax tax_rate tax_rate_special_status total_with_tax
        general_ledger_account custom_values""",
    "payments": "payment_id invoice_id uri date amount method description remaining_amount",
    "costs": "cost_id invoice_id uri amount description",
    "remarks": "remark_id invoice_id uri date description description_html",
    "events": "event_id invoice_id uri date type content recipients",
    "recipients": "name email_address external_event_recipient_id status information",
    "tags": "tag_id name",
    "custom_values": "name description value",
    "addresses": "street street2 city postal_code country country_code",
}
OURS = {"invoices": {"total_refundable_discount", "state", "credited_number", "credited_date"}}


def _cases(*, taken: bool) -> list[Any]:
    return [
        pytest.param(schema, name, value, id=f"{type(schema).__name__}-{name}-{str(value)[:12]}")
        for schema, table in TABLES
        for name, good, bad in table
        for value in (good if taken else bad)
    ]


@pytest.fixture(scope="module", autouse=True)
def context(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Sentences are looked up in an application; no database is opened."""
    app = create_app(DATA_FOLDER=tmp_path_factory.mktemp("x"), SECRET_KEY="x", SQLALCHEMY_DATABASE_URI="sqlite://")
    with app.test_request_context():
        yield


@pytest.mark.parametrize(("schema", "name", "value"), _cases(taken=True))
def test_up_to_its_limit_a_value_is_taken(schema: WireSchema, name: str, value: Any) -> None:
    if isinstance(value, float):
        value = Decimal(str(value))  # as a body is read
    schema.load({name: value}, partial=True)


@pytest.mark.parametrize(("schema", "name", "value"), _cases(taken=False))
def test_past_it_or_of_a_wrong_type_it_is_refused_by_name(schema: WireSchema, name: str, value: Any) -> None:
    if isinstance(value, float):
        value = Decimal(str(value))
    with pytest.raises(ValidationError) as refused:
        schema.load({name: value}, partial=True)
    assert messages(refused.value.messages)[0].startswith((f"{name} ", f"{name}.", f"{name}["))


@pytest.mark.parametrize("table", TABLES_OF_S3)
def test_all_fields_of_a_table_and_no_others(table: str) -> None:
    names = TABLES_OF_S3[table].split()
    assert set(SCHEMAS[table].fields) - OURS.get(table, set()) == set(names)
    shown = [name for name in SCHEMAS[table].dump_fields if name in names]
    if table == "invoices":  # in S3's own order; its example has the others in an order of its own too
        assert [name for name in shown if name not in {"custom_values", "tags"}] == [
            name for name in names if name not in {"custom_values", "tags"}
        ]


@pytest.mark.parametrize("table", SYSTEM)
def test_what_the_system_owns_is_dropped(table: str) -> None:
    schema = SCHEMAS[table]
    assert {name for name, field in schema.fields.items() if field.dump_only} == set(SYSTEM[table])
    for name in SYSTEM[table]:
        assert schema.fields[name].dump_only, name
        assert stripped(schema, {name: "anything"}) == {}


@pytest.mark.parametrize(("schema", "names"), [(known.INVOICE, {"client_id"}), (known.COST, {"amount"})])
def test_what_is_needed(schema: WireSchema, names: set[str]) -> None:
    with pytest.raises(ValidationError) as refused:
        schema.load({})
    assert set(refused.value.messages) == names


def test_what_is_only_given_is_never_shown() -> None:
    hidden = {name for name, field in known.ITEM.fields.items() if field.load_only}
    assert hidden == {"stockitem_id", "quantity_with_unit"}
    assert all(isinstance(field, Wire) for field in known.INVOICE.fields.values())
