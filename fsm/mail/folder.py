"""The mail folder: without a server, messages are files there, ``mail/2026-03/<Message-ID>.eml`` in the data folder."""

import os
import re
import tempfile
from pathlib import Path

from flask import current_app
from flask_babel import gettext as _

from fsm.mail.smtp import Answer, Outcome

_NAME = re.compile(r"[^A-Za-z0-9.@_-]")


class FolderCarrier:
    """Takes everything. The same copy written twice is one file, so nothing is ever uncertain."""

    is_repeatable = True

    def __init__(self, month: str) -> None:
        self._folder = Path(current_app.config["DATA_FOLDER"]) / "mail" / month

    def offer(self, sender: str, recipient: str) -> Answer | None:
        """Everybody is taken."""
        del sender, recipient
        return None

    def hand_over(self, name: str, data: bytes) -> Answer:
        """Whole or not at all."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._folder, prefix=".new-", delete=False) as file:
            try:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).rename(self._folder / f"{_NAME.sub('_', name)[:200]}.eml")
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
        return Answer(Outcome.ACCEPTED, _("It is in the mail folder."))

    def close(self) -> None:
        """Nothing is held."""


def eml_of(name: str) -> Path | None:
    """The file of a copy by its Message-ID, where it is there."""
    folder = Path(current_app.config["DATA_FOLDER"]) / "mail"
    return next(iter(folder.glob(f"*/{_NAME.sub('_', name)[:200]}.eml")), None)
