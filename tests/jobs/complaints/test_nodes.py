"""What users complain of in workers: stuck behind others, out of reach of time limits, deaf."""

from collections.abc import Callable

from tests.jobs.core import Core
from tests.jobs.node_process import is_alive, kill, until
from tests.jobs.running import StartNode, outcome_of, tidied

Enqueue = Callable[..., int]
Ran = Callable[[], list[list[str]]]


def test_c9_short_jobs_do_not_wait_behind_a_long_one(
    core: Core, start_node: StartNode, enqueue: Enqueue, ran: Ran
) -> None:
    start_node(workers=2)
    long = enqueue("sleep", seconds=60)
    until(ran)
    core.enqueue(*({"kind": "tests.nothing"} for _ in range(1_000)))
    until(lambda: core.value("SELECT count(*) FROM done") == 1_000, 30)
    assert core.live(long).state == 2


def test_c11_jobs_that_burn_the_processor_do_not_double_delayed_ones(
    core: Core, start_node: StartNode, enqueue: Enqueue, ran: Ran
) -> None:
    start_node(workers=2)
    burning = [enqueue("hang") for _ in range(2)]
    soon = core.value("SELECT clock_timestamp() + interval '2 seconds'")
    delayed = [enqueue("echo", {"run_at": soon}, name=f"delayed-{n}") for n in range(20)]
    for job in delayed:
        assert outcome_of(core, job, 30)[0] == 1
    names = [line[1] for line in ran()]
    assert sorted(names) == sorted(f"delayed-{n}" for n in range(20))
    assert all(outcome_of(core, job, 30)[0] == 2 for job in burning)


def test_c12_a_time_limit_ends_what_no_exception_can_and_the_worker_is_replaced(
    core: Core, start_node: StartNode, enqueue: Enqueue
) -> None:
    node = start_node(workers=2)
    until(lambda: len(node.workers) == 2)
    before = set(node.workers)
    outcome, error = outcome_of(core, enqueue("hang"), 30)
    assert (outcome, str(error).splitlines()[0]) == (2, "timed out after 1 seconds")
    until(lambda: len([pid for pid in node.workers if is_alive(pid)]) >= 2)
    assert set(node.workers) != before
    assert outcome_of(core, enqueue("echo"))[0] == 1


def test_c13_a_body_that_computes_does_not_cost_its_node_the_session(
    core: Core, start_node: StartNode, enqueue: Enqueue
) -> None:
    """The heartbeat is not in the process that computes: the lease moves on while it does."""
    core.declare(name="tests.sleep")
    start_node(workers=1)
    enqueue("burn", seconds=20)
    lease = "SELECT lease_until FROM node_session"
    until(lambda: core.rows("SELECT 1 FROM live WHERE state = 2"))
    first = core.value(lease)
    until(lambda: core.value(lease) > first, 10)
    second = core.value(lease)
    until(lambda: core.value(lease) > second, 10)
    [held] = core.rows("SELECT state, run_no, attempt FROM live")
    assert (held.state, held.attempt) == (2, 1)


def test_c25_a_node_whose_session_vanished_joins_again_by_itself(
    core: Core, start_node: StartNode, enqueue: Enqueue
) -> None:
    start_node()
    core.rows("DELETE FROM node_session")
    until(lambda: core.rows("SELECT 1 FROM node_session WHERE state = 'live'"), 10)
    assert outcome_of(core, enqueue("echo"))[0] == 1


def test_c32_killing_one_of_two_nodes_again_and_again_loses_nothing(
    core: Core, start_node: StartNode
) -> None:
    core.declare(name="tests.brief")
    core.enqueue(*({"kind": "tests.brief"} for _ in range(1_500)))
    start_node("steady", workers=1)
    unlucky = start_node("unlucky", workers=1)
    for _ in range(3):
        before = core.value("SELECT count(*) FROM done")
        until(lambda so_far=before: core.value("SELECT count(*) FROM done") > so_far + 50, 30)
        kill(agent := unlucky.agent)
        until(lambda gone=agent: unlucky.agent not in (0, gone), 15)
    until(lambda: tidied(core) and core.value("SELECT count(*) FROM done") == 1_500, 60)
    assert core.value("SELECT count(DISTINCT id) FROM done WHERE outcome = 1") == 1_500


def test_c33_a_node_with_a_long_backlog_leaves_within_its_grace(
    core: Core, start_node: StartNode
) -> None:
    core.declare(name="tests.brief")
    core.enqueue_many(20_000, "tests.brief")
    node = start_node(workers=2)
    until(lambda: core.value("SELECT count(*) FROM done") > 100)
    assert node.stop(30) == 0
    assert core.value("SELECT count(*) FROM live WHERE state = 2") == 0
    left = core.value("SELECT count(*) FROM live WHERE state = 1")
    assert left + core.value("SELECT count(*) FROM done") == 20_000
    assert core.value("SELECT coalesce(max(attempt), 0) FROM live") == 0
