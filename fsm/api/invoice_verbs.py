"""Invoices created, changed, replaced and deleted by the API: by the same services as the pages."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from fsm.api import invoice_parts as parts
from fsm.api.beside import create_remark
from fsm.api.defaults import OF_S3, is_same, with_defaults, with_rate
from fsm.api.errors import BadRequestError
from fsm.api.invoice_lines import is_negative, priced, turned
from fsm.api.invoice_rows import PLACE, READERS
from fsm.api.lines import changed, custom, present, replaced, values_of
from fsm.api.resource import Asker, Shown, Values
from fsm.core import numbering
from fsm.core.db import lock
from fsm.core.errors import ConflictError, DomainError, ForbiddenError, NotFoundError
from fsm.documents.values import LineValues
from fsm.invoices import blank_credits, drafts, follow_up, services, withdrawing
from fsm.invoices.models import Invoice, InvoiceKind, InvoiceState
from fsm.invoices.values import DraftValues, FollowUpValues

_DRAFT = frozenset(field.name for field in fields(DraftValues))
FOLLOWING = frozenset({"external_invoice_id", "automatic_reminders", "outstanding_balance"})
_COMPARED = frozenset({"description", "quantity", "unit", "amount", "tax_rate"})
_RIGHTS = {
    "payments": "api.invoice_payments_create",
    "costs": "api.invoice_costs_create",
    "remarks": "api.invoice_remarks_create",
}
_PARTS = tuple(_RIGHTS)
_NOT_ON_CREDITS = ("days_due", "structured_message", "automatic_reminders")
# What a draft has where nothing is said.
_EMPTY: Values = {
    "invoice_date": None,
    "delivery_date": None,
    "items": [],
    "custom_values": [],
    "external_invoice_id": "",
}
_ADDRESSES = ("billing_address", "delivery_address", "site_address")


def create(data: Values, who: Asker) -> int:
    """A draft; with items it is posted at once (S3), unless its state is to be draft."""
    items, keeps_draft = data.get("items") or [], data.get("state") is InvoiceState.DRAFT
    if data.get("state") not in {None, InvoiceState.DRAFT, InvoiceState.POSTED}:
        raise BadRequestError(_("It is draft or posted."), "state")
    _check_rights(data, who)
    invoice = _new(data, who)
    _refuse_number(data, invoice, who)
    lines = values_of(items, priced(invoice))
    if is_negative(lines) or "corrects_number" in data:
        _into_credit(invoice, data)
        lines = turned(lines)
    _save(invoice, with_defaults(data, tax_included=invoice.tax_included), lines)
    for remark in data.get("remarks") or ():
        create_remark(PLACE, invoice.id, remark, who)
    if keeps_draft or not items:
        if data.get("payments") or data.get("costs"):
            raise BadRequestError(
                _("A draft has none: post it first."), "payments" if data.get("payments") else "costs"
            )
        return invoice.id
    post(invoice.id, who)
    for cost in data.get("costs") or ():
        parts.create_cost(invoice.id, cost, who)
    for payment in data.get("payments") or ():
        parts.create_payment(invoice.id, payment, who)
    return invoice.id


def _check_rights(data: Values, who: Asker) -> None:
    """What is nested asks for the right of its own address too."""
    for name, right in _RIGHTS.items():
        if data.get(name) and not who.actor.can(right):
            raise ForbiddenError(_("Your roles do not allow this."), name)


def _new(data: Values, who: Asker) -> Invoice:
    try:
        return drafts.create_blank(data["customer_id"], actor_id=who.actor.id)
    except NotFoundError as error:
        raise BadRequestError(str(error), "customer_id") from None


def _refuse_number(data: Values, invoice: Invoice, who: Asker) -> None:
    """Numbers are the series' to give, without gaps (accounting.md 3)."""
    if data.get("number"):
        on = data.get("invoice_date") or who.today
        try:
            next_one = numbering.peek(invoice.kind.value, on)
        except DomainError:
            next_one = "?"
        raise BadRequestError(_("It is given at posting; the next one is %(number)s.", number=next_one), "number")


