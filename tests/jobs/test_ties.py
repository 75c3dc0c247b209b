"""What ties jobs together: needs, groups with a callback, and cancelling along them."""

import uuid

import pytest

from tests.jobs.core import Core, Run, after


def finish(core: Core, session: int, end: str = "complete") -> list[Run]:
    """Run whatever is ready to its end."""
    runs = core.claim(session)
    getattr(core, end)(session, runs)
    return runs


def states(core: Core) -> list[tuple[int, int | None]]:
    rows = core.rows("SELECT state, blocked_by FROM live ORDER BY id")
    return [(row.state, row.blocked_by) for row in rows]


def test_a_job_waits_for_all_that_it_needs(core: Core) -> None:
    first, second = core.enqueue({}, {})
    core.enqueue({"needs": [first.uid, second.uid]})
    session = core.join()
    runs = core.claim(session)
    core.complete(session, runs[:1])
    assert states(core)[-1] == (3, 1)
    core.complete(session, runs[1:])
    assert states(core) == [(1, None)]
    assert core.value("SELECT count(*) FROM dependency") == 0


def test_a_need_may_stand_earlier_in_the_batch_and_nowhere_else(core: Core) -> None:
    one, two, stranger = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    answers = core.enqueue(
        {"uid": one},
        {"uid": two, "needs": [one]},
        {"needs": [stranger]},
        {"uid": stranger, "needs": [stranger]},
    )
    assert [answer.verdict for answer in answers] == [
        "accepted",
        "accepted",
        "unknown_need",
        "unknown_need",
    ]
    assert states(core) == [(1, None), (3, 1)]
    assert core.value("SELECT count(*) FROM enqueue_receipt") == 2


def test_a_need_that_succeeded_before_is_met(core: Core) -> None:
    [need] = core.enqueue({})
    finish(core, core.join())
    core.enqueue({"needs": [need.uid]}, {"needs": [need.uid], "run_at": after(60)})
    assert states(core) == [(1, None), (0, None)]


def test_a_dead_need_keeps_its_dependents_waiting_until_it_is_revived(core: Core) -> None:
    core.declare(max_attempts=1)
    [need] = core.enqueue({})
    [job] = core.enqueue({"needs": [need.uid]})
    session = core.join()
    finish(core, session, "fail")
    [late] = core.enqueue({"needs": [need.uid]})
    assert states(core) == [(3, 1), (3, 1)]
    assert core.revive(need.job_id)
    assert [run.id for run in finish(core, session)] == [need.job_id]
    assert {run.id for run in finish(core, session)} == {job.job_id, late.job_id}


def test_a_cancelled_need_cancels_all_that_wait_for_it(core: Core) -> None:
    [need] = core.enqueue({})
    [job] = core.enqueue({"needs": [need.uid]})
    [further] = core.enqueue({"needs": [job.uid]})
    assert core.cancel(need.job_id) == "cancelled"
    [late] = core.enqueue({"needs": [further.uid]})
    for each in (job, further, late):
        done = core.done(each.job_id)
        assert (done.outcome, done.error) == (3, "a job that it needs was cancelled")
    assert states(core) == []
    assert core.value("SELECT count(*) FROM dependency") == 0


def test_a_running_job_is_asked_and_ends_cancelled_whatever_its_attempt(core: Core) -> None:
    jobs = core.enqueue({}, {}, {})
    session = core.join()
    runs = core.claim(session)
    assert [core.cancel(job.job_id) for job in jobs] == ["requested"] * 3
    assert sorted(core.renew(session, runs).cancel_ids) == [run.id for run in runs]
    assert core.fail(session, runs[:1]) == {runs[0].id: "cancelled"}
    assert core.release(session, runs[1:2]) == [runs[1].id]
    assert core.complete(session, runs[2:]) == [runs[2].id]
    outcomes = [core.done(job.job_id).outcome for job in jobs]
    assert outcomes == [3, 3, 1], "work that was done is done"
    assert [core.cancel(job.job_id) for job in jobs] == ["ended"] * 3


@pytest.mark.parametrize("run_at", [None, after(60)])
def test_a_waiting_job_is_cancelled_at_once(core: Core, run_at: object) -> None:
    [job] = core.enqueue({"run_at": run_at})
    assert core.cancel(job.job_id, after(1)) == "cancelled"
    done = core.done(job.job_id)
    assert (done.outcome, done.error, done.announced) == (3, "cancelled on request", True)


def test_a_callback_runs_when_its_group_is_sealed_and_all_of_it_has_ended(core: Core) -> None:
    group, callback = uuid.uuid4(), uuid.uuid4()
    core.declare(name="tests.once", max_attempts=1)
    assert core.open_group(group, {"uid": callback}) == "opened"
    assert core.open_group(group, {"uid": callback}) == "repeated"
    assert core.open_group(group, {}) == "conflict"
    jobs = core.enqueue(
        {"group_id": group},
        {"group_id": group, "kind": "tests.once"},
        {"group_id": group, "run_at": after(60)},
    )
    session = core.join(kinds=("tests.work", "tests.once"))
    core.complete(session, core.claim(session))
    core.fail(session, core.claim(session, kinds=("tests.once",)))
    assert core.seal_group(group)
    assert core.claim(session) == []
    core.cancel(jobs[2].job_id)
    counted = core.group(group)
    assert (counted.total, counted.succeeded, counted.dead, counted.cancelled) == (3, 1, 1, 1)
    assert counted.finished_at is not None
    assert [run.uid for run in core.claim(session)] == [callback]


def test_sealing_comes_last_as_well_and_is_told_of_late_members(core: Core) -> None:
    group = uuid.uuid4()
    core.open_group(group, {})
    core.enqueue({"group_id": group})
    session = core.join()
    finish(core, session)
    assert core.claim(session) == []
    assert core.seal_group(group)
    assert core.enqueue({"group_id": group})[0].verdict == "group_sealed"
    assert len(finish(core, session)) == 1
    assert not core.seal_group(uuid.uuid4())


def test_a_revived_member_is_counted_again_while_its_group_is_open(core: Core) -> None:
    group = uuid.uuid4()
    core.declare(max_attempts=1)
    [job] = core.enqueue({"group_id": group})
    session = core.join()
    finish(core, session, "fail")
    assert core.group(group).dead == 1
    core.revive(job.job_id)
    assert core.group(group).dead == 0
    core.seal_group(group)
    finish(core, session)
    counted = core.group(group)
    assert (counted.succeeded, counted.dead) == (1, 0)
    assert counted.finished_at is not None


def test_a_member_revived_after_its_group_has_finished_is_not_counted_twice(core: Core) -> None:
    group = uuid.uuid4()
    core.declare(max_attempts=1)
    [job] = core.enqueue({"group_id": group})
    core.seal_group(group)
    session = core.join()
    finish(core, session, "fail")
    core.revive(job.job_id)
    finish(core, session)
    counted = core.group(group)
    assert (counted.total, counted.succeeded, counted.dead) == (1, 0, 1)
