"""The suite's business time, which sandbox mode may move ahead."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis import outbox, timekeeping
from chassis.errors import Denied
from chassis.plumbing import clock as clock_table
from services.jobs.events import ClockAdvanced


def advance_clock(session: Session, *, seconds: int, is_sandbox: bool) -> int:
    """Move the suite's business time ahead; returns the whole offset in seconds."""
    if not is_sandbox:
        raise Denied("clock_is_real", "Business time can be moved in sandbox mode only.")
    timekeeping.remember(session, 0, 0)
    kept = session.execute(
        select(clock_table.c.offset_seconds, clock_table.c.version).with_for_update()
    ).one()
    offset, version = kept.offset_seconds + seconds, kept.version + 1
    timekeeping.remember(session, offset, version)
    outbox.stage(session, ClockAdvanced(offset_seconds=offset, version=version))
    return int(offset)
