"""Pages of payments: the list, registering, undoing, moving, refunding, and the fragment of the invoice page."""

from typing import Any

from flask import current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.core.errors import NotFoundError
from fsm.core.formats import money
from fsm.core.transactions import attempt
from fsm.customers import queries as customer_queries
from fsm.ledger.models import ItemKind, OpenItem
from fsm.payments import marking, queries, reversal, services, write_off_views, write_offs
from fsm.payments.blueprint import asked_id, bp, invoice_url, item_url, page_status
from fsm.payments.forms import (
    METHODS,
    MoveForm,
    RefundForm,
    RegisterForm,
    RegisterManyForm,
    SettingsForm,
    WhoForm,
)
from fsm.payments.listing import PAYMENTS, status_of
from fsm.payments.models import Payment
from fsm.users import list_pages
from fsm.users import queries as user_queries
from fsm.users.history import Entry, timeline


@bp.app_context_processor
def _words() -> dict[str, Any]:
    return {"payment_methods": dict(METHODS), "payment_kind": reversal.kind_name, "open_item_url": item_url}


list_pages.declare(bp, PAYMENTS, "/payments")
__all__ = ["bp", "write_off_views"]


@bp.get("/payments")
def index() -> ResponseReturnValue:
    """Payments, refunds and moves, the newest first."""
    customer_id = PAYMENTS.filters(request.args, g.actor).customer_id
    customer = customer_queries.customer(customer_id) if customer_id else None
    return list_pages.show(PAYMENTS, "payments/index.html", customer=customer, methods=METHODS)


@bp.get("/payments/<id:payment_id>/panel")
def panel(payment_id: int) -> ResponseReturnValue:
    """The summary beside the list; opened by itself it is the page."""
    if "HX-Request" not in request.headers:
        return redirect(url_for("payments.show", payment_id=payment_id))
    payment = queries.payment(payment_id)
    return render_template(
        "payments/_panel.html",
        payment=payment,
        status=status_of(payment),
        entries=timeline("customer", payment.customer_id, 5),
    )


@bp.get("/payments/<id:payment_id>")
def show(payment_id: int) -> ResponseReturnValue:
    """What it settled, its entries, and the way back."""
    payment = queries.payment(payment_id)
    people = user_queries.names([payment.registered_by_id, payment.undone_by_id])
    history = [Entry(payment.registered_at, _("Registered"), people.get(payment.registered_by_id or 0, ""))]
    if payment.undone_at:
        history.insert(0, Entry(payment.undone_at, _("Undone"), people.get(payment.undone_by_id or 0, "")))
    own = [part.open_item for part in payment.parts if _is_own_rest(part.open_item, payment_id)]
    return render_template(
        "payments/show.html",
        payment=payment,
        people=people,
        history=history,
        rest=own[0] if own else None,
        only_costs=_only_costs(payment),
    )


def _only_costs(payment: Payment) -> list[tuple[OpenItem, str]]:
    """Invoices on which it left nothing due but claimed costs, and where these are waived."""
    if payment.undone_at or not (
        "reminders.waive_open" in current_app.view_functions and g.actor.can("reminders.waive_open")
    ):
        return []
    items = [part.open_item for part in payment.parts if part.open_item.kind is ItemKind.INVOICE]
    return [
        (item, url_for("reminders.waive_open", invoice_id=item.source_id))
        for item in items
        if 0 < item.balance == item.claimed
    ]


@bp.get("/payments/of-invoice/<id:invoice_id>")
def of_invoice(invoice_id: int) -> ResponseReturnValue:
    """The fragment that the page of an invoice or credit note loads; a page of its own without scripts."""
    item = queries.open_item_of(invoice_id)
    credits_ = queries.on_account_items(item.customer_id) if item is not None and item.balance > 0 else []
    is_fragment = "HX-Request" in request.headers
    return render_template(
        "payments/_of_invoice.html" if is_fragment else "payments/of_invoice.html",
        rows=queries.payments_of_invoice(invoice_id),
        item=item,
        invoice_id=invoice_id,
        write_offs=write_offs.of_item(item.id) if item is not None else [],
        credits=[credit for credit in credits_ if item is not None and credit.currency == item.currency],
        due=queries.dues([item])[0]
        if item is not None and item.kind is ItemKind.INVOICE and item.balance > 0
        else None,
    )


