"""Bytes whose row was never written: the request that uploaded them was refused, or its process died."""

import datetime as dt
import os
import re
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from flask import current_app

from fsm.core.db import session
from fsm.files.models import StoredFile

KEPT = dt.timedelta(days=1)
_NAME = re.compile(r"[0-9a-f]{62}")
_GONE = ".gone-"


def remove_orphans(now: dt.datetime) -> int:
    """Remove files older than a day that no row names, and drafts of that age; gives how many. No transaction needed."""
    folder = Path(current_app.config["DATA_FOLDER"]) / "files"
    return sum(_remove(path, now) for path in list(_old(folder, now)) if not _is_named(path))


def _old(folder: Path, now: dt.datetime) -> Iterator[Path]:
    for path in folder.glob("??/*"):
        is_ours = _NAME.fullmatch(path.name) or path.name.startswith((".new-", _GONE))
        if is_ours and _is_old(path, now):
            yield path


def _is_old(path: Path, now: dt.datetime) -> bool:
    try:
        return path.stat().st_mtime < (now - KEPT).timestamp()
    except FileNotFoundError:
        return False


def _is_named(path: Path) -> bool:
    query = sa.select(StoredFile.id).where(StoredFile.sha256 == path.parent.name + path.name)
    found = session.scalar(query) is not None
    session.rollback()
    return found


def _remove(path: Path, now: dt.datetime) -> bool:
    """Whoever uploads the same bytes at this moment touches the file first (services.write_bytes): then it stays."""
    aside = path.with_name(f"{_GONE}{path.name}")
    try:
        path.rename(aside)
    except FileNotFoundError:
        return False
    if not _is_old(aside, now):
        os.replace(aside, path)  # noqa: PTH105 - the path's method says the same
        return False
    aside.unlink()
    return True
