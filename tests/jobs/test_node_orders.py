"""Nodes take orders: cancel, pause, more or fewer workers, slots; and leave and come back."""

import os
from collections.abc import Callable
from pathlib import Path

from tests.jobs.core import Core
from tests.jobs.node_process import is_alive, until
from tests.jobs.running import StartNode, outcome_of, tidied

Enqueue = Callable[..., int]
Ran = Callable[[], list[list[str]]]

BEATS = "SELECT lease_until FROM node_session"


def test_a_running_job_is_cancelled_and_its_worker_serves_others(
    core: Core, start_node: StartNode, enqueue: Enqueue, ran: Ran
) -> None:
    start_node(workers=1)
    job = enqueue("sleep", seconds=60)
    until(ran)
    other = enqueue("echo")
    assert core.value("SELECT cancel(%s)", job) == "requested"
    assert outcome_of(core, job)[0] == 3
    assert "cancelled" in str(core.done(job).error)
    assert outcome_of(core, other)[0] == 1
    assert core.done(job).attempt == 1
    assert core.value("SELECT outcome FROM attempt WHERE job_id = %s", job) == "cancelled"


def test_a_time_out_that_an_operator_changed_counts_on_nodes_that_run(
    core: Core, start_node: StartNode, enqueue: Enqueue
) -> None:
    start_node(workers=1)
    core.override("tests.sleep", timeout_s=1, max_attempts=1)
    before = core.value(BEATS)
    until(lambda: core.value(BEATS) > before)
    job = enqueue("sleep", seconds=60)
    outcome, error = outcome_of(core, job)
    assert (outcome, str(error).partition("\n")[0]) == (2, "timed out after 1 seconds")


def test_every_renewal_tells_the_limits_that_hold(core: Core) -> None:
    core.declare(concurrency_key=["account_id"], concurrency_limit=5, max_assigned=9)
    session = core.join()
    core.override(max_assigned=4, queue_size=3)
    assert core.renew(session).limits == {
        str(core.kind_id()): {
            "timeout_s": 60,
            "queue_size": 3,
            "max_assigned": 4,
            "concurrency_limit": 5,
        }
    }


def test_jobs_under_a_limit_that_an_operator_set_follow_each_other_at_once(
    core: Core, start_node: StartNode
) -> None:
    start_node(workers=2)
    core.override("tests.nothing", max_assigned=2)
    session = core.value("SELECT session_id FROM node_session")
    core.allocate(("tests.nothing", session, 2), now=core.value("SELECT clock_timestamp()"))
    until(lambda: core.value(BEATS) > core.value("SELECT clock_timestamp() + interval '14 s'"))
    core.enqueue_many(200, "tests.nothing")
    # With the pause before the next look that ends of other jobs bring, it would be ten and more.
    until(lambda: core.value("SELECT count(*) FROM done") == 200, 8)


def test_a_paused_node_finishes_and_claims_no_more_until_it_is_resumed(
    core: Core, start_node: StartNode, enqueue: Enqueue, ran: Ran
) -> None:
    start_node(workers=1)
    running = enqueue("sleep", seconds=4)
    until(ran)
    core.rows("UPDATE node SET paused_at = now()")
    assert outcome_of(core, running)[0] == 1
    waiting = enqueue("echo")
    before = core.value(BEATS)
    until(lambda: core.value(BEATS) > before)
    assert core.live(waiting).state == 1
    core.rows("UPDATE node SET paused_at = NULL")
    assert outcome_of(core, waiting)[0] == 1


def test_the_number_of_workers_changes_while_jobs_run(
    core: Core, start_node: StartNode, enqueue: Enqueue, ran: Ran
) -> None:
    node = start_node(workers=3)
    jobs = [enqueue("sleep", seconds=5, name=number) for number in range(3)]
    until(lambda: len(ran()) == 3)
    core.rows("UPDATE node SET slots_wanted = 1")
    assert [outcome_of(core, job)[0] for job in jobs] == [1, 1, 1]
    until(lambda: len(node.workers) == 1)
    core.rows("UPDATE node SET slots_wanted = 2")
    until(lambda: len(node.workers) == 2)
    assert core.value("SELECT slots FROM node_session") == 2
    assert {core.done(job).run_no for job in jobs} == {1}


def test_quick_jobs_behind_an_outlier_go_to_other_workers(
    core: Core, start_node: StartNode, enqueue: Enqueue, ran: Ran, tmp_path: Path
) -> None:
    start_node(workers=2)
    for _ in range(40):  # the node learns that the kind is quick
        enqueue("now_and_then_slow")
    until(lambda: core.value("SELECT count(*) FROM done") == 40)
    with core.open_transaction():
        slow = enqueue("now_and_then_slow", seconds=8)
        quick = [enqueue("now_and_then_slow") for _ in range(60)]
    until(lambda: core.value("SELECT count(*) FROM done") == 100, 6)
    assert core.live(slow).state == 2
    assert outcome_of(core, slow)[0] == 1
    assert {core.done(job).attempt for job in quick} == {1}
    assert {number for _, number in starts(ran())} == {1}


def starts(lines: list[list[str]]) -> list[tuple[str, int]]:
    """How often each run (job, run number) was started by a handler."""
    keys = [f"{name}/{run}" for _, name, run, _ in lines]
    return [(key, keys.count(key)) for key in set(keys)]


