"""What screens and other slices ask about documents."""

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.core.db import only_row, session
from fsm.core.errors import NotFoundError
from fsm.documents.models import DocumentSettings, Layout


def default_layout() -> Layout | None:
    """The layout of new documents; None where the company has made none."""
    return session.scalars(sa.select(Layout).where(Layout.is_default, Layout.archived_at.is_(None))).first()


def layouts(*, keep: int | None = None) -> list[Layout]:
    """Those in use by name, and the one to ``keep`` whatever it is now."""
    query = sa.select(Layout).where(Layout.archived_at.is_(None) | (Layout.id == (keep or 0)))
    return list(session.scalars(query.order_by(Layout.name)))


def settings() -> DocumentSettings:
    """The defaults of new documents; NotFoundError before the first start."""
    row = only_row(DocumentSettings)
    if row is None:
        raise NotFoundError(_("The company has not been set up yet."))
    return row
