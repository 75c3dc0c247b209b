"""Job kinds: how a service says, in its `tasks.py`, which offline work it can have done.

    @kind("billing.render_invoice", timeout=60, attempts=5)
    def render_invoice(job: Job) -> dict[str, Any] | None: ...

A handler runs on a node, at least once, in a process without a database. What it returns is stored
with the finished job. What is declared wrongly stops the process that loads it, with file, kind and
field.
"""

import inspect
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Protocol

from chassis.logs import log

_NAME = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
_MARK = "__job_kind__"

MAX_TIMEOUT = 86_400  # seconds
MAX_ATTEMPTS = 100


class WrongKind(Exception):
    """A kind is declared in a way that cannot work; the message names file, kind and field."""


class Ask(Protocol):
    """How a job reaches a service: the bus client, in the node's name, for the job's account."""

    def __call__(
        self, service: str, method: str, /, *, call_id: uuid.UUID, **arguments: Any
    ) -> Any: ...


@dataclass(frozen=True)
class Backoff:
    """The pause before attempt n + 1: `base` x `factor`^(n - 1) seconds, at most `cap`.

    `jitter` spreads it by that share to either side (0.2: from 80 to 120 %).
    """

    base: float = 5.0
    factor: float = 2.0
    cap: float = 3600.0
    jitter: float = 0.2


@dataclass
class Job:
    """One run of one job, as its handler sees it.

    `uid` names the job for the outside, `id` and `run_no` this very run; `attempt` counts from 1.
    """

    uid: uuid.UUID
    id: int
    run_no: int
    attempt: int
    kind: str
    args: Mapping[str, Any]
    request_id: str
    ask: Ask = field(repr=False)
    _calls: int = 0

    @property
    def fence(self) -> str:
        """Names this run; give it to outside parties as the idempotency key."""
        return f"{self.uid}/{self.run_no}"

    def call(self, service: str, method: str, /, **arguments: Any) -> Any:
        """Ask a service and wait; raises the five failures.

        The call id comes from the fence and the call's place in the handler: a run that is played
        twice is answered from the first time, a later run asks anew.
        """
        self._calls += 1
        call_id = uuid.uuid5(self.uid, f"{self.run_no}/{self._calls}/{service}.{method}")
        return self.ask(service, method, call_id=call_id, **arguments)

    def log(self, message: str, **values: Any) -> None:
        """Write a line that names the job."""
        log.info(message, kind=self.kind, job=str(self.uid), run=self.run_no, **values)


Handler = Callable[[Job], dict[str, Any] | None]


@dataclass(frozen=True)
class JobKind:
    """A kind as declared. `timeout` in seconds; a lower `priority` (1 to 4) runs earlier."""

    name: str
    handler: Handler
    timeout: int
    attempts: int
    backoff: Backoff
    priority: int
    file: str

    def __post_init__(self) -> None:
        for field_name, fault in _faults(self):
            raise WrongKind(f"{self.file}: kind {self.name!r}: {field_name} {fault}")

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
        }


def kind(
    name: str,
    *,
    timeout: int = 60,
    attempts: int = 5,
    backoff: Backoff = Backoff(),
    priority: int = 2,
) -> Callable[[Handler], Handler]:
    """Declare the decorated function as the handler of the kind `<service>.<work>`."""

    def declare(handler: Handler) -> Handler:
        file = inspect.getsourcefile(handler) or handler.__module__
        declared = JobKind(name, handler, timeout, attempts, backoff, priority, file)
        setattr(handler, _MARK, declared)
        return handler

    return declare


def kinds_in(modules: Iterable[ModuleType]) -> dict[str, JobKind]:
    """Every kind that the modules declare, by name; raises WrongKind for a name declared twice."""
    found: dict[str, JobKind] = {}
    for module in modules:
        for value in vars(module).values():
            declared = getattr(value, _MARK, None)
            if not isinstance(declared, JobKind) or value.__module__ != module.__name__:
                continue
            if other := found.get(declared.name):
                raise WrongKind(
                    f"{declared.file}: kind {declared.name!r}: name is taken by {other.file}"
                )
            found[declared.name] = declared
    return found


def _faults(declared: JobKind) -> Iterable[tuple[str, str]]:
    """Each wrong field with what is wrong with it, in the order they are written."""
    if not _NAME.fullmatch(str(declared.name)):
        yield "name", "must be <service>.<work> in lower case"
    if not _takes_one(declared.handler):
        yield "handler", "must take exactly one argument, the job"
    if not _is_int(declared.timeout) or not 1 <= declared.timeout <= MAX_TIMEOUT:
        yield "timeout", f"must be from 1 to {MAX_TIMEOUT} whole seconds"
    if not _is_int(declared.attempts) or not 1 <= declared.attempts <= MAX_ATTEMPTS:
        yield "attempts", f"must be from 1 to {MAX_ATTEMPTS}"
    if not _is_int(declared.priority) or not 1 <= declared.priority <= 4:
        yield "priority", "must be from 1 (first) to 4 (last)"
    pause = declared.backoff
    if not (0 <= pause.base <= pause.cap and pause.factor >= 1 and 0 <= pause.jitter <= 1):
        yield "backoff", "needs 0 <= base <= cap, factor >= 1 and jitter from 0 to 1"


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _takes_one(handler: object) -> bool:
    if not callable(handler):
        return False
    try:
        inspect.signature(handler).bind(object())
    except TypeError:
        return False
    return True
