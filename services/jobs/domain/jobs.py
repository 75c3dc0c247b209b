"""Where a job is, how it ends, who may see it, and how much of it is taken."""

from datetime import UTC, datetime, timedelta
from enum import IntEnum

PARTITION_DAYS_AHEAD = 30
HOUSE = "house"
"""The name under which the leader is elected. The count of allocations stands under another one:
whoever writes it must not wait for a renewal that waits for him."""
MOST_ARGUMENTS = 262_144  # bytes of JSON
MOST_ARGUMENTS_AT_ONCE = 4_194_304  # bytes of JSON, of all jobs of one request
FURTHEST_ADVANCE = 10 * 366 * 86_400  # seconds; nobody rehearses more than ten years at once


class State(IntEnum):
    """Where a live job is."""

    SCHEDULED = 0
    READY = 1
    RUNNING = 2
    BLOCKED = 3


class BlockedBy(IntEnum):
    """What a blocked job waits for."""

    NEEDS = 1
    PERMISSION = 2
    CONCURRENCY = 3


class Outcome(IntEnum):
    """How a job that is done ended."""

    SUCCEEDED = 1
    DEAD = 2
    CANCELLED = 3
    EXPIRED = 4


STATES = (*(state.name.lower() for state in State), *(end.name.lower() for end in Outcome))
"""Every word that the outside may hear about where a job is."""


def live_state(word: str) -> State | None:
    """The state that a word names; None when it names an outcome."""
    return State[word.upper()] if word.upper() in State.__members__ else None


def may_see(*, is_insider: bool, account_id: object | None, job_account_id: object | None) -> bool:
    """Operators and services see every job, members those that work for their account."""
    return is_insider or (account_id is not None and account_id == job_account_id)


def oldest_kept(now: datetime, history_days: int) -> datetime:
    """The start of the oldest day whose finished jobs are still kept."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=history_days)


def first_line(error: str, most: int = 300) -> str:
    """The reason without the traceback below it."""
    return error.splitlines()[0][:most] if error else ""
