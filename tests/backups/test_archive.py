"""An archive is whole or refused: each byte of it is proven before anything of it is used."""

import datetime as dt
import io
import os
import tarfile
from pathlib import Path

import pytest

from fsm.backups import archive
from fsm.backups.errors import BackupError
from fsm.backups.manifest import Manifest, StoredFiles, Table, dumped

SHA = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"  # of b"test"
MANIFEST = Manifest(
    made_at=dt.datetime(2026, 3, 20, 2, tzinfo=dt.UTC),
    program="1",
    revision="0001",
    engine="sqlite",
    company="Testwerk BV",
    tables={"account": Table([("id", "integer")], 2, {"id": 3})},
    left_out=[],
    sequences={"account": 2},
    files=StoredFiles(0, 0, ""),
    missing_files=[],
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A small archive with a table, a file and a key."""
    (tmp_path / "rows").write_bytes(b"rows of accounts")
    (tmp_path / "file").write_bytes(b"test")
    target = tmp_path / "small.fsmbackup"
    with target.open("wb") as file:
        writer = archive.Writer(file)
        writer.add(archive.table_part("account"), tmp_path / "rows")
        assert writer.add_stored_file(SHA, tmp_path / "file")
        assert not writer.add_stored_file(SHA, tmp_path / "rows")
        assert not writer.add_stored_file(SHA, tmp_path / "none")
        writer.add_bytes(archive.SECRET_KEY, b"s3cret")
        writer.close(MANIFEST)
    return target


def refusal(path: Path) -> str:
    with pytest.raises(BackupError) as refused, archive.reading(path):
        pass
    return str(refused.value)


def test_what_was_written_is_read(path: Path) -> None:
    with archive.reading(path) as reader:
        assert reader.part(archive.table_part("account")).read() == b"rows of accounts"
        assert [(sha, file.read()) for sha, file in reader.stored_files()] == [(SHA, b"test")]
        assert (reader.has("secret_key"), reader.has("other")) == (True, False)
        assert (reader.manifest.files.count, reader.manifest.files.size, reader.manifest.company) == (
            1,
            4,
            "Testwerk BV",
        )
    assert archive.read_manifest(path).revision == "0001"
    with tarfile.open(path) as tar:  # any tar can
        assert tar.getnames()[-1] == "manifest.json"


def test_a_flipped_byte_anywhere_is_refused(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    for at in range(0, len(whole), 41):  # heads, contents, paddings, manifest, closing line
        whole[at] ^= 1
        path.write_bytes(whole)
        assert refusal(path)
        whole[at] ^= 1


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        (b"rows of acc", "tables/account.jsonl.gz is not what was written"),
        (b"test", f"files/{SHA} is not what was written"),
        (b"s3cret", "secret_key is not what was written"),
        (b'"revision": "00', "SHA-256 is not the one"),
        (b'"company": ', "its list of contents cannot be read"),
        (b"tables/account", "its parts cannot be told apart"),
        (b"fsm-backup", "its closing line is missing"),
    ],
)
def test_the_refusal_says_what_is_damaged(path: Path, written: bytes, sentence: str) -> None:
    whole = bytearray(path.read_bytes())
    at = whole.index(written) + len(written) - 1
    whole[at] ^= 4
    path.write_bytes(whole)
    assert sentence in refusal(path)


@pytest.mark.parametrize("left", [0, 10, 3000, -1])
def test_a_file_that_was_cut_off(path: Path, left: int) -> None:
    path.write_bytes(path.read_bytes()[:left])
    assert "it was cut off" in refusal(path)


def test_a_newer_format(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"fsm-backup 0001", b"fsm-backup 0002"))
    assert "written by a newer version" in refusal(path)


def test_what_is_not_there(tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "none")


def test_a_part_put_in_later_is_refused(path: Path, tmp_path: Path) -> None:
    """Whoever writes an archive anew with a closing line of its own still cannot add tables that are not named."""
    target = tmp_path / "forged"
    with target.open("wb") as file:
        writer = archive.Writer(file)
        writer.add_bytes("tables/account.jsonl.gz", b"1")
        parts, writer._parts = writer._parts, {}
        assert parts
        writer.close(MANIFEST)
    assert "does not name" in refusal(target)


def test_nothing_hidden_in_the_manifest(path: Path) -> None:
    text = dumped(MANIFEST).decode()
    assert '"company": "Testwerk BV"' in text
    assert os.fspath(path.parent) not in text


def test_a_file_that_changes_while_it_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"test")
    writer = archive.Writer(io.BytesIO())
    monkeypatch.setattr(archive._Reading, "read", lambda self, size=-1: self.sha256.update(b"x") or b"test"[:size])
    with pytest.raises(BackupError, match="changed while it was copied"):
        writer.add_stored_file(SHA, tmp_path / "file")
