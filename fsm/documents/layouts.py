"""Layouts of documents: making, changing, archiving them, and which one a document prints with."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.company.models import BankAccount
from fsm.core import audit
from fsm.core.db import lock, session
from fsm.core.errors import ConflictError, DomainError, NotFoundError
from fsm.core.state import check_version
from fsm.documents.colors import LEAST_CONTRAST, WHITE, contrast, is_color
from fsm.documents.facts import ACCENT, LookFacts
from fsm.documents.models import DocumentSettings, Layout, TimeAnnex
from fsm.documents.pdf import DESIGNS
from fsm.documents.pictures import LOGO_BOXES
from fsm.documents.services import THE_ROW

MAX_NAME, MAX_FOOTER, MAX_FOOTER_LINES = 60, 500, 6


@dataclass(frozen=True, slots=True)
class LayoutValues:
    """A layout; as it stands, the one of a company that has made none."""

    name: str = ""
    design: str = DESIGNS[0]
    accent: str = ACCENT
    footer: str = ""
    logo_size: str = "medium"
    time_annex: TimeAnnex = TimeAnnex.NONE
    bank_account_id: int | None = None

    @property
    def look(self) -> LookFacts:
        """As it is printed."""
        return LookFacts(name=self.name, accent=self.accent or ACCENT, footer=self.footer, logo_size=self.logo_size)


def layouts(*, archived: bool = False) -> Sequence[Layout]:
    """The default one first."""
    condition = Layout.archived_at.is_not(None) if archived else Layout.archived_at.is_(None)
    query = sa.select(Layout).where(condition).order_by(Layout.is_default.desc(), Layout.name, Layout.id)
    return session.scalars(query).all()


def layout(layout_id: int) -> Layout:
    """NotFoundError where there is none."""
    row = session.get(Layout, layout_id)
    if row is None:
        raise NotFoundError(_("There is no such layout."))
    return row


def values_of(row: Layout | None) -> LayoutValues:
    """What a row says; without one, the program's own look."""
    if row is None:
        return LayoutValues()
    return LayoutValues(
        name=row.name,
        design=row.design,
        accent=row.accent,
        footer=row.footer,
        logo_size=row.logo_size,
        time_annex=row.time_annex,
        bank_account_id=row.bank_account_id,
    )


class Layouts:
    """All layouts, read once, for printing many documents."""

    def __init__(self) -> None:
        rows = session.scalars(sa.select(Layout)).all()
        self._rows = {row.id: values_of(row) for row in rows}
        self._default = next((self._rows[row.id] for row in rows if row.is_default), LayoutValues())

    def of(self, layout_id: int | None) -> LayoutValues:
        """That one, also when it was archived since; the default one for None."""
        return self._rows.get(layout_id or 0, self._default)


def add(values: LayoutValues) -> Layout:
    """The first one becomes the default. DomainError with the field of what is wrong."""
    _lock_all()
    row = Layout(**asdict(_checked(values, None)), is_default=_default() is None)
    session.add(row)
    session.flush()
    _tell(row, _("Layout %(name)s was added.", name=row.name))
    return row


def edit(layout_id: int, values: LayoutValues, *, version: int | None) -> Layout:
    """For documents to come; posted ones keep how they look."""
    row = _locked(layout_id)
    check_version(row.version, version)
    for name, value in asdict(_checked(values, row.id)).items():
        setattr(row, name, value)
    session.flush()
    _tell(row, _("Layout %(name)s was changed.", name=row.name))
    return row


def make_default(layout_id: int) -> Layout:
    """The one of documents that name none."""
    row, default = _locked(layout_id), _default()
    if row.archived_at is not None:
        raise ConflictError(_("An archived layout cannot be the default one."))
    if default is not None and default is not row:
        default.is_default = False
    row.is_default = True
    session.flush()
    _tell(row, _("Layout %(name)s became the default.", name=row.name))
    return row


def archive(layout_id: int) -> Layout:
    """Offered no more; drafts that name it keep it."""
    row = _locked(layout_id)
    if row.is_default:
        raise ConflictError(_("This is the default layout: make another one the default first."))
    if row.archived_at is None:
        row.archived_at = audit.now()
        session.flush()
        _tell(row, _("Layout %(name)s was archived.", name=row.name))
    return row


def unarchive(layout_id: int) -> Layout:
    """Offered again."""
    row = _locked(layout_id)
    if row.archived_at is not None:
        row.archived_at = None
        session.flush()
        _tell(row, _("Layout %(name)s is in use again.", name=row.name))
    return row


def checked_look(values: LayoutValues) -> LayoutValues:
    """The part that can be seen: design, colour, footer, logo. DomainError with the field."""
    accent = values.accent.strip().lower()
    if values.design not in DESIGNS:
        raise DomainError(_("There is no such design."), "design")
    if not is_color(accent):
        raise DomainError(_("A colour reads #rrggbb, like #1f4f82."), "accent")
    ratio = contrast(accent, WHITE)
    if ratio < LEAST_CONTRAST:
        sentence = _(
            "Too light to read: its contrast with white is %(ratio)s, it needs %(least)s. Choose a darker one.",
            ratio=f"{ratio:.1f}",
            least=f"{LEAST_CONTRAST:.1f}",
        )
        raise DomainError(sentence, "accent")
    if len(values.footer) > MAX_FOOTER or len(values.footer.splitlines()) > MAX_FOOTER_LINES:
        raise DomainError(
            _("At most %(letters)s characters in %(lines)s lines.", letters=MAX_FOOTER, lines=MAX_FOOTER_LINES),
            "footer",
        )
    if values.logo_size not in LOGO_BOXES:
        raise DomainError(_("There is no such size."), "logo_size")
    return replace(values, accent=accent)


def _checked(values: LayoutValues, own_id: int | None) -> LayoutValues:
    values = checked_look(replace(values, name=values.name.strip()))
    if not 1 <= len(values.name) <= MAX_NAME:
        raise DomainError(_("A name has 1 to %(count)s characters.", count=MAX_NAME), "name")
    if session.scalar(sa.select(Layout.id).where(Layout.name == values.name, Layout.id != (own_id or 0))):
        raise DomainError(_("There is a layout of this name already."), "name")
    if values.bank_account_id is not None:
        account = session.get(BankAccount, values.bank_account_id)
        if account is None or account.archived_at is not None:
            raise DomainError(_("There is no such bank account."), "bank_account_id")
    return values


def _lock_all() -> None:
    lock(DocumentSettings, [THE_ROW])  # one change of layouts at a time, so that there is exactly one default


def _locked(layout_id: int) -> Layout:
    _lock_all()
    row: Layout | None = lock(Layout, [layout_id]).get(layout_id)
    if row is None:
        raise NotFoundError(_("There is no such layout."))
    return row


def _default() -> Layout | None:
    return session.scalar(sa.select(Layout).where(Layout.is_default))


def _tell(row: Layout, sentence: str) -> None:
    audit.note([("layout", row.id), ("company", THE_ROW)], sentence)
