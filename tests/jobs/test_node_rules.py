"""What a node decides without a database or a process: pace, order, what can be stored."""

import subprocess
import sys
from typing import Any

import pytest

from services.jobs.node.performing import error_text, result_text
from services.jobs.node.pace import MOST_AHEAD, MOST_IN_BATCH, Pace
from services.jobs.node.prefetch import Prefetched
from services.jobs.node.progress import Progress
from services.jobs.node.settings import Options
from services.jobs.node.runs import Claimed

SLOW, QUICK = 1, 2


def a_job(number: int, kind: int = SLOW) -> Claimed:
    return Claimed(number, 1, kind, 1, "", None, None, None, "{}")


@pytest.fixture
def pace() -> Pace:
    pace = Pace()
    pace.learn(QUICK, 0.001)
    pace.learn(SLOW, 2.0)
    return pace


def test_a_kind_nobody_has_run_is_given_out_singly() -> None:
    pace = Pace()
    assert not pace.is_quick(9)
    assert (pace.batch(9), pace.ahead(9)) == (1, 1)


def test_quick_kinds_travel_in_batches_up_to_a_limit(pace: Pace) -> None:
    assert (pace.batch(QUICK), pace.ahead(QUICK)) == (5, 20)
    pace.learn(3, 0.0)
    assert (pace.batch(3), pace.ahead(3)) == (MOST_IN_BATCH, MOST_AHEAD)


def test_a_kind_that_turns_slow_is_given_out_singly_again(pace: Pace) -> None:
    pace.learn(QUICK, 10.0)
    assert pace.batch(QUICK) == 1


def test_slow_and_quick_jobs_take_turns_so_that_neither_starves(pace: Pace) -> None:
    waiting = Prefetched(pace)
    waiting.add([*(a_job(n, QUICK) for n in range(20)), a_job(100), a_job(101)])
    kinds = [waiting.for_idle()[0].kind_id for _ in range(4)]
    assert kinds == [SLOW, QUICK, SLOW, QUICK]


def test_jobs_that_come_back_unstarted_go_first_and_in_order(pace: Pace) -> None:
    waiting = Prefetched(pace)
    waiting.add([a_job(3, QUICK)])
    waiting.put_back([a_job(1, QUICK), a_job(2, QUICK)])
    assert [job.id for job in waiting.quick_batch()] == [1, 2, 3]


def test_dropped_jobs_are_forgotten_and_the_rest_can_be_handed_back(pace: Pace) -> None:
    waiting = Prefetched(pace)
    waiting.add([a_job(1), a_job(2, QUICK), a_job(3)])
    assert [job.id for job in waiting.take({1})] == [1]
    assert waiting.take_stale() == []
    assert {job.id for job in waiting.take_all()} == {2, 3}
    assert len(waiting) == 0


def test_progress_tells_which_job_runs() -> None:
    progress = Progress.create()
    same = Progress(progress.descriptor)
    assert same.read().since is None
    progress.start()
    assert (same.read().started, same.read().finished) == (1, 0)
    assert same.read().since is not None
    progress.finish()
    assert same.read() == (1, 1, None)


@pytest.mark.parametrize(
    ("result", "text"),
    [(None, None), ({}, "{}"), ({"ü": 1}, '{"ü":1}'), ({"a": "\\u0000"}, '{"a":"\\\\u0000"}')],
)
def test_a_result_is_written_as_json(result: Any, text: str | None) -> None:
    assert result_text(result) == text


@pytest.mark.parametrize(
    "result", [1, "text", [1], {"a": object()}, {"a": float("inf")}, {"a": "\x00"}, {"a": "\ud800"}]
)
def test_a_result_that_no_database_can_store_is_refused(result: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="the result"):
        result_text(result)


def test_an_enormous_result_is_refused() -> None:
    with pytest.raises(ValueError, match="bytes as JSON"):
        result_text({"a": "x" * 300_000})


def test_an_error_is_told_as_text_that_can_be_stored_whatever_it_says() -> None:
    class Unprintable(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert error_text(ValueError("a\x00b\ud800")).startswith("ValueError: a\ufffdb?")
    assert "Unprintable" in error_text(Unprintable())


def test_options_travel_as_text() -> None:
    options = Options(name="anna", workers=2, labels={"zone": "a"}, tasks=("tests.jobs.kinds",))
    assert Options.from_text(options.as_text()) == options


@pytest.mark.parametrize("module", ["main", "agent_process", "child"])
def test_no_process_of_a_node_loads_nameko_or_eventlet(module: str) -> None:
    loaded = (
        f"import sys, services.jobs.node.{module}; from services.jobs.node.kinds import load_kinds;"
        "load_kinds(); print({name.split('.')[0] for name in sys.modules} & {'nameko', 'eventlet'})"
    )
    done = subprocess.run(
        [sys.executable, "-c", loaded], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
