"""When a schedule is due: cron expressions read in a time zone, and what was missed meanwhile.

An expression has five fields as crontab(5) has them, so that nothing fires more often than once a
minute. Where clocks change: a time that does not exist that day is due when the hour resumes, and a
time that exists twice is due once, at its first; expressions with `*` in minute or hour go by
elapsed time instead (Debian's cron does the same, see cronsim).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

MOST_MISSED = 1_000
"""Older fires than the newest 1,000 are not caught up with, whatever the policy."""


class Missed(StrEnum):
    """What happens with fires that fell due while nobody could fire them."""

    SKIP = "skip"
    ONE = "one"
    ALL = "all"


class WrongSchedule(ValueError):
    """An expression or a zone that cannot be read; the message says which field and why."""


@dataclass(frozen=True)
class Due:
    """The instants to fire now, oldest first, and when to look again; None: never any more."""

    fires: tuple[datetime, ...]
    next_at: datetime | None


def check_cron(cron: str) -> str:
    """The expression, when it can be read and is due some day; raises WrongSchedule."""
    fields = cron.split()
    if len(fields) != 5:
        raise WrongSchedule(
            f"has {len(fields)} fields, needs 5: minute hour day-of-month month day-of-week"
        )
    try:
        next(CronSim(cron, datetime(2024, 1, 1, tzinfo=UTC)))
    except CronSimError as error:
        raise WrongSchedule(f"cannot be read: {str(error).lower()}") from error
    except StopIteration as error:
        raise WrongSchedule("is never due") from error
    return cron


def check_zone(time_zone: str) -> ZoneInfo:
    """The zone of that IANA name; raises WrongSchedule."""
    try:
        return ZoneInfo(time_zone)
    except (KeyError, ValueError, OSError) as error:
        raise WrongSchedule("is no time zone; give a name such as Europe/Madrid or UTC") from error


def next_fire(cron: str, time_zone: str, after: datetime) -> datetime | None:
    """The first instant after the given one at which the schedule is due, in UTC."""
    return next(_fires(cron, time_zone, after), None)


def due(
    cron: str, time_zone: str, missed: Missed, *, next_at: datetime, now: datetime, on_time: float
) -> Due:
    """What to fire at `now`, when the oldest fire not yet settled is `next_at`.

    A fire is on time for `on_time` seconds and then missed. `skip` fires what is on time, `one` the
    newest of all that are due, `all` each of them, at most the newest 1,000.
    """
    if next_at > now:
        return Due((), next_at)
    start = _start(cron, time_zone, next_at, now)
    fires = [next_at] if start == next_at else []
    fires += _until(now, _fires(cron, time_zone, start))
    following = next_fire(cron, time_zone, now)
    match missed:
        case Missed.SKIP:
            kept = [fire for fire in fires[-1:] if (now - fire).total_seconds() <= on_time]
        case Missed.ONE:
            kept = fires[-1:]
        case Missed.ALL:
            kept = fires[-MOST_MISSED:]
    return Due(tuple(kept), following)


def _start(cron: str, time_zone: str, next_at: datetime, now: datetime) -> datetime:
    """`next_at`, or the instant after which the newest 1,000 fires lie, where there are more.

    A schedule of every minute that was away for a year must not be walked through from its start.
    """
    backwards = CronSim(cron, now.astimezone(check_zone(time_zone)), reverse=True)
    later = takewhile(lambda fire: fire > next_at, backwards)
    newest = list(islice(later, MOST_MISSED + 1))
    return newest[-1].astimezone(UTC) if len(newest) > MOST_MISSED else next_at


def _until(now: datetime, fires: Iterator[datetime]) -> Iterator[datetime]:
    for fire in fires:
        if fire > now:
            return
        yield fire


def _fires(cron: str, time_zone: str, after: datetime) -> Iterator[datetime]:
    """Every due instant after the given one, in UTC and growing."""
    newest = after
    for fire in CronSim(cron, after.astimezone(check_zone(time_zone))):
        instant = fire.astimezone(UTC)
        # Where an hour is repeated the walk by the clock on the wall comes by an instant again.
        if instant > newest:
            newest = instant
            yield instant