@bp.get("/payments/of-item/<id:open_item_id>")
def of_item(open_item_id: int) -> ResponseReturnValue:
    """The same fragment for any open item, such as a document that was taken over."""
    item = queries.open_item(open_item_id)
    credits_ = queries.on_account_items(item.customer_id) if item.balance > 0 else []
    is_fragment = "HX-Request" in request.headers
    return render_template(
        "payments/_of_invoice.html" if is_fragment else "payments/of_invoice.html",
        rows=queries.payments_of_item(open_item_id),
        item=item,
        invoice_id=None,
        write_offs=write_offs.of_item(open_item_id),
        credits=[credit for credit in credits_ if credit.currency == item.currency],
        due=None,
    )


@bp.route("/payments/register", methods=["GET", "POST"])
def register() -> ResponseReturnValue:
    """Of one open item (``invoice_id`` or ``open_item_id``), or of a customer (``customer_id``)."""
    if item := _wanted_item():
        return _register_one(item.id)
    if customer_id := asked_id("customer_id"):
        return _register_many(customer_id)
    form = WhoForm(formdata=request.args if "customer_id" in request.args else None)
    if "customer_id" in request.args and form.validate() and form.customer_id.data:
        return redirect(url_for("payments.register", customer_id=form.customer_id.data))
    return render_template("payments/who.html", form=form)


def _register_one(item_id: int) -> ResponseReturnValue:
    due = queries.dues([queries.open_item(item_id)])[0]
    form = RegisterForm()
    form.offer(due, services.settings().tolerance)
    if request.method == "GET":
        form.fill(due, g.today)
    if form.validate_on_submit():
        values = form.values(due)
        payment = attempt(form, lambda: services.register(values, actor_id=g.actor_id, today=g.today))
        if payment is not None:
            flash(_("%(amount)s was registered.", amount=money(payment.amount, payment.currency)), "success")
            return redirect(item_url(due.item) or url_for("payments.show", payment_id=payment.id), 303)
        due = queries.dues([queries.open_item(item_id)])[0]
    customer = customer_queries.customer(due.item.customer_id)
    return render_template("payments/register.html", form=form, due=due, customer=customer), page_status()


def _register_many(customer_id: int) -> ResponseReturnValue:
    customer = customer_queries.customer(customer_id)
    currency = request.values.get("currency", "EUR")[:3]
    items, due = queries.payable_items(customer_id, currency), queries.due_by_currency(customer_id)
    form = RegisterManyForm()
    form.offer_bank_accounts()
    if request.method == "GET":
        form.fill(queries.dues(items), g.today)
    if form.validate_on_submit():
        values = form.values(customer_id, currency)
        payment = attempt(form, lambda: services.register(values, actor_id=g.actor_id, today=g.today))
        if payment is not None:
            flash(_("%(amount)s was registered.", amount=money(payment.amount, payment.currency)), "success")
            return redirect(url_for("payments.show", payment_id=payment.id), 303)
        items = queries.payable_items(customer_id, currency)
    return (
        render_template(
            "payments/register_many.html",
            form=form,
            customer=customer,
            items={str(item.id): item for item in items},
            currency=currency,
            others=[(code, amount) for code, amount in due.items() if code != currency],
        ),
        page_status(),
    )


@bp.post("/payments/<id:payment_id>/undo")
def undo(payment_id: int) -> ResponseReturnValue:
    """By the reversal of its entry."""
    services.undo(payment_id, actor_id=g.actor_id, today=g.today)
    flash(_("It was undone: its journal entry is reversed."), "success")
    return redirect(url_for("payments.show", payment_id=payment_id), 303)


@bp.post("/payments/mark-paid")
def mark_paid() -> ResponseReturnValue:
    """S2's one click: all that is due on one invoice, received today."""
    invoice_id = asked_id("invoice_id")
    if invoice_id is None:
        raise NotFoundError(_("There is no such invoice."))
    payment = marking.mark_paid(invoice_id, actor_id=g.actor_id, today=g.today)
    flash(_("Marked as paid: %(amount)s, today.", amount=money(payment.amount, payment.currency)), "success")
    return redirect(invoice_url(invoice_id) or url_for("payments.show", payment_id=payment.id), 303)


