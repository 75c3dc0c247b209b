"""The words and rules of jobs that do not need the database; the core's SQL holds the others."""

from services.jobs.domain.jobs import (
    FURTHEST_ADVANCE,
    HOUSE,
    MOST_ARGUMENTS,
    MOST_ARGUMENTS_AT_ONCE,
    PARTITION_DAYS_AHEAD,
    STATES,
    BlockedBy,
    Outcome,
    State,
    first_line,
    live_state,
    may_see,
    oldest_kept,
)

__all__ = [
    "FURTHEST_ADVANCE",
    "HOUSE",
    "MOST_ARGUMENTS",
    "MOST_ARGUMENTS_AT_ONCE",
    "PARTITION_DAYS_AHEAD",
    "STATES",
    "BlockedBy",
    "Outcome",
    "State",
    "first_line",
    "live_state",
    "may_see",
    "oldest_kept",
]
