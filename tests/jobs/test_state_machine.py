"""The core against a model, step by step: hypothesis chooses the steps, the tests' clock is given.

A run belongs to one session (I4), who does not hold the fence changes nothing (I5), and run numbers
only grow (I6); `tests/jobs/invariants.py` holds what is checked after each step.
"""

import itertools
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, run_state_machine_as_test

from tests.jobs.core import START, Core, Run
from tests.jobs.invariants import CAP, LIMIT
from tests.jobs.model import (
    BLOCKED,
    CANCELLED,
    DEAD,
    MOST_ATTEMPTS,
    READY,
    SCHEDULED,
    SUCCEEDED,
    Model,
    ModelGroup,
    ModelJob,
)
from tests.jobs.stepping import ANY, Stepping, always, pick, step

EXAMPLES, STEPS = 40, 150  # nearly 6,000 steps, the same ones in every run

KINDS: dict[str, dict[str, Any]] = {
    "tests.work": {},
    "tests.keyed": {"concurrency_key": ["k"], "concurrency_limit": LIMIT},
    "tests.single": {"unique_by": ["k"]},
    "tests.capped": {"max_assigned": CAP},
}
TABLES = (
    *("live", "done", "attempt", "enqueue_receipt", "dependency", "job_group"),
    *("allocation", "leader", "node_kind", "node_session", "node"),
)
LEASE = timedelta(seconds=15)
GRACE = timedelta(seconds=3)


