"""Nodes come, stay by their lease, and go; what they held comes back within seconds."""

from tests.jobs.core import Core, after


def test_a_heartbeat_keeps_a_session_alive(core: Core) -> None:
    session = core.join()
    for seconds in range(3, 60, 3):
        assert core.heartbeat(session, now=after(seconds)).standing
        assert core.expire(after(seconds)) == []


def test_a_dead_session_is_told_so_and_cannot_be_revived(core: Core) -> None:
    session = core.join()
    core.expire(after(60))
    assert not core.heartbeat(session, now=after(61)).standing
    assert core.claim(session, now=after(61)) == []


def test_jobs_of_a_dead_node_are_ready_again_at_once(core: Core) -> None:
    core.enqueue_many(3)
    session = core.join()
    runs = core.claim(session, room=2)
    core.expire(after(20))
    assert core.rescue(after(20)) == {run.id: "retry" for run in runs}
    assert core.value("SELECT count(*) FROM live WHERE state = 1") == 3
    reasons = core.rows("SELECT outcome, error FROM attempt")
    assert {(row.outcome, row.error) for row in reasons} == {
        ("lost", "node anna was lost while the job ran")
    }
    assert core.value("SELECT settled FROM node_session")


def test_a_job_that_takes_its_node_down_every_time_ends_dead(core: Core) -> None:
    [job] = core.enqueue({})
    for round_no in range(3):
        session = core.join(now=after(100 * round_no))
        core.claim(session, now=after(100 * round_no))
        core.expire(after(100 * round_no + 50))
        core.rescue(after(100 * round_no + 50))
    assert core.done(job.job_id).error == "node anna was lost while the job ran"


def test_closing_a_session_takes_back_what_it_held_and_nothing_of_others(core: Core) -> None:
    core.enqueue_many(4)
    dying, staying = core.join("anna"), core.join("bert")
    core.claim(dying, room=2)
    kept = core.claim(staying, room=2)
    assert core.value("SELECT close_session(%s, 'dead', %s)", dying, after(1)) == 2
    running = core.rows("SELECT id FROM live WHERE state = 2")
    assert {row.id for row in running} == {run.id for run in kept}


def test_a_claim_whose_answer_was_lost_is_released_by_the_heartbeat(core: Core) -> None:
    core.enqueue({})
    session = core.join()
    [lost] = core.claim(session)
    assert core.heartbeat(session, now=after(9)).released == 0
    assert core.heartbeat(session, now=after(11)).released == 1
    row = core.live(lost.id)
    assert (row.state, row.attempt) == (1, 0)


def test_the_heartbeat_names_jobs_that_are_no_longer_the_nodes(core: Core) -> None:
    core.enqueue_many(2)
    session = core.join()
    runs = core.claim(session)
    core.rows("SELECT * FROM take_back_overdue(1, %s)", after(1000))
    beat = core.heartbeat(session, runs, now=after(2))
    taken = core.rows("SELECT job_id FROM attempt")
    assert beat.drop_ids == [row.job_id for row in taken]


def test_a_restarted_node_of_the_same_name_is_another_session(core: Core) -> None:
    core.enqueue({})
    first, second = core.join("anna"), core.join("anna")
    runs = core.claim(first)
    assert core.complete(second, runs) == []
    core.heartbeat(second, now=after(20))
    assert core.expire(after(20)) == ["anna"]
    assert core.rescue(after(20)) == {runs[0].id: "retry"}


def test_partitions_are_made_once_and_old_ones_are_dropped(core: Core) -> None:
    assert core.value("SELECT ensure_partitions(date '2031-01-01', 2)") == 6
    assert core.value("SELECT ensure_partitions(date '2031-01-01', 2)") == 0
    assert core.value("SELECT ensure_partitions(date '2019-01-01', 1)") == 3
    assert core.value("SELECT prune_history(date '2019-01-02')") == 3
