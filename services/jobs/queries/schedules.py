"""Schedules with when they are due next and fired last."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.jobs.models import Fire, Kind, Schedule


def schedules(session: Session) -> Mapping[str, Any]:
    """All schedules, by name."""
    last_fire = (
        select(func.max(Fire.fire_at))
        .where(Fire.schedule_id == Schedule.schedule_id)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            Schedule.schedule_id,
            Schedule.name,
            Kind.name.label("kind"),
            Schedule.cron,
            Schedule.time_zone,
            Schedule.missed,
            Schedule.args,
            Schedule.paused_at,
            Schedule.next_fire_at,
            last_fire.label("last_fire_at"),
            Schedule.is_declared,
        )
        .join(Kind, Kind.kind_id == Schedule.kind_id)
        .order_by(Schedule.name)
    )
    return {"items": [dict(row) for row in rows.mappings()]}
