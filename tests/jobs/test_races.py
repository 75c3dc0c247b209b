"""Two connections at once: whatever the order, one outcome."""

import threading
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

import psycopg2
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


def test_a_promotion_racing_a_cancel_has_one_outcome(
    core: Core, connect: Callable[[], Core]
) -> None:
    other = connect()
    for _ in range(ROUNDS):
        [job] = core.enqueue({"run_at": after(1)})
        at_once(partial(core.promote, after(2)), partial(other.cancel, job.job_id, after(2)))
        assert core.live(job.job_id) is None
        assert core.done(job.job_id).outcome == 3


def test_a_claim_racing_a_cancel_is_either_asked_or_never_run(
    core: Core, connect: Callable[[], Core]
) -> None:
    other, session = connect(), core.join()
    for _ in range(ROUNDS):
        [job] = core.enqueue({})
        runs, answer = at_once(partial(core.claim, session), partial(other.cancel, job.job_id))
        assert answer == ("requested" if runs else "cancelled")
        assert core.fail(session, runs) == ({job.job_id: "cancelled"} if runs else {})
        assert core.done(job.job_id).outcome == 3


def test_a_completion_is_never_taken_for_stale_by_what_ties_the_job_meanwhile(
    core: Core, connect: Callable[[], Core]
) -> None:
    tying, cancelling, session = connect(), connect(), core.join()
    for _ in range(ROUNDS):
        [need] = core.enqueue({})
        runs = core.claim(session)
        completed, [tied], _ = at_once(
            partial(core.complete, session, runs),
            partial(tying.enqueue, {"needs": [need.uid]}),
            partial(cancelling.cancel, need.job_id),
        )
        assert completed == [need.job_id]
        assert core.live(tied.job_id).state == 1
        core.complete(session, core.claim(session))


def test_two_needs_that_end_at_once_let_their_dependent_go(
    core: Core, connect: Callable[[], Core]
) -> None:
    other, first, second = connect(), core.join("anna"), core.join("bert")
    for _ in range(ROUNDS):
        needs = core.enqueue({}, {})
        [job] = core.enqueue({"needs": [need.uid for need in needs]})
        ours, theirs = core.claim(first, room=1), core.claim(second, room=1)
        at_once(partial(core.complete, first, ours), partial(other.complete, second, theirs))
        row = core.live(job.job_id)
        assert (row.state, row.needs) == (1, 0)
        core.complete(first, core.claim(first))


def test_two_claimers_never_hold_more_units_of_a_key_than_there_are(
    core: Core, connect: Callable[[], Core]
) -> None:
    core.declare(concurrency_key=["k"], concurrency_limit=2)
    nodes = [(connect(), core.join(name)) for name in ("anna", "bert")]
    core.enqueue(*({"args": {"k": n % 7, "n": n}} for n in range(300)))
    done: list[int] = []
    most: list[int] = []
    held = "SELECT count(*) FROM live WHERE state = 2 GROUP BY concurrency_key"

    def drain(node: Core, session: int) -> None:
        while node.value("SELECT EXISTS (SELECT FROM live)"):
            runs = node.claim(session, room=5)
            most.extend(row.count for row in node.rows(held))
            done.extend(node.complete(session, runs))

    at_once(*(partial(drain, *node) for node in nodes))
    assert len(done) == 300 == len(set(done))
    assert max(most) == 2


def test_who_finds_a_key_full_while_its_unit_comes_back_does_not_wait_for_ever(
    core: Core, connect: Callable[[], Core]
) -> None:
    core.declare(concurrency_key=["k"], concurrency_limit=1)
    other, first, second = connect(), core.join("anna"), core.join("bert")
    for _ in range(ROUNDS):
        core.enqueue({"args": {"k": 1}}, {"args": {"k": 1}})
        held = core.claim(first, room=1)
        for end in (core.complete, core.release):
            _, claimed = at_once(partial(end, first, held), partial(other.claim, second, room=1))
            held = claimed or core.claim(first, room=1)
            assert len(held) == 1, "no sweep was needed"
            first, second = (second, first) if claimed else (first, second)
        core.complete(first, held)
        core.complete(first, core.claim(first))
        core.rows("DELETE FROM live")


