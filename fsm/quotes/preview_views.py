"""What the customer will get, beside the editor of a quote."""

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.core.errors import ConflictError
from fsm.core.transactions import computes_only
from fsm.documents import preview_page
from fsm.documents.facts import Facts
from fsm.quotes import queries, services
from fsm.quotes.blueprint import bp
from fsm.quotes.forms import form_of
from fsm.quotes.models import QuoteState
from fsm.quotes.sending import MAILED, mark_of


@bp.get("/<id:quote_id>/preview")
def preview(quote_id: int) -> ResponseReturnValue:
    """As it is saved; a signed one as it was signed."""
    quote, url = queries.quote(quote_id), url_for("quotes.pdf", quote_id=quote_id)
    if quote.state is QuoteState.SIGNED:
        return preview_page.of_pdf(MAILED.pdf(quote_id), url)
    return preview_page.of_stored(lambda: services.facts_of(quote), url, mark=mark_of(quote))


@bp.post("/<id:quote_id>/preview")
@computes_only
def preview_typed(quote_id: int) -> ResponseReturnValue:
    """Of what is typed so far."""
    quote = queries.quote(quote_id)
    if quote.state is QuoteState.SIGNED:
        raise ConflictError(_("%(number)s is signed: it is final. Make a copy.", number=quote.number))
    form, version = form_of(quote, is_sent=True), quote.version

    def saved() -> Facts:
        return services.facts_of(services.save(quote_id, form.values(), form.line_values(), version=version))

    return preview_page.of_typed(form, saved, mark=mark_of(quote))
