"""A failure is another attempt after a pause; the last one is the end, with its reason."""

from tests.jobs.core import Core, after


def test_a_failed_job_comes_back_after_its_back_off(core: Core) -> None:
    [job] = core.enqueue({})
    session = core.join()
    assert core.fail(session, core.claim(session)) == {job.job_id: "retry"}
    row = core.live(job.job_id)
    assert (row.state, row.attempt, row.session_id) == (0, 1, None)
    assert after(8) <= row.run_at <= after(12)
    assert core.promote(after(7.9)) == 0
    assert core.promote(after(12)) == 1


def test_the_back_off_grows_and_is_capped(core: Core) -> None:
    core.declare(backoff_jitter=0)
    kind = core.value("SELECT kind_id FROM kind")
    pauses = [
        core.value("SELECT backoff(%s, %s)", kind, n).total_seconds() for n in (1, 2, 3, 4, 99)
    ]
    assert pauses == [10, 20, 40, 60, 60]


def test_jitter_spreads_the_pause_to_both_sides(core: Core) -> None:
    kind = core.value("SELECT kind_id FROM kind")
    pauses = core.rows("SELECT backoff(%s, 1) FROM generate_series(1, 200)", kind)
    seconds = [row[0].total_seconds() for row in pauses]
    assert 8 <= min(seconds) < 9.5
    assert 10.5 < max(seconds) <= 12


def test_the_last_attempt_buries_the_job_with_its_reason_and_its_history(core: Core) -> None:
    [job] = core.enqueue({"args": {"n": 1}})
    session = core.join()
    for attempt in (1, 2, 3):
        runs = core.claim(session)
        assert runs[0].attempt == attempt
        core.fail(session, runs, error=f"broke {attempt}", now=after(0))
        core.promote(after(3600))
    done = core.done(job.job_id)
    assert (done.outcome, done.error, done.attempt, done.announced) == (2, "broke 3", 3, False)
    history = core.rows("SELECT run_no, error FROM attempt ORDER BY run_no")
    assert [(row.run_no, row.error) for row in history] == [
        (1, "broke 1"),
        (2, "broke 2"),
        (3, "broke 3"),
    ]


def test_a_batch_may_hold_jobs_that_come_back_and_jobs_that_die(core: Core) -> None:
    core.declare(name="tests.once", max_attempts=1)
    core.enqueue({}, {"kind": "tests.once"})
    session = core.join(kinds=("tests.work", "tests.once"))
    runs = core.claim(session, kinds=("tests.work", "tests.once"))
    assert sorted(core.fail(session, runs).values()) == ["dead", "retry"]


def test_what_is_handed_back_unstarted_costs_no_attempt_and_keeps_its_place(core: Core) -> None:
    core.enqueue({"args": {"n": 1}}, {"args": {"n": 2}})
    session = core.join()
    [first] = core.claim(session, room=1)
    assert core.release(session, [first]) == [first.id]
    [again] = core.claim(session, room=1)
    assert (again.id, again.attempt, again.run_no) == (first.id, 1, first.run_no + 1)


def test_a_job_past_its_deadline_is_taken_back_from_a_live_node(core: Core) -> None:
    [job] = core.enqueue({})
    session = core.join()
    runs = core.claim(session)
    core.heartbeat(session, runs, now=after(89))
    assert core.rows("SELECT * FROM take_back_overdue(100, %s)", after(90)) == []
    [taken] = core.rows("SELECT * FROM take_back_overdue(100, %s)", after(90.1))
    assert (taken.id, taken.verdict) == (job.job_id, "retry")
    assert core.complete(session, runs) == []
    assert core.value("SELECT outcome FROM attempt") == "timeout"
