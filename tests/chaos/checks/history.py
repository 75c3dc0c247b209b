"""A run as its witnesses tell it, in values: rules judge these, and need no server to do so."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.chaos.ledger import Accepted
from tests.chaos.promises import Promises

SUCCEEDED, DEAD, CANCELLED = 1, 2, 3  # as in the table `done`
SCHEDULED, READY, RUNNING, BLOCKED = range(4)  # as in the table `live`


class Violation(NamedTuple):
    """Something that must not be; `uid` is empty where it is of no one job."""

    invariant: str
    uid: str
    text: str


class Done(NamedTuple):
    """A finished job. Instants are PostgreSQL's seconds since 1970, here and below."""

    id: int
    uid: str
    kind: str
    outcome: int
    attempt: int
    max_attempts: int
    run_no: int
    session: int | None
    created_at: float
    claimed_at: float | None
    finished_at: float
    error: str


class Live(NamedTuple):
    """A job that has not ended."""

    id: int
    uid: str
    kind: str
    state: int
    attempt: int
    run_no: int
    session: int | None


class Attempt(NamedTuple):
    """A run that did not succeed."""

    job_id: int
    run_no: int
    session: int
    started_at: float
    ended_at: float
    outcome: str
    error: str


class Body(NamedTuple):
    """One execution of a handler; `ended` is None where the process was killed in it."""

    uid: str
    run_no: int
    pid: int
    began: float
    ended: float | None
    returned: bool


class Fire(NamedTuple):
    """One firing of the run's schedule, and the job that it made."""

    at: float
    uid: str


class Window(NamedTuple):
    """A fault and when it was there."""

    fault: str
    began: float
    ended: float
    target: str = ""


class Lease(NamedTuple):
    """The time for which one run had the job, as PostgreSQL tells it."""

    uid: str
    run_no: int
    session: int | None
    began: float
    ended: float


@dataclass
class History:
    """The whole run. `effects`: how often the effect of a job was written, by uid; `nodes`: the
    name of each session's node."""

    accepted: list[Accepted] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)
    live: list[Live] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    bodies: list[Body] = field(default_factory=list)
    effects: Mapping[str, int] = field(default_factory=dict)
    fires: list[Fire] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)
    nodes: Mapping[int, str] = field(default_factory=dict)
    promises: Promises = field(default_factory=Promises)

    def attempts_by_job(self) -> dict[int, list[Attempt]]:
        found: dict[int, list[Attempt]] = defaultdict(list)
        for attempt in self.attempts:
            found[attempt.job_id].append(attempt)
        return found

    def bodies_by_uid(self) -> dict[str, list[Body]]:
        found: dict[str, list[Body]] = defaultdict(list)
        for body in self.bodies:
            found[body.uid].append(body)
        return found

    def uids(self) -> dict[int, str]:
        """The uid of each job by the core's own number."""
        return {job.id: job.uid for job in self.done} | {job.id: job.uid for job in self.live}

    def ids_of(self, uid: str) -> set[int]:
        """The core's own numbers of a job."""
        done = {job.id for job in self.done if job.uid == uid}
        return done | {job.id for job in self.live if job.uid == uid}

    def leases_by_uid(self) -> dict[str, list[Lease]]:
        """Each job's leases that ended, by run number."""
        uids = self.uids()
        found: dict[str, dict[int, Lease]] = defaultdict(dict)
        for attempt in self.attempts:
            if uid := uids.get(attempt.job_id):
                found[uid][attempt.run_no] = Lease(
                    uid, attempt.run_no, attempt.session, attempt.started_at, attempt.ended_at
                )
        for job in self.done:
            if job.outcome == SUCCEEDED and job.claimed_at is not None:
                found[job.uid][job.run_no] = Lease(
                    job.uid, job.run_no, job.session, job.claimed_at, job.finished_at
                )
        return {uid: [runs[number] for number in sorted(runs)] for uid, runs in found.items()}


def bodies_of(marks: Iterable[tuple[str, str, int, int, float]]) -> list[Body]:
    """Pair marks (what, uid, pid, run_no, instant) into executions, in the order they began."""
    open_ones: dict[tuple[str, int, int], int] = {}
    bodies: list[Body] = []
    for what, uid, pid, run_no, at in marks:
        key = (uid, pid, run_no)
        if what == "start":
            open_ones[key] = len(bodies)
            bodies.append(Body(uid, run_no, pid, at, None, returned=False))
        elif key in open_ones:
            place = open_ones.pop(key)
            bodies[place] = bodies[place]._replace(ended=at, returned=what == "end")
    return bodies
