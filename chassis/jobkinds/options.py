"""The parts of a declaration that are more than a number. Each can say what is wrong with it."""

import inspect
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from chassis.jobkinds.job import Job

MAX_LIMIT = 10_000
MAX_PER_SECOND = 100_000
MAX_NAMES = 10  # arguments that make up a key
MAX_SCHEDULE_ARGS = 65_536  # bytes as JSON

MISSED = ("skip", "one", "all")
REQUESTS = ("selecting", "allowing", "occupied", "relaunching", "reporting")

_CRON_FIELDS = 5
_REQUEST = re.compile(r"[a-z][a-z0-9_]{0,99}")
_ARGUMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")


@dataclass(frozen=True)
class Backoff:
    """The pause before attempt n + 1: `base` x `factor`^(n - 1) seconds, at most `cap`.

    `jitter` spreads it by that share to either side (0.2: from 80 to 120 %).
    """

    base: float = 5.0
    factor: float = 2.0
    cap: float = 3600.0
    jitter: float = 0.2

    def fault(self) -> str | None:
        numbers = (self.base, self.factor, self.cap, self.jitter)
        is_sound = all(is_number(each) for each in numbers) and (
            0 <= self.base <= self.cap and self.factor >= 1 and 0 <= self.jitter <= 1
        )
        return None if is_sound else "needs 0 <= base <= cap, factor >= 1 and jitter from 0 to 1"


@dataclass(frozen=True)
class Concurrency:
    """At most `limit` jobs of the kind run at once that have the same values of these arguments."""

    key: tuple[str, ...]
    limit: int = 1

    def fault(self) -> str | None:
        if fault := names_fault(self.key):
            return f"key {fault}"
        if not self.key:
            return "key needs at least one name; max_assigned limits a whole kind"
        if not is_int(self.limit) or not 1 <= self.limit <= MAX_LIMIT:
            return f"limit must be from 1 to {MAX_LIMIT}"
        return None


@dataclass(frozen=True)
class Rate:
    """`per_second` jobs of the kind start in the whole cluster, up to `burst` of them at once."""

    per_second: float
    burst: int = 1

    def fault(self) -> str | None:
        if not is_number(self.per_second) or not 0 < self.per_second <= MAX_PER_SECOND:
            return f"per_second must be above 0 and at most {MAX_PER_SECOND}"
        if not is_int(self.burst) or not 1 <= self.burst <= MAX_LIMIT:
            return f"burst must be from 1 to {MAX_LIMIT}"
        return None


@dataclass(frozen=True)
class Schedule:
    """The kind runs by itself at the times of a cron expression of five fields.

    The expression is read in the time zone, so that "0 3 * * *" stays at three in the morning when
    clocks change. `missed` says what becomes of times that passed while nobody fired: none of them
    (`skip`), the latest (`one`) or each (`all`). `args` are given to every job.
    """

    cron: str
    time_zone: str = "UTC"
    missed: str = "one"
    args: Mapping[str, Any] = field(default_factory=dict)

    def fault(self) -> str | None:
        return self._cron_fault() or self._zone_fault() or self._further_fault()

    def as_json(self) -> dict[str, Any]:
        return {
            "cron": self.cron,
            "time_zone": self.time_zone,
            "missed": self.missed,
            "args": dict(self.args),
        }

    def _cron_fault(self) -> str | None:
        cron: object = self.cron  # types are promised by whoever declares; here they are checked
        if not isinstance(cron, str) or len(cron.split()) != _CRON_FIELDS:
            return "cron must have five fields: minute, hour, day, month, day of the week"
        try:
            next(CronSim(self.cron, datetime(2026, 1, 1, tzinfo=UTC)))
        except CronSimError as error:
            return f"cron cannot be read: {error}"
        except StopIteration:
            return "cron names a time that never comes"
        return None

    def _zone_fault(self) -> str | None:
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError, TypeError, AttributeError):
            return f"time_zone {self.time_zone!r} is unknown"
        return None

    def _further_fault(self) -> str | None:
        if self.missed not in MISSED:
            return f"missed must be one of {', '.join(MISSED)}"
        try:
            size = len(json.dumps(dict(self.args), allow_nan=False).encode())
        except (TypeError, ValueError):
            return "args cannot be written as JSON"
        if size > MAX_SCHEDULE_ARGS:
            return f"args have {size} bytes as JSON, at most {MAX_SCHEDULE_ARGS} are taken"
        return None


@dataclass(frozen=True)
class Hooks:
    """What a kind wants to be asked and told.

    The first five name requests of the declaring service, which the leader asks over the bus:

    | hook | is asked with | answers |
    | --- | --- | --- |
    | `selecting` | `limit` | `{items: [{key, args, priority?, account_id?, site_id?}]}`: work to do, in order; the same key is the same job |
    | `allowing` | `jobs: [{uid, account_id, args}]` | `{allowed: [uid]}`: which of them may run now |
    | `occupied` | | `{number}`: work under way that the cluster does not know of |
    | `relaunching` | `limit` | `{uids: [...]}`: dead jobs to try again |
    | `reporting` | | `{total, completed, pending, failed}` |

    The last two are plain functions that run in the worker: `starting(job)` before the handler, so
    that what it raises fails the attempt, and `finishing(job, error)` after it, with what the
    handler raised or None. A worker that is killed reaches neither.
    """  # noqa: E501 - a table's row cannot be broken

    selecting: str | None = None
    allowing: str | None = None
    occupied: str | None = None
    relaunching: str | None = None
    reporting: str | None = None
    starting: Callable[[Job], object] | None = None
    finishing: Callable[[Job, BaseException | None], object] | None = None

    def fault(self) -> str | None:
        for name, request in self._requests().items():
            if not isinstance(request, str) or not _REQUEST.fullmatch(request):
                return f"{name} must name a request of the service, in lower case"
        if self.starting is not None and not takes(self.starting, 1):
            return "starting must take exactly one argument, the job"
        if self.finishing is not None and not takes(self.finishing, 2):
            return "finishing must take exactly two arguments, the job and the error"
        return None

    def as_json(self) -> dict[str, Any]:
        """The requests that are named."""
        return self._requests()

    def _requests(self) -> dict[str, Any]:
        named = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: named[name] for name in REQUESTS if named[name] is not None}


def is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: object) -> bool:
    """A finite number; True and False are none."""
    if isinstance(value, float):
        return math.isfinite(value)
    return is_int(value)


def takes(function: object, number: int) -> bool:
    """Whether it can be called with so many arguments and no others are required."""
    if not callable(function):
        return False
    try:
        inspect.signature(function).bind(*[object()] * number)
    except TypeError:
        return False
    return True


def names_fault(names: object) -> str | None:
    """What is wrong with a tuple of names of arguments."""
    if not isinstance(names, tuple):
        return "must be a tuple of names of arguments"
    if not all(isinstance(name, str) and _ARGUMENT.fullmatch(name) for name in names):
        return "must be a tuple of names of arguments"
    if len(names) > MAX_NAMES or len(set(names)) != len(names):
        return f"must name each argument once, at most {MAX_NAMES}"
    return None
