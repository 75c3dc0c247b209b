"""Real nodes: they run jobs, join and leave at any time, and survive their own workers.

A slow job is claimed only when a worker that is ready waits for it, so its first run is number 1.
Quick ones are claimed ahead: where the machine is so busy that they wait for a second, they are
handed back unstarted, which grows the run number and is no attempt.
"""

import os
import signal
from collections.abc import Callable
from pathlib import Path

from tests.jobs.core import Core
from tests.jobs.node_process import NodeProcess, is_alive, kill, until
from tests.jobs.running import StartNode, outcome_of, tidied

Enqueue = Callable[..., int]
Ran = Callable[[], list[list[str]]]


def test_a_node_runs_what_is_waiting_and_what_comes(
    core: Core, start_node: StartNode, enqueue: Enqueue
) -> None:
    core.declare(name="tests.echo")
    early = enqueue("echo", say="früh")
    start_node()
    late = enqueue("echo", say="spät")
    for job, said in ((early, "früh"), (late, "spät")):
        assert outcome_of(core, job)[0] == 1
        done = core.done(job)
        assert (done.run_no, done.attempt) == (1, 1)
        assert done.result == {"said": said, "fence": f"{done.uid}/{done.run_no}"}


def test_many_quick_jobs_all_end_once(core: Core, start_node: StartNode) -> None:
    core.declare(name="tests.nothing")
    core.enqueue(*({"kind": "tests.nothing"} for _ in range(3000)))
    start_node()
    until(lambda: core.value("SELECT count(*) FROM done") == 3000, 30)
    assert core.value("SELECT count(*) FROM live") == 0
    assert core.value("SELECT max(attempt) FROM done") == 1


def test_a_handler_that_raises_fails_its_job_with_the_reason(
    core: Core, start_node: StartNode, enqueue: Enqueue
) -> None:
    start_node()
    outcome, error = outcome_of(core, enqueue("fail"))
    assert outcome == 2
    assert error.startswith("ValueError: no such invoice")
    assert core.value("SELECT count(*) FROM attempt") == 2


def test_a_killed_agent_leaves_no_worker_and_its_jobs_run_again_within_a_second(
    core: Core, start_node: StartNode, enqueue: Enqueue, ran: Ran
) -> None:
    node = start_node()
    job = enqueue("sleep", seconds=1.5)
    until(ran)
    first, [*workers] = node.agent, node.workers
    kill(first)
    until(lambda: not any(is_alive(pid) for pid in workers), 0.5)
    until(lambda: core.live(job) and core.live(job).state == 1, 1.0)
    until(lambda: node.agent not in (0, first))
    assert outcome_of(core, job)[0] == 1
    assert [line[0] for line in ran()] == ["started", "started", "ended"]
    assert core.done(job).attempt == 2


def test_a_whole_node_killed_at_once_is_rescued_by_its_lease(
    core: Core, start_node: StartNode, enqueue: Enqueue, ran: Ran
) -> None:
    node = start_node()
    job = enqueue("sleep", seconds=60)
    until(ran)
    for pid in node.everyone():
        kill(pid)
    lapsed = "SELECT expire_sessions(clock_timestamp() + interval '20 seconds')"
    assert [row[0] for row in core.rows(lapsed)] == ["anna"]
    core.rows("SELECT * FROM rescue(100)")
    assert (core.live(job).state, core.live(job).attempt) == (1, 1)


def test_an_agent_whose_supervisor_is_killed_drains_and_leaves(
    core: Core, start_node: StartNode, enqueue: Enqueue, ran: Ran
) -> None:
    node = start_node()
    job = enqueue("sleep", seconds=0.5)
    until(ran)
    tree = node.everyone()
    os.kill(node.process.pid, signal.SIGKILL)
    until(lambda: core.done(job))
    until(lambda: not any(is_alive(pid) for pid in tree[1:]))
    assert core.value("SELECT state FROM node_session") == "left"


def test_sigterm_hands_back_what_has_not_started_and_finishes_what_runs(
    core: Core, start_node: StartNode, enqueue: Enqueue, ran: Ran
) -> None:
    node = start_node(workers=1)
    running = enqueue("sleep", seconds=1)
    until(ran)
    waiting = [enqueue("sleep", seconds=60) for _ in range(5)]
    assert node.stop() == 0
    assert core.done(running).outcome == 1
    for job in waiting:
        row = core.live(job)
        assert (row.state, row.attempt, row.session_id) == (1, 0, None)
    assert core.value("SELECT state FROM node_session") == "left"
    assert core.value("SELECT count(*) FROM attempt") == 0


def test_sigterm_while_the_node_is_still_starting_is_no_failure(
    core: Core, node_url: str, tmp_path: Path
) -> None:
    node = NodeProcess(node_url, tmp_path / "node.log")
    try:
        until(lambda: node.agent)
        assert node.stop() == 0
    finally:
        node.kill_all()
    assert core.value("SELECT count(*) FROM node_session WHERE ended_at IS NULL") == 0


def test_a_second_sigterm_stops_at_once_and_the_job_goes_back(
    core: Core, start_node: StartNode, enqueue: Enqueue, ran: Ran
) -> None:
    node = start_node(workers=1)
    job = enqueue("sleep", seconds=60)
    until(ran)
    node.process.send_signal(signal.SIGTERM)
    until(lambda: core.value("SELECT state FROM node_session") == "draining")
    node.stop(5)
    assert core.live(job).state == 1


def test_a_second_node_joins_while_the_first_works_and_takes_its_share(
    core: Core, start_node: StartNode, enqueue: Enqueue, ran: Ran
) -> None:
    anna = start_node("anna", workers=1)
    jobs = [enqueue("sleep", seconds=0.3) for _ in range(12)]
    until(ran)
    start_node("bert", workers=1)
    for job in jobs:
        assert outcome_of(core, job)[0] == 1
    shares = core.rows("SELECT DISTINCT node_name FROM done JOIN node_session USING (session_id)")
    assert {row.node_name for row in shares} == {"anna", "bert"}
    assert len(ran()) == 24
    assert anna.stop() == 0


def test_a_node_whose_session_was_ended_stops_its_work_and_joins_again(
    core: Core, start_node: StartNode, enqueue: Enqueue, ran: Ran
) -> None:
    node = start_node(workers=1)
    job = enqueue("sleep", seconds=6)
    until(ran)
    zombie = int(ran()[0][3])
    core.rows("SELECT expire_sessions(clock_timestamp() + interval '1 hour')")
    until(lambda: not is_alive(zombie), 5)
    until(lambda: core.value("SELECT count(*) FROM node_session") == 2, 5)
    until(lambda: tidied(core) and len(ran()) == 2)
    assert core.live(job).attempt == 2
    assert node.process.poll() is None


def test_a_stopped_agent_finds_itself_fenced_when_it_goes_on(
    core: Core, start_node: StartNode, enqueue: Enqueue, ran: Ran
) -> None:
    node = start_node(workers=1)
    job = enqueue("sleep", seconds=1)
    until(ran)
    os.kill(node.agent, signal.SIGSTOP)
    core.rows("SELECT expire_sessions(clock_timestamp() + interval '1 hour')")
    core.rows("SELECT * FROM rescue(100)")
    until(lambda: len(ran()) == 2)  # the worker ends its job; nobody can report it
    os.kill(node.agent, signal.SIGCONT)
    assert outcome_of(core, job)[0] == 1
    assert (core.done(job).attempt, core.done(job).run_no) == (2, 2)
