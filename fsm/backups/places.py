"""Where backups lie."""

import os
from pathlib import Path

from flask import current_app


def folder() -> Path:
    """``FSM_BACKUPS``, by default ``backups`` in the data folder; best a folder on another disk."""
    configured = current_app.config.get("BACKUPS_FOLDER") or os.environ.get("FSM_BACKUPS")
    return Path(configured) if configured else Path(current_app.config["DATA_FOLDER"]) / "backups"
