"""Logins and failed logins that have had their day."""

import datetime as dt

import sqlalchemy as sa

from fsm.core.db import session
from fsm.users.login import FAILURES_KEPT
from fsm.users.models import LoginFailure, UserSession
from fsm.users.sessions import KEPT_AFTER_END

LOT = 1000


def forget_sessions(now: dt.datetime) -> int:
    """Delete a lot of sessions that ended a month ago; gives how many."""
    before = now - KEPT_AFTER_END
    some = (
        sa.select(UserSession.id)
        .where(sa.or_(UserSession.expires_at < before, UserSession.revoked_at < before))
        .order_by(UserSession.id)
        .limit(LOT)
    )
    return len(session.execute(sa.delete(UserSession).where(UserSession.id.in_(some)).returning(UserSession.id)).all())


def forget_failures(now: dt.datetime) -> int:
    """Delete a lot of failed logins that no longer count; gives how many."""
    some = sa.select(LoginFailure.id).where(LoginFailure.at < now - FAILURES_KEPT).order_by(LoginFailure.id).limit(LOT)
    gone = session.execute(sa.delete(LoginFailure).where(LoginFailure.id.in_(some)).returning(LoginFailure.id))
    return len(gone.all())
