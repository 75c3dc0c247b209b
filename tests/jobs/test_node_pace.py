"""How many jobs a node gives its workers at a time, and in which order."""

import pytest

from services.jobs.node.pace import MOST_AHEAD, MOST_IN_BATCH, Pace
from services.jobs.node.prefetch import Prefetched
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
    assert (pace.batch(QUICK), pace.ahead(QUICK)) == (20, 40)
    pace.learn(3, 0.0)
    assert (pace.batch(3), pace.ahead(3)) == (MOST_IN_BATCH, MOST_AHEAD)


def test_a_kind_that_turns_slow_is_given_out_singly_again(pace: Pace) -> None:
    pace.learn(QUICK, 10.0)
    assert pace.batch(QUICK) == 1


def test_a_few_quick_jobs_are_shared_by_the_idle_workers(pace: Pace) -> None:
    waiting = Prefetched(pace)
    waiting.add(a_job(n, QUICK) for n in range(7))
    assert [len(waiting.for_idle(idle)) for idle in (3, 2, 1)] == [3, 2, 2]


def test_slow_and_quick_jobs_take_turns_so_that_neither_starves(pace: Pace) -> None:
    waiting = Prefetched(pace)
    waiting.add([*(a_job(n, QUICK) for n in range(40)), a_job(100), a_job(101)])
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


def test_a_queue_size_limits_what_a_worker_holds_of_a_quick_kind(pace: Pace) -> None:
    pace.limit({QUICK: 3, SLOW: 50})
    assert (pace.batch(QUICK), pace.ahead(QUICK)) == (3, 3)
    assert pace.ahead(SLOW) == 1
