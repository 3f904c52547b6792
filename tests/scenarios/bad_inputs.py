"""What people type wrong, as a table: where, what, and the sentence that answers, with its place."""

import base64
from dataclasses import dataclass
from typing import Any

from fsm.users.models import Role

TOO_LARGE = 2**63


@dataclass(frozen=True)
class Bad:
    """What is typed on which page, and what it answers: the sentence, below a field, in a notice, or on a page of its own."""

    what: str
    page: str
    button: str
    typed: dict[str, Any]
    place: str
    sentence: str
    status: int = 422
    role: Role = Role.OFFICE


DRAFT, REVIEW = "/invoices/{draft}/edit", "Review and post"
PAY, CREDIT = "/payments/register?invoice_id={posted}", "/invoices/{posted}/credit"
TIME, PART = "/service-orders/{order}/log-time", "/service-orders/{order}/add-part"
HOURS = {"start_at": "2026-03-03T08:00", "end_at": "2026-03-03T10:00"}
NEW_CUSTOMER = {"name": "Garage Maes", "is_subject_to_vat": "y"}

TABLE = (
    # VAT number
    Bad("customer", "/customers/new", "Save customer", NEW_CUSTOMER | {"vat_number": "BE0403170702"}, "vat_number",
        "BE0403170702 is not a valid VAT number: check its digits and its country."),
    Bad("customer's enterprise number", "/customers/new", "Save customer",
        NEW_CUSTOMER | {"enterprise_number": "0403170702"}, "enterprise_number",
        "0403170702 is not a valid enterprise number: check its digits."),
    Bad("own", "/settings/company", "Save settings", {"vat_number": "BE0403170700"}, "vat_number",
        "BE0403170700 is not a valid VAT number", role=Role.ADMINISTRATOR),
    # IBAN
    Bad("bank account", "/settings/bank-accounts/new", "Save",
        {"name": "Second", "iban": "BE68539007547035", "account_number": "550001"}, "iban",
        "BE68539007547035 is not a valid IBAN: check its digits.", role=Role.ADMINISTRATOR),
    # date
    Bad("of an invoice", DRAFT, REVIEW, {"invoice_date": "2026-02-30"}, "invoice_date", "This is not a date."),
    Bad("of a payment", PAY, "Register payment", {"paid_on": "31/12/2026"}, "paid_on", "This is not a date."),
    Bad("of a payment, missing", PAY, "Register payment", {"paid_on": ""}, "paid_on", "The date is missing."),
    Bad("of a payment, in the future", PAY, "Register payment", {"paid_on": "2099-01-01"}, "paid_on",
        "A payment is not dated after today."),
    Bad("of a payment, before its invoice", PAY, "Register payment", {"paid_on": "2026-03-09"}, "paid_on",
        "FA-2600001 is dated 10 Mar 2026."),
    Bad("of an hour", TIME, "Log time", HOURS | {"start_at": "yesterday"}, "start_at",
        "This is not a date and time."),
    Bad("of a visit", "/service-orders/{order}/schedule", "Plan visit",
        {"start_at": "2026-13-01T08:00", "end_at": ""}, "start_at", "This is not a date and time."),
    # three decimals
    Bad("payment", PAY, "Register payment", {"amount": "10.005"}, "amount", "At most 2 decimals."),
    Bad("line's price, five", DRAFT, REVIEW, {"lines-0-amount": "1.00005"}, "lines-0-amount", "At most 4 decimals."),
    Bad("line's quantity", DRAFT, REVIEW, {"lines-0-quantity": "1.005"}, "lines-0-quantity", "At most 2 decimals."),
    Bad("discount", DRAFT, REVIEW, {"discount_percentage": "5.005"}, "discount_percentage", "At most 2 decimals."),
    Bad("refund", "/payments/refund?open_item_id={credit_item}", "Register refund", {"amount": "1.005"}, "amount",
        "At most 2 decimals."),
    # ten digits
    Bad("line's quantity", DRAFT, REVIEW, {"lines-0-quantity": "1234567890"}, "lines-0-quantity",
        "Between -999999.99 and 999999.99."),
    Bad("line's price", DRAFT, REVIEW, {"lines-0-amount": "1234567890"}, "lines-0-amount", "Between"),
    Bad("part", PART, "Add part", {"description": "Valve", "quantity": "1234567890", "unit_price": "1"}, "quantity",
        "Between 0.01 and 999999.99."),
    Bad("part of the list", PART + "?q=FLT", "Add", {"quantity": "1234567890"}, "quantity-{item}",
        "Between 0.01 and 999999.99.", role=Role.TECHNICIAN),
    Bad("credit", CREDIT, "Review credit note", {"quantity-{line}": "1234567890", "releases_work": "no"},
        "quantity-{line}", "Between 0 and 1."),
    # negative hours
    Bad("end before start", TIME, "Log time", HOURS | {"end_at": "2026-03-03T07:00"}, "end_at",
        "The end comes before the start."),
    Bad("nothing between", TIME, "Log time", HOURS | {"end_at": "2026-03-03T08:00"}, "end_at",
        "The end comes before the start."),
    Bad("billable", TIME, "Log time", HOURS | {"billable_minutes": "-30"}, "billable_minutes",
        "Number must be between 0 and 1440."),
    Bad("in the future", TIME, "Log time", HOURS | {"end_at": "2099-01-01T08:00"}, "end_at",
        "This is in the future."),
    Bad("overlapping", TIME, "Log time", {"start_at": "2026-03-02T09:30", "end_at": "2026-03-02T11:00"}, "start_at",
        "This overlaps with the time on {order_number}"),
    Bad("by the one who works", TIME, "Log time", HOURS | {"end_at": "2026-03-03T07:00"}, "end_at",
        "The end comes before the start.", role=Role.TECHNICIAN),
    # an order without work
    Bad("done", "/service-orders/{empty_order}/finish", "Done, invoice later",
        {"report": "Looked at it.", "no_signature_reason": "Nobody there."}, "nothing_to_bill_reason",
        "There is neither time nor a part: log some, or say why not."),
    # an unknown rate
    Bad("VAT", DRAFT, REVIEW, {"lines-0-tax_rate": "19"}, "lines-0-tax_rate", "Not a valid choice."),
    Bad("labor", TIME, "Log time", HOURS | {"labor_rate_id": "4711"}, "labor_rate_id", "Not a valid choice."),
    # posting
    Bad("into a closed period", "/invoices/{draft_closed}/post", "", {}, "notice", "The period 2025-11 is closed."),
    Bad("before the last number's date", "/invoices/{draft_early}/post", "", {}, "notice",
        "The last number of this series bears the date 2026-03-10; nothing may be dated before it.", status=409),
    Bad("in the future", "/invoices/{draft_late}/post", "", {}, "notice",
        "A document may not be dated in the future."),
    Bad("without a line", "/invoices/{draft_empty}/post", "", {}, "notice", "There is no line yet."),
    # paying more than is due
    Bad("more than is due", PAY, "Register payment", {"amount": "1210.01"}, "amount",
        '1,210.01 is more than the 1,210.00 due: tick "keep the rest on account" to take all of it.'),
    Bad("nothing", PAY, "Register payment", {"amount": "0"}, "amount", "The amount must be above 0."),
    Bad("cash above the legal limit", "/payments/register?customer_id={customer}", "Register payment",
        {"amount": "3000.01", "method": "cash"}, "amount", "The law allows at most EUR 3,000.00 in cash."),
    Bad("refunded beyond what there is", "/payments/refund?open_item_id={credit_item}", "Register refund",
        {"amount": "121.01"}, "amount", "121.01 is more than the 121.00 left on "),
    # crediting more than was invoiced
    Bad("quantity", CREDIT, "Review credit note", {"quantity-{line}": "1.5", "releases_work": "no"},
        "quantity-{line}", "Between 0 and 1."),
    Bad("nothing of it", CREDIT, "Review credit note", {"quantity-{line}": "0", "releases_work": "no"}, "notice",
        "Nothing is left to credit, or nothing was chosen."),
    Bad("twice", "/invoices/{second_credit}/post", "", {}, "notice", "Of “Work 1” only 0 is left to credit."),
    # a number that belongs to no row
    Bad("customer", "/invoices/new", "Write the lines", {"customer_id": f"Somebody #{TOO_LARGE}"}, "customer_id",
        "There is no such customer."),
    Bad("site", "/service-orders/new?site_id={site}", "Create service order",
        {"site_id": str(TOO_LARGE), "description": "Leak"}, "page", "There is no such site.", status=404),
    Bad("equipment", "/service-orders/new?site_id={site}", "Create service order",
        {"equipment_id": str(TOO_LARGE), "description": "Leak"}, "equipment_id", "Not a valid choice."),
    Bad("technician", TIME, "Log time", HOURS | {"technician_id": str(TOO_LARGE)}, "technician_id",
        "Not a valid choice."),
    Bad("bank account", DRAFT, REVIEW, {"bank_account_id": str(TOO_LARGE)}, "bank_account_id", "Not a valid choice."),
    Bad("open item of a payment", "/payments/register?customer_id={customer}", "Register payment",
        {"amount": "10", "parts-0-amount": "10", "parts-0-open_item_id": str(TOO_LARGE)}, "notice",
        "There is no such open item.", status=404),
    Bad("open item of a payment, no digit at all", "/payments/register?customer_id={customer}", "Register payment",
        {"amount": "10", "parts-0-amount": "10", "parts-0-open_item_id": "²"}, "notice",
        "There is no such open item.", status=404),
    Bad("part", PART + "?q=FLT", "Add", {"stock_item_id": str(TOO_LARGE), "quantity": "1"}, "notice",
        "Choose a part from the list; only the office writes free ones.", status=403, role=Role.TECHNICIAN),
    # files that are no images
    Bad("photo", "/service-orders/{order}/add-photo", "Save photos", {"photos": (b"%PDF-1.7", "a.jpg")}, "photos",
        "This file is no image that can be read", role=Role.TECHNICIAN),
    Bad("signature", "/service-orders/{order}/sign", "Save signature",
        {"signed_by": "An", "signature": "data:image/png;base64," + base64.b64encode(b"GIF89a").decode()},
        "signature", "This file is no image that can be read", role=Role.TECHNICIAN),
    Bad("logo", "/settings/company", "Save settings", {"logo": (b"<svg onload='alert(1)'/>", "a.png")}, "logo",
        "This file is no image that can be read", role=Role.ADMINISTRATOR),
)  # fmt: skip
