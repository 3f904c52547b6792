"""Making and editing a draft: blank, from a service order, its lines with live totals, deleting it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from flask import flash, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.catalog.tax_rates import Taxed
from fsm.company.forms import newer_values
from fsm.company.services import the_company
from fsm.core import audit
from fsm.core.db import session
from fsm.core.errors import ConflictError, DomainError, NotFoundError
from fsm.core.transactions import attempt, computes_only, refuse
from fsm.customers.models import Site
from fsm.customers.queries import customer as find_customer
from fsm.documents import line_editor
from fsm.documents.beside import beside
from fsm.documents.line_forms import rate_choice
from fsm.documents.offers import revenue_accounts
from fsm.documents.totals import ZERO
from fsm.documents.values import LineValues
from fsm.invoices import drafts, from_orders, queries
from fsm.invoices.blueprint import bp
from fsm.invoices.forms import DraftForm, NewInvoiceForm
from fsm.invoices.models import Invoice, InvoiceLine, InvoiceState
from fsm.invoices.rates import day_of, rates_of
from fsm.invoices.review import Difference, review
from fsm.service_orders import services as order_services
from fsm.service_orders.billable import WorkKind
from fsm.service_orders.models import ServiceOrder
from fsm.service_orders.visibility import find as find_order
from fsm.users.history import timeline

STALE = 409


def status() -> int:
    """The status of a page that is shown: 200, or that of the refusal."""
    return int(g.get("refused_status", 422)) if request.method == "POST" else 200


@bp.route("/invoices/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Choose the customer; all that is known of it is then on the draft. From the page of a site it is for works there."""
    customer_id, site_id = _asked("customer_id"), _asked("site_id")
    form = NewInvoiceForm(
        data={"customer_id": find_customer(customer_id).id if customer_id else None, "site_id": site_id}
    )
    if form.validate_on_submit():
        asked = form.customer_id.data, form.site_id.data
        invoice = attempt(form, lambda: drafts.create_blank(asked[0], site_id=asked[1], actor_id=g.actor_id))
        if invoice is not None:
            return redirect(url_for("invoices.edit", invoice_id=invoice.id), 303)
    site = session.get(Site, form.site_id.data) if form.site_id.data else None
    return render_template("invoices/new.html", form=form, site=site), status()


