"""The declaration itself: the decorator, and finding what was declared."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from chassis.jobkinds.checking import faults
from chassis.jobkinds.job import Handler, Job
from chassis.jobkinds.options import Backoff, Concurrency, Hooks, Rate, Schedule
from chassis.logs import log

_MARK = "__job_kind__"

_DEFAULT_BACKOFF = Backoff()
_NO_HOOKS = Hooks()


class WrongKind(Exception):
    """A kind is declared in a way that cannot work; the message names file, kind and field."""


@dataclass(frozen=True, kw_only=True)
class JobKind:
    """A kind as declared; `kind` says what the fields mean."""

    name: str
    handler: Handler
    file: str
    timeout: int = 60
    attempts: int = 5
    backoff: Backoff = _DEFAULT_BACKOFF
    priority: int = 2
    queue_size: int | None = None
    max_assigned: int | None = None
    max_pending: int | None = None
    weight: float = 1.0
    nodes: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    concurrency: Concurrency | None = None
    rate: Rate | None = None
    unique: tuple[str, ...] | None = None
    versions: tuple[int, int] = (1, 1)
    schedule: Schedule | None = None
    hooks: Hooks = _NO_HOOKS

    def __post_init__(self) -> None:
        for field_name, fault in faults(self):
            raise WrongKind(f"{self.file}: kind {self.name!r}: {field_name} {fault}")

    def run(self, job: Job) -> dict[str, Any] | None:
        """Run the handler between the kind's own `starting` and `finishing`.

        What `starting`, the handler or `finishing` raises is raised; of two, the first.
        """
        try:
            if self.hooks.starting:
                self.hooks.starting(job)
            result = self.handler(job)
        except BaseException as error:
            self._finish_failed(job, error)
            raise
        if self.hooks.finishing:
            self.hooks.finishing(job, None)
        return result

    def _finish_failed(self, job: Job, error: BaseException) -> None:
        if self.hooks.finishing is None:
            return
        try:
            self.hooks.finishing(job, error)
        except Exception as further:  # noqa: BLE001 - the job fails already, for the first reason
            log.warning("finishing failed", kind=self.name, job=str(job.uid), reason=str(further))

    def as_json(self) -> dict[str, Any]:
        """The row that the jobs service keeps of it."""
        return {
            "name": self.name,
            "timeout_s": self.timeout,
            "max_attempts": self.attempts,
            "priority": self.priority,
            "backoff_base_s": self.backoff.base,
            "backoff_factor": self.backoff.factor,
            "backoff_cap_s": self.backoff.cap,
            "backoff_jitter": self.backoff.jitter,
            "queue_size": self.queue_size,
            "max_assigned": self.max_assigned,
            "max_pending": self.max_pending,
            "weight": self.weight,
            "node_filter": self.nodes,
            "node_labels": dict(self.labels),
            "concurrency_key": list(self.concurrency.key) if self.concurrency else None,
            "concurrency_limit": self.concurrency.limit if self.concurrency else None,
            "rate_per_s": self.rate.per_second if self.rate else None,
            "rate_burst": self.rate.burst if self.rate else None,
            "unique_by": None if self.unique is None else list(self.unique),
            "version_low": self.versions[0],
            "version_high": self.versions[1],
            "hooks": self.hooks.as_json(),
            "schedule": self.schedule.as_json() if self.schedule else None,
        }


def kind(
    name: str,
    *,
    timeout: int = 60,
    attempts: int = 5,
    backoff: Backoff = _DEFAULT_BACKOFF,
    priority: int = 2,
    queue_size: int | None = None,
    max_assigned: int | None = None,
    max_pending: int | None = None,
    weight: float = 1.0,
    nodes: str | None = None,
    labels: Mapping[str, str] | None = None,
    concurrency: Concurrency | None = None,
    rate: Rate | None = None,
    unique: tuple[str, ...] | None = None,
    versions: tuple[int, int] = (1, 1),
    schedule: Schedule | None = None,
    hooks: Hooks = _NO_HOOKS,
) -> Callable[[Handler], Handler]:
    """Declare the decorated function as the handler of the kind `<service>.<work>`.

    How a job is run: `timeout` in seconds, after which its process is killed; `attempts` and the
    `backoff` between them; a lower `priority` (1 to 4) runs earlier.

    Where, and how many: `queue_size` jobs may wait at one worker (None: by the kind's pace);
    `max_assigned` run at once in the whole cluster; one worker is wanted for every `max_pending`
    that wait; kinds that compete share by `weight`; only nodes whose whole name matches `nodes`
    (what Python and PostgreSQL both read as a regular expression) and that carry all `labels`.

    Which at once: see `Concurrency` and `Rate`. While a job lives, another of the same values of
    the arguments `unique` is answered with the one there is; `()` allows one job of the kind.

    `versions` are the lowest and highest version of a job that this build can run; new jobs get the
    highest, and none is given to a node whose build cannot run it. See also `Schedule`, `Hooks`.
    """
    options = {
        "timeout": timeout,
        "attempts": attempts,
        "backoff": backoff,
        "priority": priority,
        "queue_size": queue_size,
        "max_assigned": max_assigned,
        "max_pending": max_pending,
        "weight": weight,
        "nodes": nodes,
        "labels": {} if labels is None else labels,
        "concurrency": concurrency,
        "rate": rate,
        "unique": unique,
        "versions": versions,
        "schedule": schedule,
        "hooks": hooks,
    }
    return lambda handler: _declare(name, handler, options)


def _declare(name: str, handler: Handler, options: Mapping[str, Any]) -> Handler:
    file = inspect.getsourcefile(handler) or handler.__module__
    setattr(handler, _MARK, JobKind(name=name, handler=handler, file=file, **options))
    return handler


def kinds_in(modules: Iterable[ModuleType]) -> dict[str, JobKind]:
    """Every kind that the modules declare, by name; raises WrongKind for a name declared twice.

    Of a package, its submodules that were imported into it are looked through as well.
    """
    found: dict[str, JobKind] = {}
    for module in modules:
        for value in vars(module).values():
            declared = getattr(value, _MARK, None)
            if not isinstance(declared, JobKind) or not _is_of(value, module):
                continue
            if other := found.get(declared.name):
                raise WrongKind(
                    f"{declared.file}: kind {declared.name!r}: name is taken by {other.file}"
                )
            found[declared.name] = declared
    return found


def _is_of(handler: Handler, module: ModuleType) -> bool:
    """Whether it was written in the module, or in a file of the package that the module is."""
    return f"{handler.__module__}.".startswith(f"{module.__name__}.")
