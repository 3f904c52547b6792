"""The archive of a backup: a tar that any tar can list, and one closing line with the hash of all before it.

Parts: ``tables/<name>.jsonl.gz``, ``files/<sha256>``, ``secret_key``, ``manifest.json``. The closing line tells where the
manifest is, so that a list of backups reads a few kilobytes of each, and it is what a file that was cut off lacks.
"""

import hashlib
import io
import os
import re
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, TypeAlias

from flask_babel import gettext as _

from fsm.backups.errors import BackupError
from fsm.backups.manifest import FORMAT, Manifest, StoredFiles, dumped, parsed

Progress: TypeAlias = Callable[[int], None]
"""Told how many bytes were read or written since it was told last."""

MANIFEST, SECRET_KEY = "manifest.json", "secret_key"
CHUNK = 1024 * 1024
MOST_MANIFEST_BYTES = 16 * 1024 * 1024
_CLOSING = re.compile(rb"fsm-backup (\d{4}) (\d{20}) (\d{12}) ([0-9a-f]{64})\n")
_CLOSING_BYTES = len(b"fsm-backup 0001 ") + 21 + 13 + 64 + 1


def table_part(table: str) -> str:
    """The name of a table's part."""
    return f"tables/{table}.jsonl.gz"


def file_part(sha256: str) -> str:
    """The name of a stored file's part."""
    return f"files/{sha256}"


