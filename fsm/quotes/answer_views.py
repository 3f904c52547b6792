"""What becomes of a quote: sent, signed (which makes the sales order), declined; the link to sign online."""

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.core.errors import NotFoundError
from fsm.core.transactions import attempt
from fsm.documents.send_page import send_page
from fsm.files import services as files
from fsm.quotes import links, queries, services
from fsm.quotes.blueprint import bp
from fsm.quotes.forms import DeclineForm, SignedForm
from fsm.quotes.listing import name_of
from fsm.quotes.sending import MAILED
from fsm.quotes.services import Signed


@bp.route("/<id:quote_id>/send", methods=["GET", "POST"])
def send(quote_id: int) -> ResponseReturnValue:
    """By mail from here (S0); it counts as sent once a server has taken it."""
    back = url_for("quotes.show", quote_id=quote_id)

    def done() -> ResponseReturnValue:
        flash(_("It is on its way. What comes of it is said under Mail."), "success")
        return redirect(back, 303)

    return send_page(
        MAILED,
        quote_id,
        prepare=lambda: services.give_number(quote_id, today=g.today),
        address=url_for("quotes.send", quote_id=quote_id),
        back=back,
        done=done,
    )


@bp.post("/<id:quote_id>/mark-sent")
def mark_sent(quote_id: int) -> ResponseReturnValue:
    """S0: its status is set to "Sent by mail" where it went another way than from here."""
    words = {"mail": _("By e-mail"), "post": _("By post"), "hand": _("Handed over")}
    how = words.get(request.form.get("how", ""), words["mail"])
    quote = services.mark_sent(quote_id, how=how, today=g.today)
    flash(_("%(number)s is marked as sent.", number=quote.number), "success")
    return redirect(url_for("quotes.show", quote_id=quote_id), 303)


@bp.route("/<id:quote_id>/sign", methods=["GET", "POST"])
def sign(quote_id: int) -> ResponseReturnValue:
    """Signing makes the sales order and opens it (S0)."""
    form = SignedForm()
    if form.validate_on_submit():
        signed = Signed(form.signer_name.data or "")
        order = attempt(form, lambda: services.sign(quote_id, signed, actor_id=g.actor_id, today=g.today))
        if order is not None:
            flash(_("Signed: this is the sales order. Next: send it."), "success")
            return redirect(url_for("sales_orders.show", order_id=order.id), 303)
    quote = queries.quote(quote_id)
    return render_template("quotes/sign.html", form=form, quote=quote, name=name_of(quote)), _status()


@bp.route("/<id:quote_id>/decline", methods=["GET", "POST"])
def decline(quote_id: int) -> ResponseReturnValue:
    form = DeclineForm()
    if form.validate_on_submit() and attempt(
        form, lambda: services.decline(quote_id, form.reason.data or "", today=g.today)
    ):
        flash(_("The quote is declined."), "success")
        return redirect(url_for("quotes.show", quote_id=quote_id), 303)
    quote = queries.quote(quote_id)
    return render_template("quotes/decline.html", form=form, quote=quote, name=name_of(quote)), _status()


def _status() -> int:
    return int(g.get("refused_status", 422)) if request.method == "POST" else 200


@bp.post("/<id:quote_id>/link")
def make_link(quote_id: int) -> ResponseReturnValue:
    """A new link to sign; an older one does not work any more."""
    quote = queries.quote(quote_id)
    links.make(quote_id, actor_id=g.actor_id, last_moment=links.end_of(quote))
    flash(_("The link is made: copy it into your message to the customer."), "success")
    return redirect(url_for("quotes.show", quote_id=quote_id, _anchor="link"), 303)


@bp.post("/<id:quote_id>/revoke-link")
def revoke_link(quote_id: int) -> ResponseReturnValue:
    links.revoke(quote_id)
    flash(_("The link does not work any more."), "success")
    return redirect(url_for("quotes.show", quote_id=quote_id, _anchor="link"), 303)


@bp.get("/<id:quote_id>/signature")
def signature(quote_id: int) -> ResponseReturnValue:
    """What the customer drew."""
    signed = queries.quote(quote_id).signature
    if signed is None or signed.file_id is None:
        raise NotFoundError(_("There is no such signature."))
    return files.response(files.get(signed.file_id))
