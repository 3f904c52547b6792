"""What screens and other slices ask about documents."""

from flask_babel import gettext as _

from fsm.core.db import session
from fsm.core.errors import NotFoundError
from fsm.documents.models import DocumentSettings
from fsm.documents.services import THE_ROW


def settings() -> DocumentSettings:
    """The defaults of new documents; NotFoundError before the first start."""
    row = session.get(DocumentSettings, THE_ROW)
    if row is None:
        raise NotFoundError(_("The company has not been set up yet."))
    return row
