"""Posts drafts one by one, as another server process would."""

import datetime as dt
from pathlib import Path

from fsm.app import create_app
from fsm.core.db import writing
from fsm.core.errors import ConflictError
from fsm.invoices import services


def main(url: str, data_folder: str, *ids: str) -> None:
    """Post each; one that is posted already (by whoever was killed before) is passed over."""
    app = create_app(DATA_FOLDER=Path(data_folder), SQLALCHEMY_DATABASE_URI=url, SECRET_KEY="only for tests")
    with app.app_context():
        print("ready", flush=True)  # noqa: T201 - read by the test
        for invoice_id in map(int, ids):
            try:
                with writing():
                    services.post([invoice_id], actor_id=1, today=dt.date(2026, 3, 20))
            except ConflictError as refusal:
                if "posted already" not in refusal.sentence:
                    raise