class _HashedFile:
    """What tarfile writes to: counts and hashes what goes by."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.sha256, self.size = file, hashlib.sha256(), 0

    def write(self, data: bytes) -> int:
        self.sha256.update(data)
        self.size += len(data)
        return self.file.write(data)

    def tell(self) -> int:
        return self.size


class Writer:
    """Adds parts one after the other; ``close`` ends the archive."""

    def __init__(self, file: IO[bytes]) -> None:
        self._out = _HashedFile(file)
        self._tar = tarfile.open(fileobj=self._out, mode="w", format=tarfile.PAX_FORMAT)  # type: ignore[call-overload]  # noqa: SIM115 # reason: it only writes and tells
        self._parts: dict[str, str] = {}
        self._files = hashlib.sha256()
        self._count = self._size = 0

    def add(self, name: str, source: Path, progress: Progress | None = None) -> None:
        """A part with the contents of a file of ours."""
        with source.open("rb") as file:
            self._parts[name] = self._add(name, file, os.fstat(file.fileno()).st_size, progress)

    def add_bytes(self, name: str, data: bytes) -> None:
        """A small part."""
        self._parts[name] = self._add(name, io.BytesIO(data), len(data), None)

    def add_stored_file(self, sha256: str, source: Path, progress: Progress | None = None) -> bool:
        """A stored file; in ascending order of hashes. False, and nothing added, where its bytes are not its own."""
        try:
            with source.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                    return False
                size = file.seek(0, os.SEEK_END)
                file.seek(0)
                if self._add(file_part(sha256), file, size, progress) != sha256:
                    raise BackupError(_("The file %(name)s changed while it was copied.", name=sha256))
        except FileNotFoundError:
            return False
        self._files.update(sha256.encode())
        self._count, self._size = self._count + 1, self._size + size
        return True

    def _add(self, name: str, file: IO[bytes], size: int, progress: Progress | None) -> str:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = size, 0o600
        reading = _Reading(file, progress)
        self._tar.addfile(entry, reading)
        return reading.sha256.hexdigest()

    def close(self, manifest: Manifest) -> Manifest:
        """Write the manifest with what is known now, and the closing line; gives the manifest as written."""
        files = StoredFiles(self._count, self._size, self._files.hexdigest())
        whole = replace(manifest, files=files, parts=self._parts)
        data = dumped(whole)
        offset = self._out.tell() + tarfile.BLOCKSIZE  # behind its own head
        self._tar.addfile(_entry(MANIFEST, len(data)), io.BytesIO(data))
        self._tar.close()
        head = f"fsm-backup {FORMAT:04d} {offset:020d} {len(data):012d} ".encode()
        self._out.write(head)
        self._out.file.write(self._out.sha256.hexdigest().encode() + b"\n")
        return whole


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    return entry


class _Reading:
    """A source that hashes what is read from it."""

    def __init__(self, file: IO[bytes], progress: Progress | None) -> None:
        self.file, self.sha256, self.progress = file, hashlib.sha256(), progress

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(size)
        self.sha256.update(data)
        if self.progress:
            self.progress(len(data))
        return data


def read_manifest(path: Path) -> Manifest:
    """What a backup says of itself, without proof; BackupError for what is no backup of ours."""
    with _opened(path) as file:
        return _manifest(file, path)[0]


class Reader:
    """An archive whose every byte has been proven; gives its parts."""

    def __init__(self, path: Path, manifest: Manifest, tar: tarfile.TarFile) -> None:
        self.path, self.manifest, self._tar = path, manifest, tar

    def part(self, name: str) -> IO[bytes]:
        """The bytes of a part, from its beginning."""
        found = self._tar.extractfile(name)
        if found is None:
            raise BackupError(_("The backup is damaged: %(part)s is missing in it.", part=name))
        return found

    def has(self, name: str) -> bool:
        """Whether there is such a part."""
        return name in self._tar.getnames()

    def stored_files(self) -> Iterator[tuple[str, IO[bytes]]]:
        """Each stored file by its hash."""
        for entry in self._tar:
            folder, _slash, sha256 = entry.name.partition("/")
            if folder == "files":
                yield sha256, self.part(entry.name)


@contextmanager
def reading(path: Path, progress: Progress | None = None) -> Iterator[Reader]:
    """Prove an archive whole, then give it; BackupError says what is damaged."""
    with _opened(path) as file:
        manifest, closing = _manifest(file, path)
        if not _is_whole(file, closing, progress):
            raise BackupError(_what_is_damaged(file, manifest))
        file.seek(0)
        with tarfile.open(fileobj=file, mode="r:") as tar:
            if not {entry.name for entry in tar if entry.name.startswith("tables/")} <= manifest.parts.keys():
                raise BackupError(_("The backup has parts that its list of contents does not name."))
            yield Reader(path, manifest, tar)


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise BackupError(
            _("The backup %(path)s cannot be opened: %(reason)s.", path=path, reason=error.strerror)
        ) from error
    with file:
        yield file


def _manifest(file: IO[bytes], path: Path) -> tuple[Manifest, re.Match[bytes]]:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _CLOSING_BYTES))
    closing = _CLOSING.fullmatch(file.read())
    if closing is None:
        raise BackupError(
            _("%(name)s is no backup of fsm, or it was cut off: its closing line is missing.", name=path.name)
        )
    if int(closing[1]) > FORMAT:
        raise BackupError(
            _(
                "The backup %(name)s was written by a newer version of fsm (format %(format)s; this one reads %(mine)s).",
                name=path.name,
                format=int(closing[1]),
                mine=FORMAT,
            )
        )
    offset, length = int(closing[2]), int(closing[3])
    if offset + length > size or length > MOST_MANIFEST_BYTES:
        raise BackupError(_("The backup is damaged: its closing line does not fit it."))
    file.seek(offset)
    return parsed(file.read(length)), closing


def _is_whole(file: IO[bytes], closing: re.Match[bytes], progress: Progress | None) -> bool:
    left = file.seek(0, os.SEEK_END) - len(closing[4]) - 1
    file.seek(0)
    sha256 = hashlib.sha256()
    while left and (data := file.read(min(CHUNK, left))):
        sha256.update(data)
        left -= len(data)
        if progress:
            progress(len(data))
    return sha256.hexdigest().encode() == closing[4]


def _hash(file: IO[bytes]) -> str:
    sha256 = hashlib.sha256()
    while data := file.read(CHUNK):
        sha256.update(data)
    return sha256.hexdigest()


def _what_is_damaged(file: IO[bytes], manifest: Manifest) -> str:
    """The first part that is not what was written; the whole where only what lies between parts has changed."""
    file.seek(0)
    try:
        with tarfile.open(fileobj=file, mode="r:") as tar:
            for entry in tar:
                wanted = entry.name.removeprefix("files/")
                wanted = manifest.parts.get(entry.name, wanted if wanted != entry.name else "")
                found = tar.extractfile(entry)
                if wanted and found and _hash(found) != wanted:
                    return _("The backup is damaged: %(part)s is not what was written.", part=entry.name)
    except (tarfile.TarError, OSError, EOFError):
        return _("The backup is damaged: its parts cannot be told apart any more.")
    return _("The backup is damaged: its SHA-256 is not the one in its closing line.")
