"""Only the run that holds a job changes it: (id, run_no, session), all three."""

from dataclasses import replace

from tests.jobs.core import Core, after


def test_the_run_that_holds_the_job_completes_it(core: Core) -> None:
    [job] = core.enqueue({})
    session = core.join()
    runs = core.claim(session)
    assert core.complete(session, runs, result={"pages": 2}, now=after(1)) == [job.job_id]
    done = core.done(job.job_id)
    assert core.live(job.job_id) is None
    assert (done.outcome, done.run_no, done.session_id, done.result) == (
        1,
        1,
        session,
        {"pages": 2},
    )


def test_another_session_changes_nothing(core: Core) -> None:
    core.enqueue({})
    mine, other = core.join("anna"), core.join("bert")
    runs = core.claim(mine)
    assert core.complete(other, runs) == []
    assert core.fail(other, runs) == {}
    assert core.release(other, runs) == []
    assert core.live(runs[0].id).state == 2


def test_another_run_number_changes_nothing(core: Core) -> None:
    core.enqueue({})
    session = core.join()
    runs = core.claim(session)
    for wrong in (runs[0].run_no - 1, runs[0].run_no + 1):
        stale = [replace(runs[0], run_no=wrong)]
        assert core.complete(session, stale) == []
        assert core.fail(session, stale) == {}
        assert core.release(session, stale) == []


def test_a_late_completion_of_a_rescued_run_is_refused_and_the_new_run_completes(
    core: Core,
) -> None:
    core.enqueue({})
    zombie, owner = core.join("anna"), core.join("bert", now=after(30))
    old = core.claim(zombie)
    assert core.expire(after(18)) == []
    assert core.expire(after(18.1)) == ["anna"]
    assert core.rescue(after(18.1)) == {old[0].id: "retry"}
    new = core.claim(owner, now=after(31))
    assert new[0].run_no == old[0].run_no + 1
    assert core.complete(zombie, old) == []
    assert core.complete(owner, new) == [new[0].id]
    assert core.done(new[0].id).session_id == owner


def test_a_completion_whose_answer_was_lost_is_answered_the_same_again(core: Core) -> None:
    core.enqueue({}, {})
    session = core.join()
    runs = core.claim(session)
    first = core.complete(session, runs[:1], now=after(1))
    again = core.complete(session, runs, now=after(2))
    assert first == [runs[0].id]
    assert again == [run.id for run in runs]


def test_one_stale_run_in_a_batch_does_not_harm_the_others(core: Core) -> None:
    core.enqueue_many(5)
    session = core.join()
    runs = core.claim(session)
    batch = [replace(runs[0], run_no=9), *runs[1:]]
    assert core.complete(session, batch) == [run.id for run in runs[1:]]


def test_a_session_whose_lease_ran_out_claims_nothing(core: Core) -> None:
    core.enqueue({})
    session = core.join()
    assert core.claim(session, now=after(15)) == []
    assert core.heartbeat(session, now=after(16)).standing
    assert len(core.claim(session, now=after(17))) == 1


def test_a_session_that_drains_or_ended_claims_nothing(core: Core) -> None:
    core.enqueue({})
    draining, left = core.join("anna"), core.join("bert")
    core.rows("SELECT drain_session(%s)", draining)
    core.rows("SELECT close_session(%s, 'left')", left)
    assert core.claim(draining) == []
    assert core.claim(left) == []


def test_a_node_never_gets_a_kind_that_its_build_does_not_know(core: Core) -> None:
    core.declare(name="tests.newer")
    [job] = core.enqueue({"kind": "tests.newer"})
    older, newer = core.join("anna"), core.join("bert", kinds=("tests.work", "tests.newer"))
    assert core.claim(older, kinds=("tests.newer",)) == []
    core.promote(after(3600))
    core.rescue(after(3600))
    assert core.live(job.job_id).state == 1
    assert len(core.claim(newer, kinds=("tests.newer",))) == 1


def test_the_room_is_shared_in_the_order_the_node_asks(core: Core) -> None:
    core.declare(name="tests.other")
    core.enqueue_many(5)
    core.enqueue_many(5, kind="tests.other")
    session = core.join(kinds=("tests.work", "tests.other"))
    runs = core.claim(session, room=6, kinds=("tests.other", "tests.work"))
    assert len(runs) == 6
    waiting = core.rows("SELECT k.name FROM live JOIN kind k USING (kind_id) WHERE state = 1")
    assert {row.name for row in waiting} == {"tests.work"}