def _asked(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None  # noqa: PLR2004 - below 2^63


@bp.post("/invoices/from-order/<id:order_id>")
def draft_from_order(order_id: int) -> ResponseReturnValue:
    """Everything to bill on a Done order; pressed twice, the same draft. ``validate`` says that the office has looked."""
    order = find_order(order_id, g.actor)
    if order.validated_at is None:
        if not request.form.get("validate"):
            return redirect(url_for("service_orders.validate", order_id=order_id), 303)
        order_services.validate(order_id, actor=g.actor, moment=audit.now())
    invoice = from_orders.draft_from_orders([order_id], actor_id=g.actor_id)
    return redirect(url_for("invoices.edit", invoice_id=invoice.id), 303)


@bp.route("/invoices/from-order/<id:order_id>/choose", methods=["GET", "POST"])
def choose_work(order_id: int) -> ResponseReturnValue:
    """Several invoices from one order: the hours and parts chosen go on a draft, the rest stays to bill."""
    order = find_order(order_id, g.actor)
    work = from_orders.work_by_order([order_id]).get(order_id, [])
    keys = {f"{item.kind}-{item.work_id}": (item.kind, item.work_id) for item in work}
    refusal = ""
    if request.method == "POST":
        try:
            invoice_id = _draft_of_chosen(order, request.form.getlist("work"), keys)
        except DomainError as error:
            refuse()
            g.refused_status, refusal = error.status, str(error)
            order = find_order(order_id, g.actor)
        else:
            return redirect(url_for("invoices.edit", invoice_id=invoice_id), 303)
    page = render_template(
        "invoices/choose_work.html",
        order=order,
        payer=find_customer(order.payer_id or order.site.payer_id or order.customer_id).name,
        work=work,
        chosen=request.form.getlist("work") if request.method == "POST" else list(keys),
        value=sum((item.value for item in work), ZERO),
        refusal=refusal,
    )
    return page, status()


def _draft_of_chosen(order: ServiceOrder, chosen: Sequence[str], keys: Mapping[str, tuple[WorkKind, int]]) -> int:
    wanted = {keys[key] for key in chosen if key in keys}
    if len(wanted) < len(set(chosen)):
        raise ConflictError(_("Some of this work is already on another invoice, or not to bill any more."))
    if not wanted:
        raise DomainError(_("Choose what goes on the invoice."))
    if order.validated_at is None:
        order_services.validate(order.id, actor=g.actor, moment=audit.now())
    group = from_orders.Group((order.id,), frozenset(wanted))
    (invoice_id,) = from_orders.draft_groups([group], actor_id=g.actor_id)
    return invoice_id


@bp.route("/invoices/<id:invoice_id>/edit", methods=["GET", "POST"])
def edit(invoice_id: int) -> ResponseReturnValue:
    """Header and lines; ``then=review`` (or ``import``) goes on once saved."""
    invoice = _draft(invoice_id)
    if invoice.corrects_id is not None:
        return redirect(url_for("invoices.change_credit", invoice_id=invoice_id), 303)
    form = form_of(invoice, is_sent=request.method == "POST")
    if form.validate_on_submit():
        saved = line_editor.attempt(
            form,
            lambda: drafts.save(
                invoice_id,
                form.values(),
                form.line_values(),
                version=form.sent_version(),
                follow_up=form.follow_up_values(),
            ),
        )
        if saved is not None:
            if (then := request.form.get("then")) in {"review", "import"}:
                next_page = "invoices.review" if then == "review" else "invoices.import_lines"
                return redirect(url_for(next_page, invoice_id=invoice_id), 303)
            flash(_("The draft was saved."), "success")
            return redirect(url_for("invoices.edit", invoice_id=invoice_id), 303)
    return _editor(form, invoice_id), status()


def _draft(invoice_id: int) -> Invoice:
    invoice = queries.document(invoice_id)
    if invoice.state is not InvoiceState.DRAFT:
        raise ConflictError(_("%(number)s is posted: it is final. Withdraw it or credit it.", number=invoice.number))
    return invoice


def form_of(invoice: Invoice, *, is_sent: bool) -> DraftForm:
    return DraftForm.for_draft(invoice, invoice.lines).of(invoice, invoice.lines, the_company(), is_sent=is_sent)


def _editor(form: DraftForm, invoice_id: int) -> str:
    invoice, company = _draft(invoice_id), the_company()
    is_stale = g.get("refused_status") == STALE
    rates = rates_of(invoice, company, invoice.customer)
    rate = rates.proposed(Taxed())
    if not form.lines or not form.lines[-1].form.is_empty:
        form.pad(invoice, company, rate_choice(rate.tax_rate, rate.special_status), rows=1 if invoice.lines else 4)
    return render_template(
        "invoices/edit.html",
        form=form,
        invoice=invoice,
        orders=queries.orders_of(invoice_id),
        panel=_panel(form, invoice),
        accounts=revenue_accounts(),
        has_sections=any(entry.form.section.data for entry in form.lines),
        differences=_differences(invoice),
        newer=newer_values(form.header(), type(form).stored(invoice, company)) if is_stale else [],
        may_be_co_contracted=rates.may_be_co_contracted,
        is_stale=is_stale,
        stored_lines=invoice.lines if is_stale else [],
        entries=timeline("invoice", invoice_id),
        beside=beside("invoice", invoice_id),
    )


def _panel(form: DraftForm, invoice: Invoice) -> line_editor.Panel:
    rates = rates_of(invoice, the_company(), invoice.customer, form.invoice_date.data)
    return line_editor.panel(form, rates, {line.id: line for line in invoice.lines}, invoice)


def _differences(invoice: Invoice) -> Sequence[Difference]:
    return review(invoice.id, today=g.today).differences if invoice.lines else ()


@bp.post("/invoices/<id:invoice_id>/totals")
@computes_only
def totals(invoice_id: int) -> ResponseReturnValue:
    """The totals of what is typed so far, by the code that posts; a row that is wrong is left out, and said."""
    invoice = _draft(invoice_id)
    form = form_of(invoice, is_sent=True)
    form.validate()
    panel = _panel(form, invoice)
    return render_template("documents/_totals.html", panel=panel), 422 if panel.note else 200


@bp.get("/invoices/<id:invoice_id>/items")
def suggest(invoice_id: int) -> ResponseReturnValue:
    """Kits, items and rates for the line editor, at the price and the VAT that this customer gets."""
    invoice = _draft(invoice_id)
    rates = rates_of(invoice, the_company(), invoice.customer)
    return jsonify(line_editor.suggestions(request.args.get("q", ""), invoice, rates, day_of(invoice)))


@bp.post("/invoices/<id:invoice_id>/take-over/<id:line_id>")
def take_over(invoice_id: int, line_id: int) -> ResponseReturnValue:
    """Let a line say what its hour or part says by now."""
    invoice = _draft(invoice_id)
    found = next((one for one in _differences(invoice) if one.line.id == line_id), None)
    if found is None:
        raise NotFoundError(_("This line says what the work says."))
    values = [_values_of(invoice, line) for line in invoice.lines]
    changed = [
        replace(line, quantity=found.work.quantity, amount=found.work.unit_price, amount_with_tax=None)
        if line.line_id == line_id
        else line
        for line in values
    ]
    form = DraftForm.for_draft(invoice, invoice.lines).stored(invoice, the_company())
    sent = request.form.get("version", "")
    version = int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 10 else None  # noqa: PLR2004 - an int
    drafts.save(invoice_id, form.values(), changed, version=version)
    flash(_("The line was taken over."), "success")
    return redirect(url_for("invoices.edit", invoice_id=invoice_id), 303)


def _values_of(invoice: Invoice, line: InvoiceLine) -> LineValues:
    return LineValues(
        description=line.description,
        quantity=line.quantity,
        amount=None if invoice.tax_included else line.amount,
        amount_with_tax=line.amount_with_tax if invoice.tax_included else None,
        tax_rate=line.tax_rate,
        special_status=line.special_status,
        unit=line.unit,
        account_number=line.account_number,
        stockitem_code=line.stockitem_code,
        stock_item_id=line.stock_item_id,
        section=line.section,
        line_id=line.id,
        description_html=line.description_html,
        custom_values=line.custom_values,
    )


@bp.post("/invoices/<id:invoice_id>/delete")
def delete(invoice_id: int) -> ResponseReturnValue:
    """A draft never had a number; its hours and parts are to bill again."""
    drafts.delete_draft(invoice_id)
    flash(_("The draft was deleted."), "success")
    return redirect(url_for("invoices.index", tab="draft"), 303)