def test_a_prune_racing_a_completion_loses_no_receipt_of_a_remembered_job(
    core: Core, connect: Callable[[], Core]
) -> None:
    other, session = connect(), core.join()
    for _ in range(ROUNDS):
        [job] = core.enqueue({})
        core.rows("UPDATE enqueue_receipt SET accepted_at = '2019-01-01'")
        runs = core.claim(session)
        at_once(
            partial(core.complete, session, runs),
            partial(other.value, "SELECT prune_receipts(date '2019-06-01', 100)"),
        )
        assert core.done(job.job_id) is not None
        assert core.value("SELECT count(*) FROM enqueue_receipt WHERE uid = %s", job.uid) == 1


def test_a_takeover_waits_for_what_the_leader_is_writing(
    core: Core, connect: Callable[[], Core]
) -> None:
    other = connect()
    core.rows("SELECT * FROM campaign('jobs', 'a', 10, %s)", after(0))
    order: list[str] = []

    def take_over() -> None:
        other.rows("SELECT * FROM campaign('jobs', 'b', 10, %s)", after(11))
        order.append("taken over")

    with core.open_transaction():
        core.rows("SELECT lead('jobs', 'a', 1, %s)", after(9))
        waiting = threading.Thread(target=take_over)
        waiting.start()
        core.allocate(now=after(9))
        order.append("written")
    waiting.join()
    assert order == ["written", "taken over"]
    with pytest.raises(psycopg2.Error):
        core.rows("SELECT lead('jobs', 'a', 1, %s)", after(11))


def test_two_leaders_fire_an_instant_once(core: Core, connect: Callable[[], Core]) -> None:
    other = connect()
    core.declare(schedule={"cron": "* * * * *", "time_zone": "UTC", "missed": "all", "args": {}})
    schedule = core.value("SELECT schedule_id FROM schedule")
    statement = "SELECT fire_schedule(%s, %s::timestamptz[], %s)"
    for n in range(ROUNDS):
        fires = [after(n), after(n + 0.5)]
        answers = at_once(
            *(partial(c.value, statement, schedule, fires, after(n + 1)) for c in (core, other))
        )
        assert sorted(answers) == [0, 2]
    assert core.value("SELECT count(*) FROM live") == 2 * ROUNDS


def test_ties_made_and_loosened_from_all_sides_never_deadlock(
    core: Core, connect: Callable[[], Core]
) -> None:
    group = uuid.uuid4()
    core.open_group(group, {})
    sessions = [core.join(name) for name in ("anna", "bert")]
    nodes = [connect() for _ in range(4)]

    def work(node: Core, session: int) -> None:
        for _ in range(ROUNDS):
            node.complete(session, node.claim(session, room=7)[::-1])

    def ask(node: Core, offset: int) -> None:
        known: list[uuid.UUID] = []
        for n in range(ROUNDS):
            needs = [known[(n * step + offset) % len(known)] for step in (1, 3, 5) if known]
            [job] = node.enqueue({"needs": needs, "group_id": group if n % 2 else None})
            known.append(job.uid)
            if n % 5 == 4:
                node.cancel(job.job_id)

    at_once(
        *(partial(work, node, session) for node, session in zip(nodes, sessions, strict=False)),
        *(partial(ask, node, n) for n, node in enumerate(nodes[2:])),
    )
    for _ in range(20):
        core.complete(sessions[0], core.claim(sessions[0], room=1000))
    assert core.seal_group(group)
    core.complete(sessions[0], core.claim(sessions[0]))
    assert core.value("SELECT count(*) FROM live") == 0
    counted = core.group(group)
    assert counted.succeeded + counted.cancelled == counted.total == ROUNDS