class JobCore(Stepping):
    """Every step is one call of the core, or two that a node makes one after the other."""

    @initialize(seed=st.integers(0, 2**64 - 1))
    def begin(self, seed: int) -> None:
        self.chance = Random(seed)
        self.core.rows("".join(f"DELETE FROM {table};" for table in TABLES))
        self.now = START
        self.model = Model()
        self.runs: list[tuple[int, Run]] = []  # every run ever given, with its session
        self.join("anna")
        self.join("bert")

    @step(always, seconds=[1, 1, 2, 4, 8, 40])
    def pass_time(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @step(always, node=["anna", "bert"])
    def join(self, node: str) -> None:
        session = self.core.join(
            node, [{"name": name, **more} for name, more in KINDS.items()], self.now
        )
        self.model.sessions[session] = (True, self.now + LEASE)

    @step(
        always,
        kind_no=ANY,
        k=ANY,
        needs=ANY,
        group=[None, None, None, "g", "h"],
        priority=[1, 2],
        later=[0, 0, 5],
    )
    def enqueue(
        self, kind_no: int, k: int, needs: int, group: str | None, priority: int, later: int
    ) -> None:
        kind, k = list(KINDS)[kind_no % len(KINDS)], k % 3
        known = list(self.model.jobs.values())
        needed = {pick(needs + n, known) for n in range(max(0, needs % 5 - 2))}
        job = {"kind": kind, "args": {"k": k}, "priority": priority}
        job["needs"] = [each.uid for each in needed if each]
        job["run_at"] = self.now + timedelta(seconds=later)
        job["group_id"] = group and uuid.uuid5(uuid.NAMESPACE_URL, group)
        [answer] = self.core.enqueue(job, now=self.now)
        unique = f"{kind} {k}" if kind == "tests.single" else None
        sealed = group in self.model.groups and self.model.groups[group].sealed
        twin = unique and self.model.by_unique(unique)
        expected = "group_sealed" if sealed else "duplicate" if twin else "accepted"
        assert answer.verdict == expected
        if group is not None:
            self.model.groups.setdefault(group, ModelGroup())
        if expected == "accepted":
            added = ModelJob(answer.job_id, str(answer.uid), kind, SCHEDULED, unique=unique)
            added.key = str(k) if kind == "tests.keyed" else None
            added.group, added.needs = group, {each.id for each in needed if each}
            self.model.add(added)

    @step(always, group=["g", "h"])
    def open_group(self, group: str) -> None:
        known = self.model.groups.setdefault(group, ModelGroup())
        if known.callback is None and not known.finished:
            uid = uuid.uuid4()
            name = uuid.uuid5(uuid.NAMESPACE_URL, group)
            assert self.core.open_group(name, {"uid": uid}, self.now) == "opened"
            job_id = self.core.value("SELECT job_id FROM enqueue_receipt WHERE uid = %s", uid)
            self.model.add(ModelJob(job_id, str(uid), "tests.work", BLOCKED, holds_for=group))
            known.callback = job_id

    @step(lambda self: self.model.groups and len(self.model.jobs) > 12, place=ANY)
    def seal_group(self, place: int) -> None:
        group = pick(place, sorted(self.model.groups))
        assert self.core.seal_group(uuid.uuid5(uuid.NAMESPACE_URL, group), self.now)
        self.model.groups[group].sealed = True
        self.model.finish(group)

    @step(lambda self: self.model.sessions, place=ANY, room=range(1, 7))
    def claim(self, place: int, room: int) -> None:
        newest = -2 if place % 4 else 0
        session = pick(place, sorted(self.model.sessions)[newest:])
        stands, lease = self.model.sessions[session]
        runs = sorted(
            self.core.claim(session, room, tuple(KINDS), self.now), key=lambda run: run.id
        )
        assert len(runs) <= room
        assert not runs or (stands and lease > self.now)
        for run in runs:
            job = self.model.jobs[run.id]
            assert job.outcome is None
            assert job.session is None, "one run at a time"
            assert not job.is_waiting
            assert (run.run_no, run.attempt) == (job.run_no + 1, job.attempt + 1)
            job.run_no, job.attempt, job.session = run.run_no, run.attempt, session
            self.runs.append((session, run))

    def holds(self, session: int, run: Run) -> bool:
        job = self.model.jobs[run.id]
        return job.session == session and job.run_no == run.run_no

    def some_run(self, place: int, twist: str) -> tuple[int, Run]:
        """A run that was given once, mostly as it was, sometimes with a wrong fence."""
        held = [(job.session, job) for job in self.model.live() if job.session]
        fresh = [each for each in self.runs if self.holds(*each)]
        session, run = pick(place, fresh if held and place % 3 else self.runs)
        if twist == "run":
            run = replace(run, run_no=run.run_no + 1)
        if twist == "session":
            session = pick(place, sorted(self.model.sessions))
        return session, run

    @step(
        lambda self: self.runs,
        place=ANY,
        twist=["none", "none", "none", "run", "session"],
        end=["complete", "complete", "fail", "release"],
    )
    def finish(self, place: int, twist: str, end: str) -> None:
        session, run = self.some_run(place, twist)
        job, held = self.model.jobs[run.id], self.holds(session, run)
        if end == "complete":
            again = (session, run.run_no) == job.won_by
            ended = self.core.complete(session, [run], now=self.now)
            assert bool(ended) == (held or again)
            if held:
                job.won_by = (session, run.run_no)
                self.model.end(job, SUCCEEDED)
        elif end == "fail":
            failed = self.core.fail(session, [run], now=self.now)
            assert bool(failed) == held
            if held:
                self.model.give_back(job, failed[job.id])
        else:
            assert bool(self.core.release(session, [run], self.now)) == held
            if held and job.cancel_requested:
                self.model.end(job, CANCELLED)
            elif held:
                job.session, job.state, job.attempt = None, READY, job.attempt - 1

    @step(lambda self: self.model.jobs, place=ANY)
    def cancel(self, place: int) -> None:
        job = pick(place, list(self.model.jobs.values()))
        answer = self.core.cancel(job.id, self.now)
        if job.outcome is not None:
            assert answer == "ended"
        elif job.session is not None:
            assert answer == "requested"
            job.cancel_requested = True
        else:
            assert answer == "cancelled"
            self.model.end(job, CANCELLED)

    @step(lambda self: any(job.outcome == DEAD for job in self.model.jobs.values()), place=ANY)
    def revive(self, place: int) -> None:
        job = pick(place, [each for each in self.model.jobs.values() if each.outcome == DEAD])
        free = job.unique is None or self.model.by_unique(job.unique) is None
        assert self.core.revive(job.id, self.now) == free
        if free:
            self.model.revive(job)

    @step(lambda self: self.model.sessions, place=ANY)
    def renew(self, place: int) -> None:
        session = pick(place, sorted(self.model.sessions))
        stands, _ = self.model.sessions[session]
        held = {job.id for job in self.model.running_of(session)}
        runs = [run for given, run in self.runs if given == session and self.holds(given, run)]
        beat = self.core.renew(session, runs, self.now)
        assert beat.standing == stands
        if stands:
            self.model.sessions[session] = (True, self.now + LEASE)
            asked = {each for each in held if self.model.jobs[each].cancel_requested}
            assert set(beat.cancel_ids or ()) == asked
            assert not beat.drop_ids
            assert beat.released == 0

    @step(always)
    def expire_and_rescue(self) -> None:
        self.core.expire(self.now)
        for session, (stands, lease) in self.model.sessions.items():
            if stands and lease < self.now - GRACE:
                self.model.sessions[session] = (False, lease)
        lost = [
            job
            for session, (stands, _) in self.model.sessions.items()
            for job in self.model.running_of(session)
            if not stands
        ]
        rescued = self.core.rescue(self.now)
        assert set(rescued) == {job.id for job in lost}
        for job_id, verdict in rescued.items():
            self.model.give_back(self.model.jobs[job_id], verdict)

    @step(always)
    def take_back_overdue(self) -> None:
        for job_id, verdict in self.core.overdue(self.now).items():
            job = self.model.jobs[job_id]
            assert job.session is not None
            assert self.model.sessions[job.session][0]
            self.model.give_back(job, verdict)

    @step(always)
    def keep_house(self) -> None:
        self.core.promote(self.now)
        self.core.unblock(self.now)

    @step(lambda self: self.model.sessions, slots=list(itertools.product(range(5), repeat=3)))
    def allocate(self, slots: Sequence[int]) -> None:
        sessions = sorted(self.model.sessions, reverse=True)
        rows = [("tests.capped", session, n) for session, n in zip(sessions, slots, strict=False)]
        self.core.allocate(*rows, now=self.now)

    def teardown(self) -> None:
        """Whatever happened, the work that is left can be done: nothing waits for ever."""
        if not hasattr(self, "model"):
            return  # it failed while it was set up
        self.core.unblock(self.now)
        self.nothing_waits_for_a_free_unit()
        assert self.starved == set()


@pytest.mark.timeout(300)
def test_the_core_does_what_the_model_says(core: Core) -> None:
    for name, more in KINDS.items():
        core.declare(
            name=name, max_attempts=MOST_ATTEMPTS, backoff_base_s=1, backoff_jitter=0, **more
        )
    core.rows("SET synchronous_commit = off")
    JobCore.core = core
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        JobCore,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            derandomize=True,
            deadline=None,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert sum(JobCore.steps.values()) >= 5_000
    assert JobCore.steps["finish"] >= 500, "most steps are of jobs that run"
