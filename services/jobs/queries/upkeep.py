"""How the cluster and its tables are doing, as the leader asks."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

DEAD_ROWS = 20_000
"""More dead rows than this, and more than live ones, make claims walk past them."""


def tables_to_vacuum(session: Session) -> list[str]:
    """Tables in which dead rows pile up; autovacuum may be busy elsewhere."""
    found = session.execute(
        text(
            "SELECT relname FROM pg_stat_user_tables WHERE schemaname = 'jobs'"
            " AND relname IN ('live', 'progress', 'enqueue_receipt')"
            " AND n_dead_tup > greatest(:most, n_live_tup) ORDER BY relname"
        ),
        {"most": DEAD_ROWS},
    )
    return list(found.scalars())


_GLANCE = text("SELECT due_in, lost, died, blocked, ready, running, fires, asks FROM glance(:now)")


@dataclass(frozen=True)
class Glance:
    """What there may be to do: `due_in` is seconds until the next scheduled job, None without one.

    `lost` are nodes whose lease has run out or whose jobs are to be taken back, `died` jobs whose
    death nobody was told of, `blocked`, `ready` and `running` jobs in these states, `fires`
    schedules that are due, `asks` kinds or jobs that a service is to be asked about.
    """

    due_in: float | None
    lost: bool
    died: bool
    blocked: bool
    ready: bool
    running: bool
    fires: bool
    asks: bool


def glance(session: Session, now: datetime) -> Glance:
    """One cheap reading that locks and writes nothing; `now` is business time."""
    seen = session.execute(_GLANCE, {"now": now}).one()
    return Glance(*seen)
