"""Pages of invoices of a former program: their list, one of them, and credit notes on them."""

from typing import Any

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from wtforms.validators import InputRequired

from fsm.core.fields import DayField, Form, TextField
from fsm.core.paging import COUNT_LIMIT
from fsm.core.transactions import attempt
from fsm.core.web import MAX_ID
from fsm.customers import queries as customer_queries
from fsm.customers.forms import CustomerField
from fsm.documents.payment_reference import printed
from fsm.invoices import blank_credits, queries, taken_over_queries
from fsm.invoices.blueprint import bp
from fsm.invoices.taken_over import NUMBER_LENGTH, SOURCE_KIND
from fsm.users.history import timeline

TAB_LABELS = {
    "to_collect": _l("To collect"),
    "overdue": _l("Overdue"),
    "credits": _l("Credit notes"),
    "settled": _l("Paid"),
    "undone": _l("Undone"),
    "all": _l("All"),
}


class BlankCreditForm(Form):
    """Which invoice of a former program is credited."""

    customer_id = CustomerField(_l("Customer"), [InputRequired(_l("Choose the customer."))])
    number = TextField(_l("Number of the invoice"), [InputRequired(_l("The number is missing."))], length=NUMBER_LENGTH)
    document_date = DayField(_l("Date of the invoice"), [InputRequired(_l("The date is missing."))])


@bp.get("/invoices/taken-over")
def taken_over() -> ResponseReturnValue:
    """What a former program left open, by what is to be done about it."""
    text = request.args.get("q", "").strip()[:100]
    asked = request.args.get("customer_id", type=int)
    customer_id = asked if asked and 1 <= asked <= MAX_ID else None
    counts = taken_over_queries.counts(g.today, text, customer_id)
    tab = request.args.get("tab", "")
    if tab not in counts:
        tab = (
            "all" if text or customer_id else next((name for name in ("overdue", "to_collect") if counts[name]), "all")
        )
    kept: dict[str, Any] = {name: value for name, value in {"q": text, "customer_id": customer_id}.items() if value}
    page = taken_over_queries.page(tab, g.today, text, customer_id, request.args.get("after"))

    def url(**changes: str | None) -> str:
        return url_for("invoices.taken_over", **(kept | {"tab": tab} | changes))

    names = customer_queries.names([customer_id]) if customer_id else {}
    without = {name: value for name, value in kept.items() if name != "customer_id"}
    return render_template(
        "invoices/taken_over.html",
        tab=tab,
        text=text,
        page=page,
        kept=kept | {"tab": tab},
        tabs=[
            {
                "label": TAB_LABELS[name],
                "url": url(tab=name),
                "is_current": name == tab,
                "count": f"{COUNT_LIMIT}+" if number > COUNT_LIMIT else str(number),
            }
            for name, number in counts.items()
        ],
        active=[
            {"label": name, "remove_url": url_for("invoices.taken_over", **(without | {"tab": tab}))}
            for name in names.values()
        ],
        is_empty=not counts["all"] and not text and not customer_id,
        previous_url=url(after=page.previous) if page.previous else None,
        next_url=url(after=page.next) if page.next else None,
    )


@bp.get("/invoices/taken-over/<id:taken_over_id>")
def show_taken_over(taken_over_id: int) -> ResponseReturnValue:
    """Amounts, payments, credit notes and entries of one document."""
    row = taken_over_queries.document(taken_over_id, g.today)
    credit_notes = taken_over_queries.credit_notes_of(taken_over_id)
    items = queries.items_of(credit_notes)
    return render_template(
        "invoices/show_taken_over.html",
        row=row,
        document=row.document,
        item=row.item,
        credit_notes=queries.rows_with(credit_notes, items, g.today),
        structured_message=printed(row.document.structured_message) if row.document.structured_message else "",
        entries=timeline(SOURCE_KIND, taken_over_id),
    )


@bp.post("/invoices/taken-over/<id:taken_over_id>/credit")
def credit_taken_over(taken_over_id: int) -> ResponseReturnValue:
    """A draft credit note that names the old number and date; its lines are still to be written."""
    draft = blank_credits.draft_credit_on(taken_over_id, actor_id=g.actor_id)
    return redirect(url_for("invoices.edit", invoice_id=draft.id), 303)


@bp.route("/invoices/new-credit", methods=["GET", "POST"])
def new_credit() -> ResponseReturnValue:
    """A credit note on an invoice of a former program, whose number and date are typed in (product.md 7)."""
    form = BlankCreditForm()
    if form.validate_on_submit():
        draft = attempt(
            form,
            lambda: blank_credits.draft_blank_credit(
                form.customer_id.data,
                number=form.number.data or "",
                on=form.document_date.data,
                today=g.today,
                actor_id=g.actor_id,
            ),
        )
        if draft is not None:
            return redirect(url_for("invoices.edit", invoice_id=draft.id), 303)
    status = int(g.get("refused_status", 422)) if request.method == "POST" else 200
    return render_template("invoices/new_credit.html", form=form), status