def _into_credit(invoice: Invoice, data: Values) -> None:
    """A negative total makes a credit note (S3), with lines of its own."""
    for name in _NOT_ON_CREDITS:
        if data.pop(name, None):
            raise BadRequestError(_("It does not apply to a credit note."), name)
    number, on = data.get("corrects_number"), data.get("corrects_date")
    if bool(number) != bool(on):
        raise BadRequestError(
            _("Give the number and the date of the invoice."), "corrects_date" if number else "corrects_number"
        )
    blank_credits.turn_into_credit(invoice, number=number or None, on=on, reference=data.get("reference", ""))


def _save(invoice: Invoice, data: Values, lines: Sequence[LineValues]) -> None:
    values: dict[str, Any] = {name: getattr(invoice, name) for name in _DRAFT if hasattr(invoice, name)}
    values |= {name: data[name] for name in _DRAFT & data.keys()}
    if "custom_values" in data:
        values["custom_values"] = custom(data["custom_values"])
    if "note" in data and "note_html" not in data:
        values["note_html"] = ""
    if values["tax_included"] and "tax_calculation" not in data:
        values["tax_calculation"] = "item"
    for name in _ADDRESSES:
        if name in data:
            values[name] = data[name] or {"country_code": getattr(invoice, name).get("country_code", "")}
    drafts.save(invoice.id, DraftValues(**values), lines, version=None, follow_up=_following(data))


def _following(data: Values) -> FollowUpValues | None:
    """What may change after posting too."""
    given = {name: data[name] for name in FOLLOWING & data.keys()}
    return FollowUpValues(**given) if given else None


def post(invoice_id: int, who: Asker) -> None:
    """Make a draft final."""
    services.post([invoice_id], actor_id=who.actor.id, today=who.today)


def change(invoice_id: int, data: Values, who: Asker) -> None:
    """What is given; of a posted document only what follows it may change."""
    invoice = _held(invoice_id)
    if invoice.state is not InvoiceState.DRAFT:
        _change_posted(invoice, data, who)
        return
    _refuse_parts(data, invoice_id, who)
    _refuse_number(data, invoice, who)
    if data.get("customer_id", invoice.customer_id) != invoice.customer_id:
        raise ConflictError(_("A draft stays with its customer: delete it and make another."), "customer_id")
    if data.get("currency", invoice.currency) != invoice.currency:
        data = with_rate(data)
    given = data.get("items")
    lines = (
        values_of(given, priced(invoice))
        if given is not None
        else [present(line) for line in drafts.lines_of(invoice_id)]
    )
    if given is not None and invoice.kind is InvoiceKind.CREDIT_NOTE:
        lines = turned(lines)
    _save(invoice, data, lines)
    if data.get("state") is InvoiceState.POSTED:
        post(invoice_id, who)


def replace(invoice_id: int, data: Values, who: Asker) -> None:
    """As if the draft was made now; of a posted document what follows it gets its default where it is not given."""
    invoice = _held(invoice_id)
    if invoice.state is not InvoiceState.DRAFT:
        empty = {"external_invoice_id": "", "outstanding_balance": Decimal(0)}
        _change_posted(invoice, empty | data, who)
        return
    site = invoice.site
    values = drafts.Defaults().of(drafts.customer_of(invoice.customer_id), site)
    kept = {name: values[name] for name in (_DRAFT & values.keys()) - OF_S3} | _EMPTY
    if "note" in data:
        kept["note_html"] = ""  # the settings' own, which would count
    change(invoice_id, kept | with_defaults(data, tax_included=values["tax_included"]), who)


def delete(invoice_id: int, who: Asker) -> None:
    """A draft goes; a posted one is withdrawn where it may be (accounting.md 3)."""
    invoice = _held(invoice_id)
    if invoice.state is InvoiceState.DRAFT:
        drafts.delete_draft(invoice_id)
    else:
        withdrawing.withdraw(invoice_id, actor_id=who.actor.id, today=who.today)


