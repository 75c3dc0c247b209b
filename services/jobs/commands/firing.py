"""Making the jobs of schedules whose time has come; business time decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ARRAY, DateTime, bindparam, or_, select, text
from sqlalchemy.orm import Session

from services.jobs.domain.schedules import Due, Missed, due, next_fire
from services.jobs.models import Kind, Schedule

ON_TIME_SECONDS = 60.0
"""A fire that comes later than this was missed; a change of leaders takes a fifth of it."""

_FIRE = text("SELECT fire_schedule(:schedule_id, :fires, :next_at)").bindparams(
    bindparam("fires", type_=ARRAY(DateTime(timezone=True))),
    bindparam("next_at", type_=DateTime(timezone=True)),
)


@dataclass(frozen=True)
class Firings:
    """How many jobs were made, of these kinds."""

    number: int
    kinds: Sequence[str]


def fire_due_schedules(session: Session, *, now: datetime) -> Firings:
    """Fire what is due at `now`, and work out when schedules are due that are new."""
    looked_at = session.execute(
        select(Schedule, Kind.name)
        .join(Kind, Kind.kind_id == Schedule.kind_id)
        .where(Schedule.paused_at.is_(None))
        .where(or_(Schedule.next_fire_at.is_(None), Schedule.next_fire_at <= now))
        .order_by(Schedule.schedule_id)
        .with_for_update(of=Schedule, skip_locked=True)
    ).all()
    number, kinds = 0, set[str]()
    for schedule, kind in looked_at:
        found = _due(schedule, now)
        if schedule.next_fire_at is None and found.next_at is None:
            continue
        values = {"fires": list(found.fires), "next_at": found.next_at}
        fired = session.execute(_FIRE, {"schedule_id": schedule.schedule_id, **values}).scalar_one()
        if fired:
            number, kinds = number + fired, kinds | {kind}
    return Firings(number, sorted(kinds))


def _due(schedule: Schedule, now: datetime) -> Due:
    if schedule.next_fire_at is None:
        return Due((), next_fire(schedule.cron, schedule.time_zone, now))
    return due(
        schedule.cron,
        schedule.time_zone,
        Missed(schedule.missed),
        next_at=schedule.next_fire_at,
        now=now,
        on_time=ON_TIME_SECONDS,
    )
