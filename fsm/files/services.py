"""Bytes under the data folder, named by their SHA-256, and the rows that know them."""

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path
from typing import IO

import sqlalchemy as sa
from flask import Response, current_app, send_file
from flask_babel import gettext as _
from sqlalchemy.dialects import postgresql, sqlite

from fsm.core import audit
from fsm.core.db import is_sqlite, session
from fsm.core.errors import DomainError, NotFoundError
from fsm.files.models import MAX_BYTES, StoredFile

# What a browser may show in its window; anything else is downloaded.
SHOWN = frozenset({"image/jpeg", "image/png", "image/webp", "application/pdf"})
NOTHING_RUNS = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'"


def write_bytes(data: bytes, *, most: int = MAX_BYTES) -> str:
    """Put bytes where they belong and give their SHA-256; slow (it waits for the disk), so before the write.

    The same bytes lie there once. Bytes whose row was never written are harmless and stay.
    """
    if len(data) > most:
        raise DomainError(_("This file is too large: at most %(size)s MB.", size=most // 1024**2))
    sha256 = hashlib.sha256(data).hexdigest()
    path = _path(sha256)
    with contextlib.suppress(FileNotFoundError):
        os.utime(path)  # the clean-up leaves alone what was touched today
        return sha256
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as file:
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).rename(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    for folder in (path.parent, path.parent.parent):
        _sync_folder(folder)
    return sha256


def write_stream(sha256: str, source: IO[bytes]) -> None:
    """Put back a file from a backup under its hash, unless it lies there sound; ValueError where its bytes are others."""
    path = _path(sha256)
    with contextlib.suppress(FileNotFoundError), path.open("rb") as stored:
        if hashlib.file_digest(stored, "sha256").hexdigest() == sha256:
            return
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as file:
        try:
            hashed = hashlib.sha256()
            while data := source.read(1024 * 1024):
                hashed.update(data)
                file.write(data)
            if hashed.hexdigest() != sha256:
                raise ValueError(sha256)  # noqa: TRY301 - the handler only removes the draft
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).rename(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    _sync_folder(path.parent)


def put(data: bytes, media_type: str, *, most: int = MAX_BYTES) -> StoredFile:
    """The row of these bytes, new or the one there is; writes the bytes if ``write_bytes`` has not done so before."""
    return _row(write_bytes(data, most=most), media_type, len(data))


def adopt(sha256: str, media_type: str, size: int) -> StoredFile:
    """The row of bytes that ``write_bytes`` put there before; NotFoundError where the clean-up took them."""
    try:
        os.utime(_path(sha256))  # the clean-up leaves alone what was touched today
    except FileNotFoundError:
        raise NotFoundError(_("The bytes of this file are missing: send it again.")) from None
    return _row(sha256, media_type, size)


def _row(sha256: str, media_type: str, size: int) -> StoredFile:
    insert = sqlite.insert if is_sqlite() else postgresql.insert
    session.execute(
        insert(StoredFile)
        .values(sha256=sha256, media_type=media_type, size=size, created_at=audit.now())
        .on_conflict_do_nothing(index_elements=[StoredFile.sha256])
    )
    return session.scalars(sa.select(StoredFile).where(StoredFile.sha256 == sha256)).one()


def get(file_id: int) -> StoredFile:
    """The row; NotFoundError without one."""
    file = session.get(StoredFile, file_id)
    if file is None:
        raise NotFoundError(_("There is no such file."))
    return file


def open_bytes(file_id: int) -> bytes:
    """The bytes of a file; NotFoundError without the row or the bytes."""
    return _existing(get(file_id)).read_bytes()


def response(file: StoredFile, download_name: str | None = None) -> Response:
    """The file as an answer in which nothing runs; the caller has checked who may see it.

    With a name, or where a browser should not show the type, it is downloaded. The browser may keep it, for this user,
    but asks again each time, so that a lost permission is felt at once.
    """
    shown = download_name is None and file.media_type in SHOWN
    answer = send_file(
        _existing(file),
        mimetype=file.media_type,
        as_attachment=not shown,
        download_name=download_name or f"file-{file.id}",
        etag=file.sha256,
        last_modified=file.created_at,
        conditional=True,
    )
    answer.headers["X-Content-Type-Options"] = "nosniff"
    # Chromium's PDF viewer does not start in a sandbox; a PDF's scripts never reach the page's origin anyway.
    sandbox = "" if file.media_type == "application/pdf" else "; sandbox"
    answer.headers["Content-Security-Policy"] = NOTHING_RUNS + sandbox
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


def is_intact(file: StoredFile) -> bool:
    """Whether the bytes are there and are those that were stored."""
    try:
        with _path(file.sha256).open("rb") as stored:
            return hashlib.file_digest(stored, "sha256").hexdigest() == file.sha256
    except OSError:
        return False


def _existing(file: StoredFile) -> Path:
    path = _path(file.sha256)
    if not path.is_file():
        raise NotFoundError(_("The bytes of this file are missing. Put them back from the backup."))
    return path


def _path(sha256: str) -> Path:
    return Path(current_app.config["DATA_FOLDER"]).resolve() / "files" / sha256[:2] / sha256[2:]


def _sync_folder(folder: Path) -> None:
    # The name in the folder must survive a power cut as the bytes do.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
