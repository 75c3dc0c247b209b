"""The job core as plain values: what the state machine expects of the database after each step."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

SCHEDULED, READY, RUNNING, BLOCKED = range(4)
SUCCEEDED, DEAD, CANCELLED = 1, 2, 3
NEEDS, KEY = 1, 3


@dataclass(eq=False)
class ModelJob:
    """A job: `outcome` is None as long as it is live; `needs` are ids that have yet to succeed."""

    id: int
    uid: str
    kind: str
    state: int
    key: str | None = None
    unique: str | None = None
    group: str | None = None
    needs: set[int] = field(default_factory=set)
    holds_for: str | None = None  # the group whose callback it is, until that has finished
    outcome: int | None = None
    attempt: int = 0
    run_no: int = 0
    session: int | None = None
    cancel_requested: bool = False
    won_by: tuple[int, int] | None = None  # the session and run that completed it

    @property
    def is_waiting(self) -> bool:
        return bool(self.needs) or self.holds_for is not None


@dataclass
class ModelGroup:
    """A group's counts by outcome."""

    counts: dict[int, int] = field(default_factory=lambda: {1: 0, 2: 0, 3: 0})
    total: int = 0
    sealed: bool = False
    finished: bool = False
    callback: int | None = None


class Model:
    """What must hold whatever the core chooses; where it may choose, the model takes its choice."""

    def __init__(self) -> None:
        self.jobs: dict[int, ModelJob] = {}
        self.groups: dict[str, ModelGroup] = {}
        self.sessions: dict[int, tuple[bool, datetime]] = {}  # stands, lease

    def live(self) -> list[ModelJob]:
        return [job for job in self.jobs.values() if job.outcome is None]

    def by_unique(self, key: str) -> ModelJob | None:
        return next((job for job in self.live() if job.unique == key), None)

    def running_of(self, session: int) -> list[ModelJob]:
        return [job for job in self.live() if job.session == session]

    def add(self, job: ModelJob) -> None:
        self.jobs[job.id] = job
        if job.group is not None:
            self.groups[job.group].total += 1
        needed = [self.jobs[need] for need in job.needs]
        job.needs = {need.id for need in needed if need.outcome in (None, DEAD)}
        if any(need.outcome == CANCELLED for need in needed):
            self.end(job, CANCELLED)

    def end(self, job: ModelJob, outcome: int) -> None:
        """Move a job to its end, with all that this means for others."""
        job.outcome, job.session, job.state = outcome, None, -1
        waiting = [other for other in self.live() if job.id in other.needs]
        for other in waiting:
            if outcome == SUCCEEDED:
                other.needs.discard(job.id)
            elif outcome == CANCELLED and other.outcome is None:
                self.end(other, CANCELLED)
        if job.group is not None and not self.groups[job.group].finished:
            self.groups[job.group].counts[outcome] += 1
            self.finish(job.group)

    def finish(self, name: str) -> None:
        group = self.groups[name]
        if group.sealed and not group.finished and sum(group.counts.values()) == group.total:
            group.finished = True
            if group.callback is not None:
                self.jobs[group.callback].holds_for = None

    def give_back(self, job: ModelJob, verdict: str) -> None:
        """A run that did not succeed: the core's verdict must be the one that the rules give."""
        spent = job.attempt >= MOST_ATTEMPTS
        expected = "cancelled" if job.cancel_requested else "dead" if spent else "retry"
        assert verdict == expected, (job, verdict)
        if verdict == "retry":
            job.state, job.session = SCHEDULED, None
        else:
            self.end(job, CANCELLED if verdict == "cancelled" else DEAD)

    def revive(self, job: ModelJob) -> None:
        job.outcome, job.state, job.attempt = None, READY, 0
        group = self.groups.get(job.group) if job.group is not None else None
        if group is not None and not group.finished:
            group.counts[DEAD] -= 1


MOST_ATTEMPTS = 2


def same(row: Any, job: ModelJob) -> bool:
    """Whether a live row is what the model says of it."""
    return bool(
        row.run_no == job.run_no
        and row.attempt == job.attempt
        and row.session_id == job.session
        and (row.state == RUNNING) == (job.session is not None)
        and (row.blocked_by == NEEDS) == job.is_waiting
        and row.needs == len(job.needs) + (job.holds_for is not None)
        and row.cancel_requested == job.cancel_requested
    )
