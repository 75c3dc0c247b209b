"""Schedules as operators make, pause and fire them; declared ones change in code alone."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.context import Caller
from chassis.errors import Conflict, NotFound
from services.jobs.commands.ending import kind_id_of
from services.jobs.commands.enqueueing import enqueue
from services.jobs.domain.schedules import next_fire
from services.jobs.models import Kind, Schedule


def save_schedule(
    session: Session,
    *,
    schedule_id: UUID,
    name: str,
    kind: str,
    cron: str,
    time_zone: str,
    missed: str,
    args: Mapping[str, Any],
    now: datetime,
) -> None:
    """Make a schedule or change it; `now` is business time.

    Raises NotFound for an unknown kind, Conflict for a name in use or a schedule declared in code.
    """
    values = {
        "name": name,
        "kind_id": kind_id_of(session, kind),
        "cron": cron,
        "time_zone": time_zone,
        "missed": missed,
        "args": dict(args),
        "next_fire_at": next_fire(cron, time_zone, now),
    }
    same_name = select(Schedule).where(Schedule.name == name, Schedule.schedule_id != schedule_id)
    if session.execute(same_name).first():
        message = "Another schedule has this name."
        raise Conflict("schedule_name_taken", message, {"/name": ["is taken"]})
    _not_declared(session, schedule_id)
    saved = insert(Schedule).values(schedule_id=schedule_id, **values)
    session.execute(
        saved.on_conflict_do_update(
            index_elements=["schedule_id"], set_={**values, "version": Schedule.version + 1}
        )
    )


def remove_schedule(session: Session, *, schedule_id: UUID) -> None:
    """Have it fire no more; jobs that it made stay. Raises NotFound, and Conflict if declared."""
    _not_declared(session, schedule_id)
    gone = delete(Schedule).where(Schedule.schedule_id == schedule_id)
    if session.execute(gone.returning(Schedule.schedule_id)).first() is None:
        raise _unknown()


def pause_schedule(session: Session, *, schedule_id: UUID) -> None:
    """Have it not fire until it is resumed. Raises NotFound."""
    paused_at = func.coalesce(Schedule.paused_at, func.clock_timestamp())
    _write(session, schedule_id, paused_at=paused_at)


def resume_schedule(session: Session, *, schedule_id: UUID, now: datetime) -> None:
    """Have it fire again from now on; what fell due meanwhile was not missed but wanted so."""
    kept = _kept(session, schedule_id)
    if kept.paused_at is not None:
        next_at = next_fire(kept.cron, kept.time_zone, now)
        _write(session, schedule_id, paused_at=None, next_fire_at=next_at)


def fire_now(session: Session, *, schedule_id: UUID, uid: UUID, caller: Caller) -> str:
    """Enqueue its job at once, beside the calendar; returns the kind. Raises NotFound, Conflict."""
    kept = _kept(session, schedule_id)
    kind = session.execute(select(Kind.name).where(Kind.kind_id == kept.kind_id)).scalar_one()
    enqueue(session, uid=uid, kind=kind, args=kept.args, caller=caller)
    return kind


def _kept(session: Session, schedule_id: UUID) -> Schedule:
    kept = session.get(Schedule, schedule_id, with_for_update=True)
    if kept is None:
        raise _unknown()
    return kept


def _not_declared(session: Session, schedule_id: UUID) -> None:
    kept = session.get(Schedule, schedule_id)
    if kept is not None and kept.is_declared:
        message = "This schedule is declared in code; it can be paused, but changed there alone."
        raise Conflict("schedule_declared", message)


def _write(session: Session, schedule_id: UUID, **values: Any) -> None:
    changed = update(Schedule).where(Schedule.schedule_id == schedule_id).values(**values)
    if session.execute(changed.returning(Schedule.schedule_id)).first() is None:
        raise _unknown()


def _unknown() -> NotFound:
    return NotFound("schedule_unknown", "There is no such schedule.")
