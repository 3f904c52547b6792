"""The pages of layouts: which there are, one of them with its live preview."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fsm.company.forms import language_choices, newer_values
from fsm.company.models import BankAccount, Language
from fsm.company.queries import bank_accounts, default_bank_account
from fsm.company.services import the_company
from fsm.core.db import session
from fsm.core.errors import DomainError
from fsm.core.transactions import attempt
from fsm.documents import layouts, preview, services
from fsm.documents.facts import ACCENT
from fsm.documents.layout_forms import LayoutForm
from fsm.documents.layouts import LayoutValues
from fsm.documents.models import TimeAnnex
from fsm.documents.pdf import DESIGNS
from fsm.documents.sample import sample
from fsm.users.history import timeline

bp = Blueprint("layouts", __name__, url_prefix="/settings/layouts")
THUMB_PIXELS, STALE = 560, 409


@bp.get("")
def index() -> ResponseReturnValue:
    """All of them, archived ones last."""
    return render_template(
        "documents/layouts.html", layouts=layouts.layouts(), archived_layouts=layouts.layouts(archived=True)
    )


@bp.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """The first one becomes the default."""
    form = LayoutForm.of(LayoutValues(), bank_accounts())
    if form.validate_on_submit():
        row = attempt(form, lambda: layouts.add(form.values()))
        if row is not None:
            flash(_("%(name)s was saved.", name=row.name), "success")
            return redirect(url_for("layouts.index"), 303)
    return render_template("documents/new_layout.html", form=form, **_choices()), _status()


@bp.route("/<id:layout_id>/edit", methods=["GET", "POST"])
def edit(layout_id: int) -> ResponseReturnValue:
    """Posted documents keep how they look."""
    form = LayoutForm.of(layouts.layout(layout_id), bank_accounts())
    if form.validate_on_submit():
        version = form.sent_version()
        row = attempt(form, lambda: layouts.edit(layout_id, form.values(), version=version))
        if row is not None:
            flash(_("%(name)s was saved.", name=row.name), "success")
            return redirect(url_for("layouts.index"), 303)
    row = layouts.layout(layout_id)
    is_stale = g.get("refused_status") == STALE
    newer = newer_values(form, LayoutForm.of(row, bank_accounts(), is_sent=False)) if is_stale else []
    page = render_template(
        "documents/edit_layout.html",
        form=form,
        layout=row,
        newer=newer,
        entries=timeline("layout", layout_id),
        **_choices(),
    )
    return page, _status()


def _choices() -> dict[str, object]:
    return {"languages": language_choices(), "sample_language": the_company().language.value}


@bp.get("/preview")
def show_preview() -> ResponseReturnValue:
    """A sample in the look that is typed so far; ``layout_id`` alone: in that layout, small."""
    sent = request.args
    if sent.get("layout_id", "").isascii() and sent.get("layout_id", "").isdigit():
        return _page(layouts.values_of(layouts.layout(int(sent["layout_id"][:18]))), THUMB_PIXELS)
    values = LayoutValues(
        design=sent.get("design", DESIGNS[0]),
        accent=sent.get("accent", ACCENT),
        footer=sent.get("footer", ""),
        logo_size=sent.get("logo_size", "medium"),
        time_annex=TimeAnnex(sent["time_annex"]) if sent.get("time_annex") in set(TimeAnnex) else TimeAnnex.NONE,
        bank_account_id=_number(sent.get("bank_account_id", "")),
    )
    try:
        return _page(layouts.checked_look(values), preview.PIXELS)
    except DomainError as refusal:
        return render_template("documents/_preview.html", preview=None, refusal=refusal.sentence, url="")


def _page(values: LayoutValues, pixels: int) -> str:
    account = session.get(BankAccount, values.bank_account_id or 0) or default_bank_account()
    company = the_company()
    asked = request.args.get("language", "")
    language = Language(asked) if asked in set(Language) else company.language
    facts = sample(values, company=company, account=account, language=language, today=g.today)
    most = preview.MOST_PAGES if pixels == preview.PIXELS else 1
    pages = preview.of(services.render(facts), most=most, pixels=pixels)
    return render_template("documents/_preview.html", preview=pages, refusal="", url="")


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None  # noqa: PLR2004 - below 2^63


@bp.post("/<id:layout_id>/default")
def make_default(layout_id: int) -> ResponseReturnValue:
    """The one of documents that name none."""
    row = layouts.make_default(layout_id)
    flash(_("%(name)s is the default layout now.", name=row.name), "success")
    return redirect(url_for("layouts.index"), 303)


@bp.post("/<id:layout_id>/archive")
def archive(layout_id: int) -> ResponseReturnValue:
    """Offered no more."""
    row = layouts.archive(layout_id)
    flash(_("%(name)s was archived.", name=row.name), "success")
    return redirect(url_for("layouts.index"), 303)


@bp.post("/<id:layout_id>/unarchive")
def unarchive(layout_id: int) -> ResponseReturnValue:
    """Offered again."""
    row = layouts.unarchive(layout_id)
    flash(_("%(name)s is in use again.", name=row.name), "success")
    return redirect(url_for("layouts.index"), 303)


def _status() -> int:
    return int(g.get("refused_status", 422)) if request.method == "POST" else 200
