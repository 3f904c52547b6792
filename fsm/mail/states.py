"""What became of each recipient, written down in one place; the message's own state follows from theirs."""

import datetime as dt

from flask_babel import gettext as _

from fsm.core.audit import now
from fsm.core.db import session
from fsm.core.state import advance
from fsm.mail.models import (
    GOT_IT,
    PROBLEMS,
    TRANSITIONS,
    MailMessage,
    MailRecipient,
    MessageState,
    RecipientState,
)
from fsm.mail.smtp import Answer, Outcome

JOB = "mail.send"
# Until the next try, after each that failed for the moment; after the last of them it is given up (4 days in all).
BACK_OFF = tuple(dt.timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 480, 720, 720, 720, 1440, 1440))
LATE_AFTER = 3  # tries; from then on somebody should know
_WORDS = 1000


def settle(message: MailMessage) -> None:
    """Make the state of the message follow from its recipients'."""
    left = [row for row in message.recipients if row.state is RecipientState.SENDING]
    untouched = all(row.state in {RecipientState.SENDING, RecipientState.FAILED} for row in message.recipients)
    if not left:
        message.state = MessageState.ENDED
    else:
        message.state = MessageState.WAITING if untouched else MessageState.LEAVING
    message.has_problem = any(
        row.state in PROBLEMS or (row.state is RecipientState.SENDING and row.attempts >= LATE_AFTER)
        for row in message.recipients
    )
    session.flush()


def apply(row: MailRecipient, answer: Answer) -> dt.datetime | None:
    """Write down what the server said; gives when to try again, where that is to be done."""
    moment = now()
    row.attempts += 1
    row.information = answer.words[:_WORDS] or "-"
    row.next_try_at = None
    match answer.outcome:
        case Outcome.ACCEPTED:
            row.state = advance(TRANSITIONS, row.state, RecipientState.SENT)
            row.sent_at = moment
        case Outcome.REFUSED:
            row.state = advance(TRANSITIONS, row.state, RecipientState.FAILED)
            row.handed_at = None
        case Outcome.UNKNOWN:
            row.state = advance(TRANSITIONS, row.state, RecipientState.MAYBE_SENT)
        case Outcome.LATER:
            row.handed_at = None
            if row.attempts > len(BACK_OFF):
                row.state = advance(TRANSITIONS, row.state, RecipientState.FAILED)
            else:
                row.next_try_at = moment + BACK_OFF[row.attempts - 1]
    return row.next_try_at


def recover(message: MailMessage, handed_before: dt.datetime) -> None:
    """A worker died between handing over and writing down the answer: nobody can know whether it was taken.

    What was handed over later than that moment is still waited for, by another worker.
    """
    for row in message.recipients:
        if row.state is RecipientState.SENDING and row.handed_at is not None and row.handed_at <= handed_before:
            row.state = advance(TRANSITIONS, row.state, RecipientState.MAYBE_SENT)
            row.information = _("The program was interrupted while the server had the message: it may have arrived.")


def give_up(message: MailMessage, why: str) -> None:
    """Who still waits for it gets it no more; and where somebody has it, that its document does not know is a problem."""
    for row in message.recipients:
        if row.state is RecipientState.SENDING:
            apply(row, Answer(Outcome.REFUSED, why))
    settle(message)
    if not message.is_told and any(row.state in GOT_IT for row in message.addressed):
        row = next(row for row in message.addressed if row.state in GOT_IT)
        row.information = _("%(words)s. The document was not marked as sent: %(why)s", words=row.information, why=why)
        row.information, message.has_problem = row.information[:_WORDS], True
    session.flush()


def opened(row: MailRecipient) -> bool:
    """The link in this copy was opened; False where that was known already or tells nothing new."""
    if row.opened_at is not None or RecipientState.OPEN not in TRANSITIONS[row.state]:
        return False
    was_unsure = row.state is RecipientState.MAYBE_SENT
    row.state, row.opened_at = RecipientState.OPEN, now()
    row.sent_at = row.sent_at or row.handed_at or row.opened_at
    if was_unsure:
        settle(row.message)
    return True
