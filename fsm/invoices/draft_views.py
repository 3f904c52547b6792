"""Making and editing a draft: blank, from a service order, its lines with live totals, deleting it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from flask import flash, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from fsm.catalog.models import UNITS_OF_RATES, StockItem
from fsm.catalog.tax_rates import Taxed
from fsm.company.forms import newer_values
from fsm.company.models import Company
from fsm.company.services import the_company
from fsm.core import audit
from fsm.core.db import session
from fsm.core.errors import ConflictError, DomainError, NotFoundError
from fsm.core.formats import money, plain
from fsm.core.transactions import attempt, computes_only, refuse
from fsm.customers.models import Site
from fsm.customers.queries import customer as find_customer
from fsm.documents.totals import ZERO, LineIn, Terms, Totals, compute, unit_prices
from fsm.invoices import drafts, from_orders, queries, totals_panel
from fsm.invoices.blueprint import bp
from fsm.invoices.forms import DraftForm, NewInvoiceForm
from fsm.invoices.line_forms import price_text, rate_choice
from fsm.invoices.models import Invoice, InvoiceLine, InvoiceState
from fsm.invoices.rates import LineRates, day_of
from fsm.invoices.review import Difference, review
from fsm.invoices.values import DraftValues, LineValues
from fsm.service_orders import services as order_services
from fsm.service_orders.billable import WorkKind
from fsm.service_orders.models import ServiceOrder
from fsm.service_orders.visibility import find as find_order
from fsm.users.history import timeline

T = TypeVar("T")
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
    """Header and lines; ``then=review`` goes on to the review once saved."""
    invoice = _draft(invoice_id)
    if invoice.corrects_id is not None:
        return redirect(url_for("invoices.change_credit", invoice_id=invoice_id), 303)
    company = the_company()
    form = DraftForm.of(invoice, invoice.lines, company, is_sent=request.method == "POST")
    if form.validate_on_submit():
        saved = _attempt(
            form,
            lambda: drafts.save(invoice_id, form.values(), form.line_values(), version=form.sent_version()),
        )
        if saved is not None:
            if request.form.get("then") == "review":
                return redirect(url_for("invoices.review", invoice_id=invoice_id), 303)
            flash(_("The draft was saved."), "success")
            return redirect(url_for("invoices.edit", invoice_id=invoice_id), 303)
    return _editor(form, invoice_id), status()


def _draft(invoice_id: int) -> Invoice:
    invoice = queries.document(invoice_id)
    if invoice.state is not InvoiceState.DRAFT:
        raise ConflictError(_("%(number)s is posted: it is final. Withdraw it or credit it.", number=invoice.number))
    return invoice


def _attempt(form: DraftForm, work: Callable[[], T]) -> T | None:
    """As ``transactions.attempt``, but a refusal of a line finds its row."""
    try:
        return work()
    except DomainError as error:
        refuse()
        g.refused_status = error.status
        form.accept(error)
        return None


def _editor(form: DraftForm, invoice_id: int) -> str:
    invoice, company = _draft(invoice_id), the_company()
    is_stale = g.get("refused_status") == STALE
    rate = LineRates.of(invoice, company, invoice.customer).proposed(Taxed())
    if not form.lines or not form.lines[-1].form.is_empty:
        form.pad(invoice, company, rate_choice(rate.tax_rate, rate.special_status), rows=1 if invoice.lines else 4)
    figures, line_totals, note = _computed(form)
    line_notes = _notes(form, invoice, company)
    return render_template(
        "invoices/edit.html",
        form=form,
        invoice=invoice,
        orders=queries.orders_of(invoice_id),
        pairs=[] if figures is None else totals_panel.pairs(figures, figures.taxes, form.currency.data or "EUR"),
        line_totals=line_totals,
        line_notes=line_notes,
        note=note,
        accounts=queries.revenue_accounts(),
        has_sections=any(entry.form.section.data for entry in form.lines),
        differences=_differences(invoice),
        newer=newer_values(DraftForm.header(form), DraftForm.stored(invoice, company)) if is_stale else [],
        is_stale=is_stale,
        stored_lines=invoice.lines if is_stale else [],
        entries=timeline("invoice", invoice_id),
    )


def _differences(invoice: Invoice) -> Sequence[Difference]:
    return review(invoice.id, today=g.today).differences if invoice.lines else ()


@bp.post("/invoices/<id:invoice_id>/totals")
@computes_only
def totals(invoice_id: int) -> ResponseReturnValue:
    """The totals of what is typed so far, by the code that posts; a row that is wrong is left out, and said."""
    invoice = _draft(invoice_id)
    form = DraftForm.of(invoice, invoice.lines, the_company(), is_sent=True)
    form.validate()
    figures, line_totals, note = _computed(form)
    pairs = [] if figures is None else totals_panel.pairs(figures, figures.taxes, form.currency.data or "EUR")
    page = render_template(
        "invoices/_totals.html",
        pairs=pairs,
        line_totals=line_totals,
        line_notes=_notes(form, invoice, the_company()),
        note=note,
    )
    return page, 422 if note else 200


def _computed(form: DraftForm) -> tuple[Totals | None, list[str], str | None]:
    """Totals, what each row comes to, and the sentence that says what is missing in them."""
    right = [place for place in form.places() if not form.lines[place].form.errors]
    note = None
    if len(right) < len(form.places()):
        note = _("Lines with an error are not counted.")
    try:
        values = [form.lines[place].form.values(tax_included=form.tax_included) for place in right]
        header = (
            form.values() if not (form.discount_percentage.errors or form.cash_discount_percentage.errors) else None
        )
        figures = compute([_line_in(line) for line in values], _terms(header, form))
    except DomainError as error:
        return None, [""] * len(form.lines), str(error)
    texts = [""] * len(form.lines)
    for place, row in zip(right, figures.lines, strict=True):
        texts[place] = money(row.total if form.tax_included else row.net)
    return figures, texts, note


def _notes(form: DraftForm, invoice: Invoice, company: Company) -> list[str]:
    """Why each row bears its VAT, as it is typed; nothing beside a row that is empty or wrong."""
    rates = LineRates.of(invoice, company, invoice.customer, form.invoice_date.data)
    before = {line.id: line for line in invoice.lines}
    rows = {
        place: form.lines[place].form.values(tax_included=form.tax_included)
        for place in form.places()
        if not form.lines[place].form.errors
    }
    things = drafts.things_of(list(rows.values()))
    return [
        rates.why_typed(row, things.get(drafts.thing_of(row), Taxed()), before.get(row.line_id or 0)) if row else ""
        for row in (rows.get(place) for place in range(len(form.lines)))
    ]


def _line_in(line: LineValues) -> LineIn:
    return LineIn(line.quantity, line.amount, line.amount_with_tax, line.tax_rate, line.special_status)


def _terms(header: DraftValues | None, form: DraftForm) -> Terms:
    if header is None:
        return Terms(tax_included=form.tax_included)
    return Terms(
        header.tax_calculation,
        header.tax_included,
        header.discount_percentage,
        header.cash_discount_percentage,
        header.cash_discount_mode,
    )


@bp.get("/invoices/<id:invoice_id>/items")
def suggest(invoice_id: int) -> ResponseReturnValue:
    """Kits, items and rates for the line editor, at the price and the VAT that this customer gets."""
    invoice = _draft(invoice_id)
    rates = LineRates.of(invoice, the_company(), invoice.customer)
    text = request.args.get("q", "").strip()[:100]
    kit_offers, offers = queries.offers(text, invoice.customer_id, day_of(invoice))
    answer: list[dict[str, Any]] = [
        {
            "code": offer.kit.code,
            "description": offer.kit.description,
            "hint": ngettext("kit, %(num)s line", "kit, %(num)s lines", len(offer.offers)),
            "lines": [_suggestion(one, rates, invoice) for one in offer.offers],
        }
        for offer in kit_offers
        if offer.offers
    ]
    return jsonify(answer + [_suggestion(offer, rates, invoice) for offer in offers])


def _suggestion(offer: queries.Offer, rates: LineRates, invoice: Invoice) -> dict[str, Any]:
    """The fields of a row, as one types them."""
    thing, rate = offer.thing, rates.proposed(Taxed.of(offer.thing))
    is_item = isinstance(thing, StockItem)
    prices = unit_prices(offer.price, None, rate.tax_rate, tax_included=invoice.tax_included)
    row = {
        "id": thing.id if is_item else "",
        "labor_rate_id": "" if is_item else thing.id,
        "code": thing.code if isinstance(thing, StockItem) else "",
        "description": thing.description if isinstance(thing, StockItem) else thing.name,
        "unit": thing.unit if isinstance(thing, StockItem) else UNITS_OF_RATES[thing.kind],
        "amount": price_text(prices[1 if invoice.tax_included else 0]),
        "tax_rate": rate_choice(rate.tax_rate, rate.special_status),
        "account": thing.account_number,
    }
    return row if offer.quantity is None else row | {"quantity": plain(offer.quantity)}


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
    form = DraftForm.stored(invoice, the_company())
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
    )


@bp.post("/invoices/<id:invoice_id>/delete")
def delete(invoice_id: int) -> ResponseReturnValue:
    """A draft never had a number; its hours and parts are to bill again."""
    drafts.delete_draft(invoice_id)
    flash(_("The draft was deleted."), "success")
    return redirect(url_for("invoices.index", tab="draft"), 303)
