"""Two connections at once: whatever the order, one outcome."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.jobs.core import Core, after

ROUNDS = 60


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Start all acts at one barrier and return their answers."""
    barrier = threading.Barrier(len(acts))
    answers: list[Any] = [None] * len(acts)

    def run(place: int) -> None:
        barrier.wait()
        answers[place] = acts[place]()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_two_claimers_never_get_the_same_job(core: Core, connect: Callable[[], Core]) -> None:
    core.enqueue_many(1000)

    def drain(node: Core, session: int) -> list[int]:
        claimed: list[int] = []
        while node.value("SELECT EXISTS (SELECT FROM live WHERE state = 1)"):
            claimed += [run.id for run in node.claim(session, room=17)]
        return claimed

    nodes = [partial(drain, connect(), core.join(name)) for name in ("anna", "bert")]
    first, second = at_once(*nodes)
    assert len(first) + len(second) == 1000 == len({*first, *second})


@pytest.mark.parametrize("ending", ["SELECT rescue(10, %s)", "SELECT close_session(%s, 'dead')"])
def test_a_completion_racing_a_rescue_has_one_outcome(
    core: Core, connect: Callable[[], Core], ending: str
) -> None:
    node = connect()
    for _ in range(ROUNDS):
        [job] = core.enqueue({})
        session = core.join()
        runs = node.claim(session)
        if "rescue" in ending:
            core.expire(after(60))
        completed, _ = at_once(
            partial(node.complete, session, runs), partial(core.rows, ending, session)
        )
        live, done = core.live(job.job_id), core.done(job.job_id)
        assert (live is None) == (done is not None) == (completed == [job.job_id])
        core.rows("DELETE FROM live")


def test_a_claim_racing_the_end_of_its_session_leaves_nothing_running(
    core: Core, connect: Callable[[], Core]
) -> None:
    node = connect()
    core.enqueue_many(5)
    for _ in range(ROUNDS):
        session = core.join()
        end = partial(core.value, "SELECT close_session(%s, 'dead')", session)
        at_once(partial(node.claim, session, room=3), end)
        assert core.value("SELECT count(*) FROM live WHERE state = 2") == 0
        core.rows("UPDATE live SET attempt = 0")


def test_two_promoters_move_each_job_once(core: Core, connect: Callable[[], Core]) -> None:
    other = connect()
    core.enqueue(*({"run_at": after(1)} for _ in range(500)))
    moved = at_once(partial(core.promote, after(2)), partial(other.promote, after(2)))
    assert sum(moved) + core.promote(after(2)) == 500


def test_a_heartbeat_racing_expiry_has_one_answer(core: Core, connect: Callable[[], Core]) -> None:
    node = connect()
    for _ in range(ROUNDS):
        session = core.join()
        beat, expired = at_once(
            partial(node.heartbeat, session, now=after(18.5)), partial(core.expire, after(18.5))
        )
        assert beat.standing == (expired == [])
        core.rows("DELETE FROM node_kind; DELETE FROM node_session")
