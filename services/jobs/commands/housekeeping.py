"""What keeps the cluster going: due jobs readied, lost ones taken back, deaths told, days kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select, text, update
from sqlalchemy.orm import Session

from chassis import outbox
from chassis.context import Caller
from services.jobs import domain
from services.jobs.events import JobDied
from services.jobs.models import Done, Kind

PROMOTE_AT_ONCE = 5_000
RESCUE_AT_ONCE = 1_000
UNBLOCK_AT_ONCE = 1_000
ANNOUNCE_AT_ONCE = 200
PRUNE_AT_ONCE = 20_000


def ready_due_jobs(session: Session) -> list[str]:
    """Make jobs ready whose time has come; returns their kinds."""
    moved = session.execute(text("SELECT kind FROM promote(:most)"), {"most": PROMOTE_AT_ONCE})
    return list(moved.scalars())


@dataclass(frozen=True)
class Rescued:
    """The nodes that were found dead, and how many jobs were taken back."""

    nodes: Sequence[str]
    jobs: int


def rescue(session: Session) -> Rescued:
    """End sessions whose lease has run out, and take back what nobody runs any more."""
    dead = session.execute(text("SELECT expire_sessions()")).scalars().all()
    taken = session.execute(
        text("SELECT (SELECT count(*) FROM rescue(:most)), count(*) FROM take_back_overdue(:most)"),
        {"most": RESCUE_AT_ONCE},
    ).one()
    return Rescued(nodes=dead, jobs=sum(taken))


def next_due_in(session: Session) -> float | None:
    """Seconds until the next scheduled job is due; None where none is."""
    seconds = session.execute(
        text(
            "SELECT extract(epoch FROM (SELECT run_at FROM live WHERE state = 0"
            " ORDER BY run_at LIMIT 1) - clock_timestamp())"
        )
    ).scalar_one()
    return None if seconds is None else max(0.0, float(seconds))


def free_waiting(session: Session) -> list[str]:
    """The net below concurrency keys and rates; returns kinds of which something can start now.

    What waits for a key that is free is readied; what waits for its rate only needs a word.
    """
    freed = session.execute(
        text("SELECT kind FROM unblock_keys(:most) UNION SELECT rate_waiting()"),
        {"most": UNBLOCK_AT_ONCE},
    )
    return list(freed.scalars())


def announce_deaths(session: Session) -> int:
    """Tell of jobs that died since the last time; returns how many."""
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


def prune_receipts(session: Session, *, now: datetime, history_days: int) -> bool:
    """Drop some receipts of jobs nobody remembers; returns whether there may be more."""
    oldest = domain.oldest_kept(now, history_days).date()
    pruned = session.execute(
        text("SELECT prune_receipts(:oldest, :most)"), {"oldest": oldest, "most": PRUNE_AT_ONCE}
    )
    return bool(pruned.scalar_one() == PRUNE_AT_ONCE)


def vacuum(engine: Engine, table: str) -> None:
    """Free what is dead in a table; outside of any transaction, however long it takes."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("SET statement_timeout = 0")
        try:
            connection.exec_driver_sql(f"VACUUM (ANALYZE, SKIP_LOCKED) {table}")
        finally:
            connection.exec_driver_sql("RESET statement_timeout")
