"""What the original, Pampa, did wrong (P1 to P12): each of its defects is a test here."""

from collections.abc import Callable, Mapping

import pytest

from services.jobs.domain.allocation import Demand, Host, Row, allocate
from tests.jobs.core import Core, after
from tests.jobs.node_process import until
from tests.jobs.running import StartNode, outcome_of, tidied

HOSTILE = "'; DROP TABLE live; --"


def rounds(demands: list[Demand], hosts: list[Host], rows: Mapping[Row, int], number: int) -> list:
    """The allocations of so many ticks, one after the other."""
    made = [dict(rows)]
    for _ in range(number):
        made.append(allocate(demands, hosts, made[-1]))
    return made[1:]


@pytest.mark.parametrize("backlog", [1, 7, 8, 9, 100])
def test_p1_workers_do_not_flap_and_a_kind_without_work_holds_none(backlog: int) -> None:
    hosts = [Host(1, 4, frozenset({1, 2}))]
    steady = rounds([Demand(1, backlog, max_pending=5), Demand(2, 50)], hosts, {}, 20)
    assert steady[-1] == steady[-2] == steady[5]
    idle = rounds([Demand(1, 0, max_pending=5), Demand(2, 50)], hosts, steady[-1], 6)
    assert idle[-1] == {(2, 1): 4}


def test_p2_a_new_kind_gets_workers_where_another_one_has_them_all() -> None:
    hosts = [Host(1, 2, frozenset({1, 2})), Host(2, 2, frozenset({1, 2}))]
    hoarded = {(1, 1): 2, (1, 2): 2}
    shared = rounds([Demand(1, 1_000), Demand(2, 1_000)], hosts, hoarded, 6)[-1]
    assert sum(slots for (kind, _), slots in shared.items() if kind == 2) == 2


def test_p3_two_that_hand_out_jobs_never_hand_out_the_same_one(
    core: Core, connect: Callable[[], Core]
) -> None:
    core.enqueue_many(10)
    anna, bert = core.join("anna"), core.join("bert")
    other = connect()
    with core.open_transaction():
        first = core.claim(anna, room=6)
        second = other.claim(bert, room=6)
    assert len(first) == 6
    assert len(second) == 4
    assert {run.id for run in first}.isdisjoint(run.id for run in second)


def test_p4_a_job_is_not_taken_from_a_living_node_however_long_it_waits_there(
    core: Core,
) -> None:
    """Reserved is not lost: the lease of the node counts, and the time-out from the claim on."""
    core.declare(timeout_s=3600)
    core.enqueue({})
    session = core.join()
    runs = core.claim(session)
    for seconds in range(0, 3300, 10):
        now = after(seconds)
        assert not core.heartbeat(session, runs, now=now).drop_ids
        assert core.expire(now) == []
        assert core.rescue(now) == {}
        assert core.rows("SELECT * FROM take_back_overdue(100, %s)", now) == []
    assert core.complete(session, runs, now=after(3300)) == [runs[0].id]


def test_p5_a_late_finish_does_not_overwrite_the_new_owners_state(core: Core) -> None:
    core.enqueue({})
    zombie = core.join("zombie")
    late = core.claim(zombie)
    core.expire(after(20))
    core.rescue(after(20))
    owner = core.join("owner", now=after(20))
    [run] = core.claim(owner, now=after(20))
    core.complete(zombie, late, result={"by": "zombie"}, now=after(21))
    core.fail(zombie, late, now=after(21))
    held = core.live(run.id)
    assert (held.state, held.session_id, held.run_no) == (2, owner, run.run_no)


@pytest.mark.parametrize(("attempt", "pause"), [(1, 10), (2, 20)])
def test_p6_a_failed_job_is_tried_again_after_a_growing_pause_with_jitter(
    core: Core, attempt: int, pause: int
) -> None:
    core.enqueue_many(40)
    session = core.join()
    for _ in range(attempt - 1):
        core.fail(session, core.claim(session))
        core.promote(after(1000))
    core.fail(session, core.claim(session))
    pauses = {(row.run_at - after(0)).total_seconds() for row in core.rows("SELECT * FROM live")}
    assert all(0.8 * pause <= seconds <= 1.2 * pause for seconds in pauses)
    assert len(pauses) > 30, "a burst of failures does not come back as a burst"


def test_p7_attempts_are_counted_once_at_the_claim_and_never_exceeded(core: Core) -> None:
    [job] = core.enqueue({})
    session = core.join()
    attempts = []
    for round_no in range(10):
        now = after(100 * round_no)
        core.heartbeat(session, now=now)
        core.promote(now)
        if runs := core.claim(session, now=now):
            attempts.append(runs[0].attempt)
            core.fail(session, runs, now=now)
    assert attempts == [1, 2, 3]
    assert core.done(job.job_id).attempt == 3


def test_p8_a_job_that_raises_does_not_hold_up_the_jobs_behind_it(
    core: Core, start_node: StartNode, enqueue: Callable[..., int]
) -> None:
    start_node(workers=1)
    failing = enqueue("fail")
    others = [enqueue("echo") for _ in range(20)]
    assert {outcome_of(core, job)[0] for job in others} == {1}
    assert outcome_of(core, failing)[0] == 2


def test_p9_nodes_come_and_go_without_anybody_being_told(core: Core) -> None:
    core.enqueue_many(9)
    anna = core.join("anna")
    mine = core.claim(anna, room=3)
    bert = core.join("bert", now=after(1))
    theirs = core.claim(bert, room=3, now=after(1))
    core.rows("SELECT close_session(%s, 'left', %s)", anna, after(2))
    rest = core.claim(bert, room=100, now=after(3))
    assert len(theirs) == 3
    assert {run.id for run in rest} >= {run.id for run in mine}
    assert len(rest) == 6


def test_p10_a_worker_is_not_held_to_five_tasks_in_ten_seconds(
    core: Core, start_node: StartNode
) -> None:
    """At the original's defaults these 400 would take one worker 13 minutes."""
    start_node(workers=1)
    core.enqueue_many(400, "tests.nothing")
    until(lambda: tidied(core) and core.value("SELECT count(*) FROM done") == 400, 30)


def test_p11_values_that_look_like_sql_are_only_values(core: Core) -> None:
    core.declare(name="tests.work")
    [job] = core.enqueue({"args": {HOSTILE: HOSTILE}})
    session = core.join(HOSTILE)
    [run] = core.claim(session)
    assert run.args == {HOSTILE: HOSTILE}
    core.fail(session, [run], error=HOSTILE)
    assert core.value("SELECT error FROM attempt") == HOSTILE
    assert core.live(job.job_id) is not None


def test_p12_what_the_leader_counts_is_bounded_however_much_there_is(core: Core) -> None:
    core.rows(
        "INSERT INTO live (uid, kind_id, state, priority, seq, max_attempts, run_at, created_at,"
        " args) SELECT gen_random_uuid(), kind_id, 1, 2, n, 3, now(), now(), '{}'"
        " FROM kind, generate_series(1, 25000) n"
    )
    core.join()
    [demand] = core.rows("SELECT * FROM demands(%s)", after(0))
    assert demand.backlog == 10_000
