"""What the jobs service does: accept jobs, keep house, bring back the dead, move the clock."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from chassis import outbox, timekeeping
from chassis.context import Caller
from chassis.errors import Conflict, Denied, NotFound
from chassis.plumbing import clock as clock_table
from chassis.shapes import plain
from services.jobs import domain
from services.jobs.events import ClockAdvanced, JobDied
from services.jobs.models import Done, EnqueueReceipt, Kind

PROMOTE_AT_ONCE = 5_000
RESCUE_AT_ONCE = 1_000
ANNOUNCE_AT_ONCE = 200


def declare_kinds(session: Session, kinds: Iterable[Mapping[str, Any]]) -> None:
    """Make the kinds of this build known, and what they now say of time-outs and attempts."""
    session.execute(
        text("SELECT declare_kinds(CAST(:kinds AS jsonb), true)"),
        {"kinds": json.dumps(list(kinds))},
    )


def enqueue(
    session: Session, *, uid: UUID, kind: str, args: Mapping[str, Any], caller: Caller, **rest: Any
) -> bool:
    """Accept a job; returns whether the same one had been accepted before.

    Raises NotFound for a kind nobody declared, which as an event is tried again later: the service
    may be newer than this one. Raises Conflict for a uid that stands for other content.
    """
    described = {
        "uid": uid,
        "kind": kind,
        "args": args,
        **rest,
        "site_id": caller.site_id,
        "account_id": caller.account_id,
        "request_id": caller.request_id,
    }
    verdict = session.execute(
        text("SELECT verdict FROM enqueue(CAST(:jobs AS jsonb))"),
        {"jobs": json.dumps([plain(described)])},
    ).scalar_one()
    _check(verdict, kind)
    return bool(verdict == "repeated")


def _check(verdict: str, kind: str) -> None:
    if verdict == "unknown_kind":
        message = f"No service declares jobs of the kind {kind}."
        raise NotFound("kind_unknown", message, {"/kind": ["is not declared by any service"]})
    if verdict == "conflict":
        raise Conflict("uid_taken", "This uid stands for another job.")


def ready_due_jobs(session: Session) -> list[str]:
    """Make jobs ready whose time has come; returns their kinds."""
    _read_committed(session)
    moved = session.execute(text("SELECT kind FROM promote(:most)"), {"most": PROMOTE_AT_ONCE})
    return list(moved.scalars())


@dataclass(frozen=True)
class Rescued:
    """The nodes that were found dead, and how many jobs were taken back."""

    nodes: Sequence[str]
    jobs: int


def rescue(session: Session) -> Rescued:
    """End sessions whose lease has run out, and take back what nobody runs any more."""
    _read_committed(session)
    dead = session.execute(text("SELECT expire_sessions()")).scalars().all()
    taken = session.execute(
        text("SELECT (SELECT count(*) FROM rescue(:most)), count(*) FROM take_back_overdue(:most)"),
        {"most": RESCUE_AT_ONCE},
    ).one()
    return Rescued(nodes=dead, jobs=sum(taken))


def announce_deaths(session: Session) -> int:
    """Tell of jobs that died since the last time; returns how many."""
    _read_committed(session)
    died = session.execute(
        select(Done.id, Done.finished_at, Done.uid, Kind.name, Done.error, Done.site_id)
        .add_columns(Done.account_id, Done.request_id)
        .join(Kind, Kind.kind_id == Done.kind_id)
        .where(~Done.announced)
        .order_by(Done.id)
        .limit(ANNOUNCE_AT_ONCE)
        .with_for_update(of=Done, skip_locked=True)
    ).all()
    for job in died:
        session.info["caller"] = Caller(
            principal="jobs",
            request_id=job.request_id or f"job-{job.uid}",
            site_id=job.site_id,
            account_id=job.account_id,
        )
        error = domain.first_line(job.error)
        outbox.stage(session, JobDied(uid=job.uid, kind=job.name, error=error))
    ids = [job.id for job in died]
    session.execute(update(Done).where(Done.id.in_(ids), ~Done.announced).values(announced=True))
    return len(died)


def keep_history(session: Session, *, now: datetime, history_days: int) -> None:
    """Make room for the days to come and drop those nobody needs any more; `now` is real time."""
    session.execute(
        text("SELECT ensure_partitions(:first, :days)"),
        {"first": now.date(), "days": domain.PARTITION_DAYS_AHEAD},
    )
    oldest = domain.oldest_kept(now, history_days)
    session.execute(text("SELECT prune_history(:oldest)"), {"oldest": oldest.date()})


def retry_job(session: Session, *, job_id: UUID) -> str:
    """Give a dead job all its attempts anew; returns its kind. Raises NotFound, Conflict."""
    receipt = session.get(EnqueueReceipt, job_id)
    if receipt is None:
        raise NotFound("job_unknown", "There is no such job.")
    kind = session.execute(
        select(Kind.name).join(Done, Done.kind_id == Kind.kind_id).where(Done.id == receipt.job_id)
    ).scalar_one_or_none()
    revived = session.execute(text("SELECT revive(:id)"), {"id": receipt.job_id}).scalar_one()
    if kind is None or not revived:
        raise Conflict("job_not_dead", "Only a dead job can be tried again.")
    return kind


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


def _read_committed(session: Session) -> None:
    """What skips locked rows does so at READ COMMITTED, whatever the database's default."""
    session.connection(execution_options={"isolation_level": "READ COMMITTED"})
