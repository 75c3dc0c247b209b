"""What the jobs service tells."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from chassis.events import Event


@dataclass(frozen=True, kw_only=True)
class ClockAdvanced(Event):
    """The suite's business time was moved; told in sandbox mode only."""

    wire: ClassVar[str] = "jobs.clock_advanced"
    offset_seconds: int


@dataclass(frozen=True, kw_only=True)
class JobDied(Event):
    """A job failed its last attempt; `error` is the reason in one line."""

    wire: ClassVar[str] = "jobs.job_died"
    uid: UUID
    kind: str
    error: str


@dataclass(frozen=True, kw_only=True)
class WorkReady(Event):
    """Jobs of these kinds (of any, where none is named) can run now.

    Neither kept nor confirmed: nodes also look by themselves.
    """

    wire: ClassVar[str] = "jobs.work_ready"
    kinds: tuple[str, ...]