def test_a_handler_says_how_far_it_is_and_keeps_lines(
    core: Core, start_node: StartNode, enqueue: Enqueue, ran: Ran, tmp_path: Path
) -> None:
    start_node(workers=1)
    go_on = tmp_path / "go on"
    options = {"version": 2, "tags": ["a", "ü"]}
    job = enqueue("talk", job=options, go_on=str(go_on))
    until(lambda: core.value("SELECT max(percent) FROM progress WHERE job_id = %s", job) == 49)
    assert core.value("SELECT note FROM progress") == "at 49"
    lines = "SELECT line_no, text FROM job_log WHERE job_id = %s ORDER BY line_no"
    assert [tuple(row) for row in core.rows(lines, job)] == [(1, "begun step=1")]
    go_on.touch()
    assert outcome_of(core, job)[0] == 1
    assert core.done(job).result == {"version": 2, "tags": ["a", "ü"], "group": None}
    assert [row.line_no for row in core.rows(lines, job)] == [1, 2]
    assert core.value("SELECT note FROM progress") == "nearly"


def test_hooks_run_around_the_handler_and_decide_with_it(
    core: Core, start_node: StartNode, enqueue: Enqueue, ran: Ran
) -> None:
    start_node(workers=1)
    outcomes = [
        outcome_of(core, enqueue("hooked", **{"break": what}))
        for what in ("nothing", "starting", "finishing")
    ]
    assert [outcome for outcome, _ in outcomes] == [1, 2, 2]
    assert str(outcomes[1][1]).startswith("ValueError: not today")
    assert str(outcomes[2][1]).startswith("ValueError: cannot finish")
    assert [line[0] for line in ran()] == [
        *("starting", "ran", "finishing:NoneType"),
        *("starting", "finishing:ValueError"),
        *("starting", "ran", "finishing:NoneType"),
    ]


def test_a_node_runs_only_versions_that_its_build_knows(
    core: Core, start_node: StartNode, enqueue: Enqueue, tmp_path: Path
) -> None:
    start_node(workers=1)
    (tmp_path / "go").touch()
    newer = enqueue("talk", job={"version": 4}, go_on=str(tmp_path / "go"))
    known = enqueue("talk", job={"version": 3}, go_on=str(tmp_path / "go"))
    assert outcome_of(core, known)[0] == 1
    assert (core.live(newer).state, core.live(newer).run_no) == (1, 0)


def test_jobs_with_a_key_follow_each_other_at_once(
    core: Core, start_node: StartNode, enqueue: Enqueue, ran: Ran
) -> None:
    start_node(workers=2)
    jobs = [enqueue("one_at_a_time", key="a", seconds=0.01) for _ in range(20)]
    assert {outcome_of(core, job)[0] for job in jobs} == {1}
    assert [line[0] for line in ran()] == ["started", "ended"] * 20


def test_a_node_whose_session_was_deleted_notices_and_joins_again(
    core: Core, start_node: StartNode, enqueue: Enqueue
) -> None:
    node = start_node(workers=1)
    gone = core.value("SELECT session_id FROM node_session")
    core.rows("DELETE FROM node_kind; DELETE FROM node_session")
    until(lambda: core.rows("SELECT 1 FROM node_session WHERE session_id > %s", gone), 6)
    assert outcome_of(core, enqueue("echo"))[0] == 1
    assert node.process.poll() is None


def test_a_node_of_the_same_name_gets_a_session_of_its_own_and_the_old_jobs_run_again(
    core: Core, start_node: StartNode, enqueue: Enqueue, ran: Ran
) -> None:
    first = start_node(workers=1)
    job = enqueue("sleep", seconds=1)
    until(ran)
    lost = core.value("SELECT session_id FROM node_session")
    first.kill_all()
    start_node(workers=1)
    assert core.value("SELECT count(*) FROM node_session WHERE node_name = 'anna'") == 2
    long_ago = "lease_until = now() - interval '1 minute'"
    core.rows(f"UPDATE node_session SET {long_ago} WHERE session_id = %s", lost)
    assert core.rows("SELECT expire_sessions()")
    until(lambda: tidied(core) and core.done(job))
    assert core.done(job).attempt == 2


def test_a_node_with_an_endless_backlog_leaves_in_time_and_holds_nothing(
    core: Core, start_node: StartNode
) -> None:
    node = start_node()
    core.declare(name="tests.nothing")
    for _ in range(20):
        core.enqueue(*({"kind": "tests.nothing"} for _ in range(1000)))
    until(lambda: core.value("SELECT count(*) FROM done") > 500)
    assert node.stop(10) == 0
    assert core.value("SELECT count(*) FROM live WHERE state <> 1") == 0
    assert core.value("SELECT count(*) + (SELECT count(*) FROM done) FROM live") == 20_000
    assert core.value("SELECT max(attempt) FROM done") == 1
    assert not any(is_alive(pid) for pid in node.workers)


def test_agent_and_workers_stay_small(core: Core, start_node: StartNode, enqueue: Enqueue) -> None:
    node = start_node(workers=2)
    jobs = [enqueue("echo") for _ in range(50)]
    assert {outcome_of(core, job)[0] for job in jobs} == {1}
    assert megabytes(node.agent) <= 80
    assert max(map(megabytes, node.workers)) <= 60


def megabytes(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024 / 1024
