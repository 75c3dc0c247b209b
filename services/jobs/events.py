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


@dataclass(frozen=True, kw_only=True)
class ClusterChanged(Event):
    """Something that nodes go by was changed: a pause, a limit, the allocation, a job to stop.

    Neither kept nor confirmed: nodes learn of it at their next heartbeat all the same.
    """

    wire: ClassVar[str] = "jobs.cluster_changed"


@dataclass(frozen=True, kw_only=True)
class SonarPinged(Event):
    """The leader's messages reach whoever hears this; told every two seconds.

    Neither kept nor confirmed: a node that hears none looks for work more often.
    """

    wire: ClassVar[str] = "jobs.sonar_pinged"
