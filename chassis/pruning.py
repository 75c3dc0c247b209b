"""Plumbing rows go once nothing can need them any more; in chunks, so that nobody waits."""

from datetime import timedelta

from sqlalchemy import Table, delete, func, select
from sqlalchemy.orm import Session

from chassis.plumbing import inbox, outbox, reply

# Longer than any replay of a dead letter that an operator would still want.
MESSAGES_FOR = timedelta(days=30)
ANSWERS_FOR = timedelta(hours=24)
CHUNK = 5_000


def prune(session: Session) -> int:
    """Delete the oldest outlived rows, at most 5,000 of each table; returns how many went."""
    return sum(
        _prune(session, table, column, age)
        for table, column, age in (
            (outbox, "published_at", MESSAGES_FOR),
            (inbox, "handled_at", MESSAGES_FOR),
            (reply, "answered_at", ANSWERS_FOR),
        )
    )


def _prune(session: Session, table: Table, column: str, age: timedelta) -> int:
    key = next(iter(table.primary_key.columns))
    old = select(key).where(table.c[column] < func.clock_timestamp() - age).limit(CHUNK)
    return len(session.execute(delete(table).where(key.in_(old)).returning(key)).all())
