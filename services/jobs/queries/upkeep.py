"""How the tables are doing."""

from sqlalchemy import text
from sqlalchemy.orm import Session

DEAD_ROWS = 20_000
"""More dead rows than this, and more than live ones, make claims walk past them."""


def tables_to_vacuum(session: Session) -> list[str]:
    """Tables in which dead rows pile up; autovacuum may be busy elsewhere."""
    found = session.execute(
        text(
            "SELECT relname FROM pg_stat_user_tables WHERE schemaname = 'jobs'"
            " AND relname IN ('live', 'concurrency_slot', 'progress', 'enqueue_receipt')"
            " AND n_dead_tup > greatest(:most, n_live_tup) ORDER BY relname"
        ),
        {"most": DEAD_ROWS},
    )
    return list(found.scalars())
