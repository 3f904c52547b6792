"""Pages of quotes: the list, one quote, its editor, what becomes of it."""

from flask import flash, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.catalog.tax_rates import Taxed
from fsm.company.countries import country_name
from fsm.company.forms import newer_values
from fsm.company.services import the_company
from fsm.core.audit import now
from fsm.core.db import session
from fsm.core.errors import ConflictError
from fsm.core.formats import local
from fsm.core.transactions import attempt, computes_only
from fsm.customers import queries as customer_queries
from fsm.customers.models import Site
from fsm.documents import figures, line_editor, totals_panel
from fsm.documents.answers import inline_pdf
from fsm.documents.custom_fields import labelled
from fsm.documents.line_forms import rate_choice
from fsm.documents.offers import revenue_accounts
from fsm.quotes import answer_views, links, preview_views, queries, services, visit_views  # noqa: F401 - they register their pages
from fsm.quotes.blueprint import bp
from fsm.quotes.forms import NewQuoteForm, QuoteForm, form_of
from fsm.quotes.listing import QUOTES, name_of, status_of
from fsm.quotes.models import Quote, QuoteState
from fsm.quotes.sending import MAILED
from fsm.users import list_pages
from fsm.users.history import timeline

__all__ = ["bp"]
STALE = 409

list_pages.declare(bp, QUOTES, "")


@bp.get("")
def index() -> ResponseReturnValue:
    """Tabs by state; all that narrows stands in the address."""
    customer_id = QUOTES.filters(request.args, g.actor).customer_id
    names = customer_queries.names([customer_id])
    customer_name = names.get(customer_id, _("Unknown customer")) if customer_id else ""
    return list_pages.show(QUOTES, "quotes/index.html", customer_name=customer_name)


@bp.get("/<id:quote_id>/panel")
def panel(quote_id: int) -> ResponseReturnValue:
    """The summary beside the list; opened by itself it is the page."""
    if "HX-Request" not in request.headers:
        return redirect(url_for("quotes.show", quote_id=quote_id))
    quote = queries.quote(quote_id)
    return render_template(
        "quotes/_panel.html",
        quote=quote,
        name=name_of(quote),
        status=status_of(quote, g.today),
        entries=timeline("quote", quote_id, 5),
    )


@bp.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Choose the customer; all that is known of it is then on the quote."""
    customer_id, site_id = _asked("customer_id"), _asked("site_id")
    form = NewQuoteForm(
        data={
            "customer_id": customer_queries.customer(customer_id).id if customer_id else None,
            "site_id": site_id,
        }
    )
    if form.validate_on_submit():
        asked = form.customer_id.data, form.site_id.data
        quote = attempt(form, lambda: services.create(asked[0], site_id=asked[1], actor_id=g.actor_id, today=g.today))
        if quote is not None:
            return redirect(url_for("quotes.edit", quote_id=quote.id), 303)
    site = session.get(Site, form.site_id.data) if form.site_id.data else None
    return render_template("quotes/new.html", form=form, site=site), _status()


def _asked(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None  # noqa: PLR2004 - below 2^63


def _status() -> int:
    return int(g.get("refused_status", 422)) if request.method == "POST" else 200


@bp.get("/<id:quote_id>")
def show(quote_id: int) -> ResponseReturnValue:
    quote = queries.quote(quote_id)
    totals = figures.totals_of(quote, quote.lines)
    return render_template(
        "quotes/show.html",
        quote=quote,
        name=name_of(quote),
        status=status_of(quote, g.today),
        is_expired=quote.is_expired(g.today),
        totals=totals_panel.pairs(totals, totals.taxes, quote.currency),
        link=links.live(quote_id) if quote.state is QuoteState.SENT else None,
        entries=timeline("quote", quote_id),
        own=labelled(quote.custom_values),
        country_name=country_name,
    )


@bp.get("/<id:quote_id>/pdf")
def pdf(quote_id: int) -> ResponseReturnValue:
    """A signed one always as it was signed."""
    quote = queries.quote(quote_id)
    return inline_pdf(MAILED.pdf(quote_id), f"{quote.number or f'quote-{quote.id}'}.pdf")


@bp.route("/<id:quote_id>/edit", methods=["GET", "POST"])
def edit(quote_id: int) -> ResponseReturnValue:
    """The same editor as an invoice's."""
    quote = _editable(quote_id)
    form = form_of(quote, is_sent=request.method == "POST")
    if form.validate_on_submit():
        saved = line_editor.attempt(
            form,
            lambda: services.save(quote_id, form.values(), form.line_values(), version=form.sent_version()),
        )
        if saved is not None:
            flash(_("The quote was saved."), "success")
            if request.form.get("then") == "show":
                return redirect(url_for("quotes.show", quote_id=quote_id), 303)
            return redirect(url_for("quotes.edit", quote_id=quote_id), 303)
    return _editor(form, quote_id), _status()


def _editable(quote_id: int) -> Quote:
    quote = queries.quote(quote_id)
    if quote.state is QuoteState.SIGNED:
        raise ConflictError(_("%(number)s is signed: it is final. Make a copy.", number=quote.number))
    return quote


def _editor(form: QuoteForm, quote_id: int) -> str:
    quote, company = _editable(quote_id), the_company()
    is_stale = g.get("refused_status") == STALE
    rate = services.rates_of(quote).proposed(Taxed())
    if not form.lines or not form.lines[-1].form.is_empty:
        form.pad(quote, company, rate_choice(rate.tax_rate, rate.special_status), rows=1 if quote.lines else 4)
    return render_template(
        "quotes/edit.html",
        form=form,
        quote=quote,
        name=name_of(quote),
        status=status_of(quote, g.today),
        panel=_panel(form, quote),
        accounts=revenue_accounts(),
        has_sections=any(entry.form.section.data for entry in form.lines),
        newer=newer_values(form.header(), type(form).stored(quote, company)) if is_stale else [],
        is_stale=is_stale,
        entries=timeline("quote", quote_id),
    )


def _panel(form: QuoteForm, quote: Quote) -> line_editor.Panel:
    rates = services.rates_of(quote, form.quote_date.data)
    return line_editor.panel(form, rates, {line.id: line for line in quote.lines})


@bp.post("/<id:quote_id>/totals")
@computes_only
def totals(quote_id: int) -> ResponseReturnValue:
    """The totals of what is typed so far; a row that is wrong is left out, and said."""
    quote = _editable(quote_id)
    form = form_of(quote, is_sent=True)
    form.validate()
    typed = _panel(form, quote)
    return render_template("documents/_totals.html", panel=typed), 422 if typed.note else 200


@bp.get("/<id:quote_id>/items")
def suggest(quote_id: int) -> ResponseReturnValue:
    """Kits, items and rates for the line editor, at the price and the VAT that this customer gets."""
    quote = _editable(quote_id)
    on = quote.quote_date or local(now()).date()
    return jsonify(line_editor.suggestions(request.args.get("q", ""), quote, services.rates_of(quote), on))


@bp.post("/<id:quote_id>/copy")
def copy(quote_id: int) -> ResponseReturnValue:
    quote = services.copy(quote_id, actor_id=g.actor_id, today=g.today)
    flash(_("This is the copy; the old one is as it was."), "success")
    return redirect(url_for("quotes.edit", quote_id=quote.id), 303)


@bp.post("/<id:quote_id>/delete")
def delete(quote_id: int) -> ResponseReturnValue:
    """Only before it was sent."""
    services.delete(quote_id)
    flash(_("The quote was deleted."), "success")
    return redirect(url_for("quotes.index", tab="created"), 303)
