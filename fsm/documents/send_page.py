"""The page by which a quote or a sales order is sent by mail."""

from collections.abc import Callable

from flask import g, render_template, request
from flask.typing import ResponseReturnValue

from fsm.core.transactions import attempt
from fsm.documents import priced_mail
from fsm.documents.priced import PricedColumns
from fsm.documents.priced_mail import Mailed
from fsm.mail.addresses import parsed
from fsm.mail.forms import TextForm
from fsm.mail.kinds import KINDS, PLACEHOLDERS, Text
from fsm.mail.services import current_settings


def send_page(
    mailed: Mailed,
    document_id: int,
    *,
    prepare: Callable[[], object],
    address: str,
    back: str,
    done: Callable[[], ResponseReturnValue],
) -> ResponseReturnValue:
    """``prepare`` runs within the write, before the message is written (a quote gets its number)."""
    document = mailed.found(document_id)
    text, to = priced_mail.beginning(mailed, document), priced_mail.recipients_of(document.customer_id)
    form = TextForm(
        data={
            "recipients": "\n".join(map(str, to)),
            "subject": text.subject,
            "body": text.body,
            "attaches_document": True,
        }
    )

    def send() -> int:
        prepare()
        return priced_mail.send(
            mailed,
            mailed.found(document_id),
            Text(form.subject.data or "", form.body.data or ""),
            parsed(form.recipients.data or "", "recipients"),
            actor_id=g.actor_id,
            attaches_pdf=bool(form.attaches_document.data),
        )

    if form.validate_on_submit() and attempt(form, send):
        return done()
    status = int(g.get("refused_status", 422)) if request.method == "POST" else 200
    kind: str = mailed.kind
    page = render_template(
        "documents/send.html",
        document=_again(mailed, document_id),
        form=form,
        address=address,
        back=back,
        settings=current_settings(),
        placeholders=[(name, PLACEHOLDERS[name][0]) for name in KINDS[kind].placeholders],
    )
    return page, status


def _again(mailed: Mailed, document_id: int) -> PricedColumns:
    """What was refused has rolled back."""
    return mailed.found(document_id)
