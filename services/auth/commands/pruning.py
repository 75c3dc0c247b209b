"""Rows that nothing can need any more go, in chunks, so that nobody waits."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from services.auth.models import MailedToken, SignUpReceipt, TryCount, UserSession

CHUNK = 5_000

# Each longer than what its rows are for: the window of tries, a link's or a session's life, and the
# time within which somebody may still repeat a sign-up.
OUTLIVED: tuple[tuple[InstrumentedAttribute[datetime], timedelta], ...] = (
    (TryCount.since, timedelta(days=1)),
    (MailedToken.expires_at, timedelta(days=30)),
    (UserSession.authenticated_at, timedelta(days=60)),
    (SignUpReceipt.received_at, timedelta(days=30)),
)


def prune(session: Session, *, real: datetime) -> int:
    """Delete the outlived rows, at most 5,000 of each table; returns how many went."""
    return sum(_prune(session, column, real - age) for column, age in OUTLIVED)


def _prune(session: Session, column: InstrumentedAttribute[datetime], before: datetime) -> int:
    table: Any = column.class_.__table__
    key = tuple_(*table.primary_key.columns)
    old = select(*table.primary_key.columns).where(column < before).limit(CHUNK)
    gone = delete(table).where(key.in_(old)).returning(*table.primary_key.columns)
    return len(session.execute(gone).all())
