"""What must hold after each step of the state machine.

A job finishes once and nothing accepted is lost (I1, I3), attempts stay within their number (I6),
caps and limits hold (I8), and units, needs and groups add up.
"""

import uuid
from collections import Counter
from datetime import datetime

from hypothesis.stateful import RuleBasedStateMachine, invariant

from tests.jobs.core import START, Core
from tests.jobs.model import KEY, MOST_ATTEMPTS, READY, RUNNING, Model, same

LIMIT, CAP = 2, 3


class Checked(RuleBasedStateMachine):
    """A core, the model of it, and the instant that both are told."""

    core: Core
    model: Model
    now: datetime

    @invariant()
    def live_and_done_are_what_the_model_says(self) -> None:
        live = {row.id: row for row in self.core.rows("SELECT * FROM live")}
        done = self.core.rows(
            "SELECT id, outcome FROM done WHERE finished_at BETWEEN %s AND %s", START, self.now
        )
        assert len(done) == len({row.id for row in done}), "a job finishes once"
        ended = {row.id: row.outcome for row in done}
        assert not live.keys() & ended.keys()
        assert set(live) == {job.id for job in self.model.live()}
        assert ended == {
            job.id: job.outcome for job in self.model.jobs.values() if job.outcome is not None
        }
        for row in live.values():
            job = self.model.jobs[row.id]
            assert same(row, job), (row, job)
            assert row.attempt <= row.max_attempts == MOST_ATTEMPTS

    @invariant()
    def limits_hold_and_units_are_held_by_running_jobs_alone(self) -> None:
        held = self.core.rows(
            "SELECT concurrency_key AS key, id, run_no FROM live"
            " WHERE state = %s AND concurrency_key IS NOT NULL",
            RUNNING,
        )
        assert {(row.id, row.run_no) for row in held} == {
            (job.id, job.run_no) for job in self.model.live() if job.session and job.key is not None
        }
        assert all(number <= LIMIT for number in Counter(row.key for row in held).values())
        capped = [j for j in self.model.live() if j.kind == "tests.capped" and j.session]
        assert len(capped) <= CAP
        slots = self.core.value("SELECT coalesce(sum(slots), 0) FROM allocation")
        assert slots <= CAP

    @invariant()
    def nothing_waits_for_a_free_unit(self) -> None:
        waiting = self.core.rows(
            "SELECT concurrency_key AS key FROM live WHERE blocked_by = %s", KEY
        )
        taken = Counter(
            row.key
            for row in self.core.rows(
                "SELECT concurrency_key AS key FROM live"
                " WHERE state IN (%s, %s) AND concurrency_key IS NOT NULL",
                READY,
                RUNNING,
            )
        )
        self.starved = {row.key for row in waiting if taken[row.key] < LIMIT}

    @invariant()
    def groups_and_needs_add_up(self) -> None:
        ties = self.core.rows("SELECT job_id, needs_id FROM dependency")
        assert {(row.job_id, row.needs_id) for row in ties} == {
            (job.id, need) for job in self.model.live() for need in job.needs
        }
        for name, group in self.model.groups.items():
            row = self.core.group(uuid.uuid5(uuid.NAMESPACE_URL, name))
            assert (row.total, row.sealed) == (group.total, group.sealed)
            assert (row.succeeded, row.dead, row.cancelled) == tuple(group.counts.values())
            assert (row.finished_at is not None) == group.finished
