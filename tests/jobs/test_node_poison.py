"""Jobs that do their worst: each hurts only itself, and ends dead with the reason."""

import os
import re
import signal
from collections.abc import Callable
from typing import Any

import pytest

from tests.jobs.core import Core
from tests.jobs.node_process import is_alive, until
from tests.jobs.running import StartNode, outcome_of

Enqueue = Callable[..., int]
Ran = Callable[[], list[list[str]]]

POISON: list[tuple[str, dict[str, Any], str, str]] = [
    ("segfault", {}, "lost", "the worker process was ended by SIGSEGV"),
    ("exit", {}, "lost", "the worker process exited with status 7"),
    ("sys_exit", {}, "failed", "SystemExit: 3"),
    ("hang", {}, "timeout", "timed out after 1 seconds"),
    ("bomb", {"megabytes": 4096}, "failed", "MemoryError"),
    ("scribble", {}, "lost", "the handler wrote into the worker process' own channel"),
    ("close_all", {}, "lost", "the handler closed the worker process' own descriptors"),
]


@pytest.mark.parametrize(("poison", "args", "outcome", "reason"), POISON)
def test_c7_a_poisonous_job_hurts_only_itself_and_ends_dead(
    core: Core, start_node: StartNode, enqueue: Enqueue, poison: str, args: dict[str, Any],
    outcome: str, reason: str,
) -> None:  # fmt: skip
    node = start_node(options=["--memory", "256"])
    poisoned = enqueue(poison, **args)
    others = [enqueue("echo") for _ in range(10)]
    ended, error = outcome_of(core, poisoned)
    assert ended == 2
    assert str(error).splitlines()[0] == reason
    assert {outcome_of(core, job)[0] for job in others} == {1}
    attempts = core.rows("SELECT outcome FROM attempt WHERE job_id = %s", poisoned)
    assert [attempt.outcome for attempt in attempts] == [outcome, outcome]
    assert core.value("SELECT count(*) FROM attempt") == 2
    until(lambda: len(node.workers) == 2)


def test_c7_a_bomb_that_swells_slowly_is_stopped_by_whichever_limit_it_meets_first(
    core: Core, start_node: StartNode, enqueue: Enqueue
) -> None:
    """Its own, which counts what it may write to, or its agent's, which counts all that it uses."""
    start_node(options=["--memory", "256"])
    bomb, other = enqueue("bomb", megabytes=1), enqueue("echo")
    ended, error = outcome_of(core, bomb)
    assert ended == 2
    assert re.match(r"MemoryError|used 2\d\d MB of memory, at most 256 MB are allowed", str(error))
    assert outcome_of(core, other)[0] == 1
    attempts = core.rows("SELECT outcome FROM attempt WHERE job_id = %s", bomb)
    assert len(attempts) == 2
    assert {attempt.outcome for attempt in attempts} <= {"failed", "lost"}


@pytest.mark.parametrize("kind_of_value", [{"set": True}, {}])
def test_a_result_that_cannot_be_stored_fails_only_its_job(
    core: Core, start_node: StartNode, enqueue: Enqueue, kind_of_value: dict[str, bool]
) -> None:
    start_node()
    job, other = enqueue("unserialisable", **kind_of_value), enqueue("echo")
    outcome, error = outcome_of(core, job)
    assert outcome == 2
    assert "the result" in str(error)
    assert outcome_of(core, other)[0] == 1


def test_a_fork_that_comes_back_does_not_answer_for_its_parent_and_the_worker_is_replaced(
    core: Core, start_node: StartNode, enqueue: Enqueue, ran: Ran
) -> None:
    node = start_node(workers=1)
    until(lambda: node.workers)
    [first] = node.workers
    job = enqueue("fork")
    assert outcome_of(core, job)[0] == 1
    assert core.done(job).result == {"is_child": False}
    assert sorted(line[0] for line in ran()) == ["child", "parent"]
    until(lambda: node.workers not in ([], [first]))
    assert outcome_of(core, enqueue("echo"))[0] == 1


def test_a_worker_with_threads_left_behind_is_replaced(
    core: Core, start_node: StartNode, enqueue: Enqueue, ran: Ran
) -> None:
    start_node(workers=1)
    jobs = [enqueue("leave_thread") for _ in range(2)]
    assert [outcome_of(core, job)[0] for job in jobs] == [1, 1]
    first, second = (line[3] for line in ran())
    assert first != second
    assert core.value("SELECT count(*) FROM attempt") == 0


def test_a_process_that_a_handler_left_behind_is_stopped(
    core: Core, start_node: StartNode, enqueue: Enqueue, ran: Ran
) -> None:
    start_node(workers=1)
    enqueue("leave_process")
    until(ran)
    left = int(ran()[0][0])
    until(lambda: not is_alive(left))


def test_memory_that_no_limit_counts_is_seen_and_its_worker_killed(
    core: Core, start_node: StartNode, enqueue: Enqueue
) -> None:
    start_node(workers=1, options=["--memory", "200"])
    outcome, error = outcome_of(core, enqueue("hide_memory", megabytes=300))
    assert outcome == 2
    assert "of memory, at most 200 MB are allowed" in str(error)


def test_large_arguments_reach_idle_and_busy_workers(
    core: Core, start_node: StartNode, enqueue: Enqueue
) -> None:
    start_node(workers=1)
    jobs = [enqueue("measure", text="ü" * 300_000) for _ in range(8)]
    for job in jobs:
        assert outcome_of(core, job)[0] == 1
        assert core.done(job).result == {"length": 300_000}


def test_a_worker_that_is_stopped_does_not_stop_its_node(
    core: Core, start_node: StartNode, enqueue: Enqueue, ran: Ran
) -> None:
    """What it was given and had not begun goes to others, and it is replaced."""
    node = start_node()
    until(lambda: len(node.workers) == 2)
    assert outcome_of(core, enqueue("echo"))[0] == 1
    stopped = node.workers[0]
    os.kill(stopped, signal.SIGSTOP)
    others = []
    # It is noticed once it has been given something, which the other may take before it.
    while stopped in node.workers:
        others += [enqueue("echo") for _ in range(40)]
        assert {outcome_of(core, job, 30)[0] for job in others} == {1}
        assert len(others) < 4_000
    until(lambda: len(node.workers) == 2)
    assert {core.done(job).attempt for job in others} == {1}
