"""Where backups lie, and what their names say."""

import datetime as dt
import os
import re
from pathlib import Path

from flask import current_app
from flask_babel import gettext as _

from fsm.core.errors import NotFoundError

_NAME = re.compile(r"fsm-(\d{8}-\d{6})-([a-z-]+)\.fsmbackup")


def folder() -> Path:
    """``FSM_BACKUPS``, by default ``backups`` in the data folder; best a folder on another disk."""
    configured = current_app.config.get("BACKUPS_FOLDER") or os.environ.get("FSM_BACKUPS")
    return Path(configured) if configured else Path(current_app.config["DATA_FOLDER"]) / "backups"


def file_of(name: str) -> Path:
    """The file of that name in the folder; NotFoundError for any other name."""
    path = folder() / name
    if not _NAME.fullmatch(name) or not path.is_file():
        raise NotFoundError(_("There is no such backup."))
    return path.resolve()


def moment_of(name: str) -> dt.datetime | None:
    """When it was made, by its name; None for a name that is not ours."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    try:
        return dt.datetime.strptime(found[1], "%Y%m%d-%H%M%S").replace(tzinfo=dt.UTC)
    except ValueError:
        return None


def kind_of(name: str) -> str:
    """What it was made for, by its name."""
    found = _NAME.fullmatch(name)
    return found[2] if found else ""
