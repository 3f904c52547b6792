"""A manager's marks on posted entries: reviewed, or questioned with a note; both can be taken back."""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.core import audit
from fsm.core.db import lock, session
from fsm.core.errors import DomainError, NotFoundError
from fsm.ledger.models import EntryReview, JournalEntry, ReviewState

MAX_NOTE = 500
MOST = 1_000  # entries marked at once


def review(entry_ids: Iterable[int], *, actor_id: int) -> int:
    """Mark entries as reviewed, also those that were questioned; gives how many were not so before."""
    return _mark(entry_ids, ReviewState.REVIEWED, "", actor_id)


def question(entry_id: int, note: str, *, actor_id: int) -> None:
    """Put a question to an entry. DomainError at ``note`` where it is empty or too long."""
    note = note.strip()
    if not note:
        raise DomainError(_("Write what is to be found out."), "note")
    if len(note) > MAX_NOTE:
        raise DomainError(_("At most %(most)s characters.", most=MAX_NOTE), "note")
    _mark([entry_id], ReviewState.QUESTIONED, note, actor_id)


def reopen(entry_id: int) -> None:
    """Take the mark back: the entry waits in the queue again."""
    row = session.scalar(sa.select(EntryReview).where(EntryReview.entry_id == entry_id).with_for_update())
    if row is None:
        raise NotFoundError(_("This entry bears no mark."))
    session.delete(row)
    session.flush()
    audit.note([("journal_entry", entry_id)], _("Waits for review again"))


def marks(entry_ids: Iterable[int]) -> Mapping[int, EntryReview]:
    """The marks of these entries, by entry."""
    query = sa.select(EntryReview).where(EntryReview.entry_id.in_(list(entry_ids)))
    return {row.entry_id: row for row in session.scalars(query)}


def _mark(entry_ids: Iterable[int], state: ReviewState, note: str, actor_id: int) -> int:
    ids = sorted(set(entry_ids))
    if not ids:
        raise DomainError(_("Choose at least one entry."))
    if len(ids) > MOST:
        raise DomainError(_("At most %(most)s at once.", most=MOST))
    # The entries are held: two managers marking the same ones wait for each other.
    entries = lock(JournalEntry, ids)
    if len(entries) != len(ids) or any(entry.posted_at is None for entry in entries.values()):
        raise NotFoundError(_("There is no such entry."))
    known, changed = marks(ids), []
    for entry_id in ids:
        row = known.get(entry_id)
        if row is None:
            session.add(EntryReview(entry_id=entry_id, state=state, note=note, by_id=actor_id, at=audit.now()))
        elif (row.state, row.note) == (state, note):
            continue
        else:
            row.state, row.by_id, row.at = state, actor_id, audit.now()
            row.note = note or row.note  # what was asked stays beside the answer that it was looked at
        changed.append(entry_id)
    session.flush()
    sentence = _("Reviewed") if state is ReviewState.REVIEWED else _("Questioned: %(note)s", note=note)
    audit.notes(([("journal_entry", entry_id)], sentence) for entry_id in changed)
    return len(changed)
