"""How a service follows the suite's clock: the offset it was told, kept in its own schema."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis import clock
from chassis.plumbing import clock as clock_table

THE_ONE = 1


def remember(session: Session, offset_seconds: int, version: int) -> None:
    """Keep the newest offset; an older version that arrives later changes nothing."""
    values = {"offset_seconds": offset_seconds, "version": version}
    told = insert(clock_table).values(clock_id=THE_ONE, **values)
    session.execute(
        told.on_conflict_do_update(
            index_elements=["clock_id"], set_=values, where=clock_table.c.version < version
        )
    )


def follow(session: Session) -> None:
    """Set this process' clock to the kept offset; every replica does so once a second."""
    offset = session.execute(select(clock_table.c.offset_seconds)).scalar_one_or_none()
    clock.set_offset(timedelta(seconds=offset or 0))
