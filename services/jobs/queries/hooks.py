"""What the leader has to know before it asks services about their kinds."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from services.jobs.models import Kind, Live

USUAL_ROOM = 100
"""The backlog of a kind that does not say how much of it one worker manages."""


@dataclass(frozen=True)
class HookedKind:
    """A kind with the requests of its service, by hook, and the backlog it is to be filled to."""

    kind_id: int
    name: str
    hooks: Mapping[str, Any]
    room: int
    is_paused: bool


def hooked_kinds(session: Session) -> list[HookedKind]:
    """Kinds that have hooks, by name."""
    kinds = session.execute(select(Kind).where(Kind.hooks != {}).order_by(Kind.name)).scalars()
    return [
        HookedKind(
            kind.kind_id,
            kind.name,
            kind.hooks,
            kind.max_pending or USUAL_ROOM,
            kind.paused_at is not None,
        )
        for kind in kinds
    ]


def waiting(session: Session, *, kind: HookedKind, keys: Collection[str]) -> int:
    """How many jobs of the kind are ready, or are of these keys and wait for something else.

    Counts ready ones no further than the kind's room. Both go by an index; jobs of a kind that are
    scheduled or blocked could only be counted among those of all kinds.
    """
    found = session.execute(
        text(
            "SELECT (SELECT count(*) FROM (SELECT FROM live WHERE state = 1"
            "   AND kind_id = :kind_id LIMIT :most) r)"
            " + (SELECT count(*) FROM live WHERE unique_key = ANY (:keys) AND state IN (0, 3))"
        ),
        {
            "kind_id": kind.kind_id,
            "most": kind.room,
            "keys": [f"{kind.name} {key}" for key in keys],
        },
    )
    return int(found.scalar_one())


def live_keys(session: Session, *, kind: str, keys: Collection[str]) -> set[str]:
    """Which of these keys of the kind's selected work stand for a job that is not done."""
    by_full_key = {f"{kind} {key}": key for key in keys}
    found = session.execute(
        select(Live.unique_key).where(Live.unique_key == func.any(list(by_full_key)))
    )
    return {by_full_key[full_key] for full_key in found.scalars() if full_key}
