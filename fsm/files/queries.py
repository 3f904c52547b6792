"""Files whose bytes are not those that were stored."""

import sqlalchemy as sa

from fsm.core.db import session
from fsm.files import services
from fsm.files.models import StoredFile


def damaged() -> list[StoredFile]:
    """Reads every stored byte; for `fsm check` and after a restore, not for a page."""
    files = session.scalars(sa.select(StoredFile).order_by(StoredFile.id))
    return [file for file in files if not services.is_intact(file)]