@bp.post("/payments/mark-unpaid")
def mark_unpaid() -> ResponseReturnValue:
    """Undo all payments of one invoice; says which other invoices they reopened."""
    invoice_id = asked_id("invoice_id")
    if invoice_id is None:
        raise NotFoundError(_("There is no such invoice."))
    payments = marking.mark_unpaid(invoice_id, actor_id=g.actor_id, today=g.today)
    item = queries.open_item_of(invoice_id)
    others = {
        part.open_item.source_number
        for payment in payments
        for part in queries.payment(payment.id).parts
        if part.open_item.kind is ItemKind.INVOICE and item is not None and part.open_item_id != item.id
    }
    flash(_("The invoice is no longer paid."), "success")
    if others:
        numbers = ", ".join(sorted(others))
        flash(_("The payments had also settled %(numbers)s: that is due again.", numbers=numbers), "warning")
    return redirect(invoice_url(invoice_id) or url_for("payments.index"), 303)


@bp.route("/payments/move", methods=["GET", "POST"])
def move() -> ResponseReturnValue:
    """From a credit note or a payment on account (``open_item_id``) to an invoice."""
    giver = _giver()
    items = queries.payable_items(giver.customer_id, giver.currency)
    form = MoveForm()
    form.offer(items)
    if request.method == "GET":
        form.fill(giver, items, g.today)
        form.to_item_id.data = asked_id("to_item_id") or form.to_item_id.data
    if form.validate_on_submit():
        giver_id, to_item_id, amount, on = giver.id, form.to_item_id.data, form.amount.data, form.on.data
        payment = attempt(
            form,
            lambda: services.move(
                from_item_id=giver_id,
                to_item_id=to_item_id,
                amount=amount,
                on=on,
                actor_id=g.actor_id,
                today=g.today,
            ),
        )
        if payment is not None:
            flash(_("%(amount)s was moved.", amount=money(payment.amount, payment.currency)), "success")
            target = queries.open_item(to_item_id)
            return redirect(item_url(target) or url_for("payments.show", payment_id=payment.id), 303)
        giver = _giver()
    customer = customer_queries.customer(giver.customer_id)
    return render_template("payments/move.html", form=form, giver=giver, items=items, customer=customer), page_status()


@bp.route("/payments/refund", methods=["GET", "POST"])
def refund() -> ResponseReturnValue:
    """Money back for a credit note or a payment on account (``open_item_id``)."""
    giver = _giver()
    form = RefundForm()
    form.offer_bank_accounts()
    if request.method == "GET":
        form.fill(giver, g.today)
    if form.validate_on_submit():
        values = form.values(giver.id)
        payment = attempt(form, lambda: services.refund(values, actor_id=g.actor_id, today=g.today))
        if payment is not None:
            flash(_("%(amount)s was refunded.", amount=money(payment.amount, payment.currency)), "success")
            return redirect(url_for("payments.show", payment_id=payment.id), 303)
        giver = _giver()
    customer = customer_queries.customer(giver.customer_id)
    return render_template("payments/refund.html", form=form, giver=giver, customer=customer), page_status()


@bp.route("/settings/payments", methods=["GET", "POST"])
def settings() -> ResponseReturnValue:
    """The rules of taking money."""
    form = SettingsForm()
    stored = services.settings()
    if request.method == "GET":
        form.fill(stored)
    if form.validate_on_submit():
        limit, tolerance, version = form.cash_limit.data, form.tolerance.data, form.sent_version()
        saved = attempt(form, lambda: services.change_settings(cash_limit=limit, tolerance=tolerance, version=version))
        if saved is not None:
            flash(_("The settings were saved."), "success")
            return redirect(url_for("payments.settings"), 303)
        stored = services.settings()
    return render_template("payments/settings.html", form=form, stored=stored), page_status()


def _wanted_item() -> OpenItem | None:
    """The open item that the page is about; NotFoundError for an invoice without one."""
    if invoice_id := asked_id("invoice_id"):
        item = queries.open_item_of(invoice_id)
        if item is None or item.kind is not ItemKind.INVOICE:
            raise NotFoundError(_("Only a posted invoice can be paid."))
        return item
    item_id = asked_id("open_item_id")
    return queries.open_item(item_id) if item_id else None


def _giver() -> OpenItem:
    item_id = asked_id("open_item_id")
    if item_id is None:
        raise NotFoundError(_("There is no such open item."))
    return queries.open_item(item_id)


def _is_own_rest(item: OpenItem, payment_id: int) -> bool:
    return item.kind is ItemKind.ON_ACCOUNT and item.source_id == payment_id and item.balance < 0