def _held(invoice_id: int) -> Invoice:
    invoice: Invoice = lock(Invoice, [invoice_id])[invoice_id]
    return invoice


def _refuse_parts(data: Values, invoice_id: int, who: Asker) -> None:
    """What has an address of its own is not changed here; the same as there is passes, so that what was read can be sent."""
    view = Shown(None, "", who.today)
    for name in _PARTS:
        given = data.get(name)
        if given and not is_same(READERS[name]([invoice_id], view).get(invoice_id, ()), given):
            raise BadRequestError(_("Use the address of its own, below the invoice."), name)


def _change_posted(invoice: Invoice, data: Values, who: Asker) -> None:
    """ConflictError naming a frozen field that is to become another; the same value passes."""
    _refuse_parts(data, invoice.id, who)
    for name, value in data.items():
        if name in FOLLOWING or name in _PARTS:
            continue
        if name == "items":
            if not _same_items(invoice, value):
                raise ConflictError(_("This invoice is posted: it is final. Withdraw it or credit it."), "items")
        elif not _same(invoice, name, value):
            raise ConflictError(_("This invoice is posted: this field is final."), name)
    wanted = _following(data)
    if wanted is not None:
        follow_up.change(invoice.id, wanted)


def _same(invoice: Invoice, name: str, value: Any) -> bool:  # noqa: ANN401 - of the field
    held = getattr(invoice, name, None)
    if name == "custom_values":
        return bool(custom(value) == (held or {}))
    if name in _ADDRESSES:
        return bool({**held, **(value or {})} == held) if isinstance(held, Mapping) else False
    return bool(held == value or (not held and not value))


def _same_items(invoice: Invoice, items: Sequence[Values]) -> bool:
    lines = [present(line) for line in drafts.lines_of(invoice.id)]
    if invoice.kind is InvoiceKind.CREDIT_NOTE:
        lines = turned(lines)
    if len(lines) != len(items):
        return False
    return all(
        getattr(line, name) == value
        for line, item in zip(lines, items, strict=True)
        for name, value in item.items()
        if name in _COMPARED
    )


def create_item(invoice_id: int, data: Values, who: Asker) -> int:
    """One line more on a draft."""
    invoice = drafts.locked_draft(invoice_id)
    before = drafts.lines_of(invoice_id)
    (line,) = values_of([data], priced(invoice))
    if invoice.kind is InvoiceKind.CREDIT_NOTE:
        (line,) = turned([line])
    _save(invoice, {}, [*(present(one) for one in before), line])
    del who
    return drafts.lines_of(invoice_id)[-1].id


def change_item(invoice_id: int, item_id: int, data: Values, who: Asker) -> None:
    """Another text, quantity or price of a draft's line."""
    invoice = drafts.locked_draft(invoice_id)
    if "quantity" in data and invoice.kind is InvoiceKind.CREDIT_NOTE:
        data = data | {"quantity": -data["quantity"]}
    lines = [present(one) for one in drafts.lines_of(invoice_id)]
    _save(invoice, {}, [changed(line, data, priced(invoice)) if line.line_id == item_id else line for line in lines])
    del who


def replace_item(invoice_id: int, item_id: int, data: Values, who: Asker) -> None:
    """Another line in its place, which keeps its id."""
    invoice = drafts.locked_draft(invoice_id)
    (line,) = values_of([data], priced(invoice))
    if invoice.kind is InvoiceKind.CREDIT_NOTE:
        (line,) = turned([line])
    lines = [present(one) for one in drafts.lines_of(invoice_id)]
    _save(invoice, {}, [replaced(line, item_id) if one.line_id == item_id else one for one in lines])
    del who


def delete_item(invoice_id: int, item_id: int, who: Asker) -> None:
    """One line less on a draft."""
    invoice = drafts.locked_draft(invoice_id)
    lines = [present(one) for one in drafts.lines_of(invoice_id)]
    _save(invoice, {}, [line for line in lines if line.line_id != item_id])
    del who
