"""What must always be true of claimed costs; a sentence per violation (accounting.md 8)."""

import functools
from collections.abc import Iterator

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import aliased

from fsm.ledger.checks import AnySelect, streamed
from fsm.ledger.models import JournalEntry
from fsm.reminders.models import ClaimedCost
from fsm.reminders.services import SOURCE_KIND


def claimed_costs_have_their_entry() -> Iterator[str]:
    """A claimed cost has its entry, reversed exactly if it is waived."""
    for (cost_id,) in streamed(_that_disagree()):
        yield _("Claimed cost %(id)s and its journal entry do not agree.", id=cost_id)


@functools.cache
def _that_disagree() -> AnySelect:
    reversal = aliased(JournalEntry)
    return (
        sa.select(ClaimedCost.id)
        .outerjoin(JournalEntry, JournalEntry.id == ClaimedCost.entry_id)
        .outerjoin(reversal, reversal.reverses_id == ClaimedCost.entry_id)
        .where(
            sa.or_(
                JournalEntry.id.is_(None),
                JournalEntry.source_kind != SOURCE_KIND,
                JournalEntry.source_id != ClaimedCost.id,
                JournalEntry.entry_date != ClaimedCost.claimed_on,
                sa.func.coalesce(reversal.id, 0) != sa.func.coalesce(ClaimedCost.undone_entry_id, 0),
                ClaimedCost.undone_at.is_(None) != ClaimedCost.undone_entry_id.is_(None),
            )
        )
        .order_by(ClaimedCost.id)
    )
