"""Works month-end runs off as the worker does, but for the PDFs, until none is left; runs are given up after two seconds."""

import datetime as dt
import time
from pathlib import Path

import sqlalchemy as sa

from fsm.app import create_app
from fsm.core import jobs
from fsm.core.audit import now
from fsm.core.db import session
from fsm.core.jobs import Job, JobState
from fsm.invoices import jobs as invoice_jobs
from fsm.invoices import month_end


def main(url: str, data_folder: str, lot: str) -> None:
    """Take what is due; wait for what another had who may be dead; end when all is done."""
    jobs.LEASE = month_end.LEASE = dt.timedelta(seconds=2)
    month_end.LOT = int(lot)
    invoice_jobs.today = lambda: dt.date(2026, 3, 20)
    app = create_app(DATA_FOLDER=Path(data_folder), SQLALCHEMY_DATABASE_URI=url, SECRET_KEY="only for tests")
    left = sa.select(sa.func.min(Job.run_at)).where(Job.is_urgent, Job.state.in_([JobState.WAITING, JobState.RUNNING]))
    while True:
        with app.app_context():
            due = session.scalar(left)
            session.rollback()
            if due is None:
                return
            if due <= now():
                jobs.run_one(app.extensions["job_handlers"])
        time.sleep(0.05)
