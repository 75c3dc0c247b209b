"""What a handler is given: one run of one job."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from chassis.logs import log

MOST_LINES = 200  # kept with the job, a run
MOST_LINE = 500  # characters
MOST_NOTE = 200  # characters


class Ask(Protocol):
    """How a job reaches a service: the bus client, in the node's name, for the job's account."""

    def __call__(
        self, service: str, method: str, /, *, call_id: uuid.UUID, **arguments: Any
    ) -> Any: ...


def _tell_nobody(percent: float, note: str) -> None:
    """Where a job runs without a node, nobody waits for its progress."""


def _keep_nothing(line: str) -> None:
    """Nor are its lines kept."""


@dataclass
class Job:
    """One run of one job, as its handler sees it.

    `uid` names the job for the outside, `id` and `run_no` this very run; `attempt` counts from 1.
    `version` is the one it was enqueued with, within the range that the kind declares. A handler
    may rely on this: its job was accepted, it alone holds this run, and what it returns counts only
    while it does. It may not rely on being the first to run the job, nor on being the last.
    """

    uid: uuid.UUID
    id: int
    run_no: int
    attempt: int
    kind: str
    args: Mapping[str, Any]
    request_id: str
    ask: Ask = field(repr=False)
    version: int = 1
    tags: tuple[str, ...] = ()
    group_id: uuid.UUID | None = None
    tell_progress: Callable[[float, str], None] = field(default=_tell_nobody, repr=False)
    keep_line: Callable[[str], None] = field(default=_keep_nothing, repr=False)
    _calls: int = field(default=0, repr=False)
    _lines: int = field(default=0, repr=False)

    @property
    def fence(self) -> str:
        """Names this run; give it to outside parties as the idempotency key.

        A later run of the same job has another: what must happen once per *job*, however often it
        is tried, is keyed by `uid`.
        """
        return f"{self.uid}/{self.run_no}"

    def call(self, service: str, method: str, /, **arguments: Any) -> Any:
        """Ask a service and wait; raises the five failures.

        The call id comes from the fence and the call's place in the handler: a run that is played
        twice is answered from the first time, a later run asks anew.
        """
        self._calls += 1
        call_id = uuid.uuid5(self.uid, f"{self.run_no}/{self._calls}/{service}.{method}")
        return self.ask(service, method, call_id=call_id, **arguments)

    def call_once(self, service: str, method: str, key: str, /, **arguments: Any) -> Any:
        """Ask a service as `call` does, but as the same call in every run of the job.

        `key` names the call within the job. A later run that asks again is answered from the first
        time for as long as services keep answers (24 hours): that is how a handler resumes.
        """
        call_id = uuid.uuid5(self.uid, f"once/{key}/{service}.{method}")
        return self.ask(service, method, call_id=call_id, **arguments)

    def progress(self, percent: float, note: str = "") -> None:
        """Say how far the run is, from 0 to 100; may be called often, only the latest is kept."""
        # A number that is none reads as nothing done: progress is never why a job fails.
        self.tell_progress(min(max(0.0, float(percent)), 100.0), _storable(note)[:MOST_NOTE])

    def log(self, message: str, /, **values: Any) -> None:
        """Write a line that names the job, and keep it with the job.

        At most 200 lines a run are kept, 500 characters each; the node's own log has them all.
        """
        named = {**values, "kind": self.kind, "job": str(self.uid), "run": self.run_no}
        log.info(message, **named)
        self._lines += 1
        if self._lines > MOST_LINES:
            return
        said = [message, *(f"{name}={value}" for name, value in values.items())]
        if self._lines == MOST_LINES:
            said = ["further lines are only in the node's log"]
        self.keep_line(_storable(" ".join(said))[:MOST_LINE])


Handler = Callable[[Job], dict[str, Any] | None]


def _storable(text: str) -> str:
    """PostgreSQL stores neither half characters nor NUL."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")
