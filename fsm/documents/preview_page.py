"""What the customer will get, beside an editor: pages of the PDF, made of what is typed so far and kept nowhere."""

import contextlib
from collections.abc import Callable

from flask import g, render_template
from flask_babel import gettext as _

from fsm.core.db import writing
from fsm.core.errors import DomainError
from fsm.documents import preview
from fsm.documents.document_forms import DocumentForm
from fsm.documents.facts import Facts
from fsm.documents.pdf import Mark
from fsm.documents.services import render


class _UndoneError(Exception):
    """Leaves a transaction without keeping anything."""


def of_pdf(pdf: bytes, url: str = "") -> str:
    """The fragment with its pages; ``url``: where the whole of it is."""
    return render_template("documents/_preview.html", preview=preview.of(pdf), refusal="", url=url)


def refused(sentence: str) -> str:
    """The fragment that says why there is none."""
    return render_template("documents/_preview.html", preview=None, refusal=sentence, url="")


def of_stored(facts: Callable[[], Facts], url: str, *, mark: Mark | None = Mark.DRAFT) -> str:
    """Of what is saved."""
    try:
        return of_pdf(render(facts(), mark=mark), url)
    except DomainError as refusal:
        return refused(refusal.sentence)


def of_typed(form: DocumentForm, saved: Callable[[], Facts], *, mark: Mark | None = Mark.DRAFT) -> str:
    """Of what is typed so far: ``saved`` saves by the code that saves and says what is printed; none of it is kept."""
    if not form.validate():
        return refused(_("The preview waits for what is marked in the form."))
    found: list[Facts] = []
    try:
        with contextlib.suppress(_UndoneError), writing(actor_id=g.actor_id):
            found.append(saved())
            raise _UndoneError
    except DomainError as refusal:
        return refused(refusal.sentence)
    return of_pdf(render(found[0], mark=mark))
