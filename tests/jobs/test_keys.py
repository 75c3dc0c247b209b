"""Jobs of one concurrency key run so many at once; uniqueness keeps one live job for a value."""

import uuid
from collections.abc import Callable
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.jobs.core import Core, after


@pytest.fixture
def keyed(core: Core) -> Core:
    """The kind runs one job at a time for each `account_id`."""
    core.declare(concurrency_key=["account_id"], concurrency_limit=1)
    return core


def for_account(*accounts: str) -> list[dict[str, object]]:
    return [{"args": {"account_id": name, "n": n}} for n, name in enumerate(accounts)]


def units(core: Core) -> list[tuple[str, int]]:
    held = core.rows("SELECT key, job_id FROM concurrency_slot ORDER BY key, n")
    return [(row.key, row.job_id) for row in held]


def test_only_one_job_of_a_key_is_claimed_and_the_others_wait(keyed: Core) -> None:
    keyed.enqueue(*for_account("a", "a", "b", "a"))
    session = keyed.join()
    assert [run.args["n"] for run in keyed.claim(session)] == [0, 2]
    waiting = keyed.rows("SELECT state, blocked_by FROM live WHERE state <> 2")
    assert [(row.state, row.blocked_by) for row in waiting] == [(3, 3), (3, 3)]


@pytest.mark.parametrize("end", ["complete", "fail", "release"])
def test_the_end_of_a_run_lets_the_next_of_its_key_in_at_once(keyed: Core, end: str) -> None:
    keyed.enqueue(*for_account("a", "a"))
    session = keyed.join()
    first = keyed.claim(session)
    getattr(keyed, end)(session, first)
    assert units(keyed) == []
    again = keyed.claim(session, now=after(1))
    assert [run.args["n"] for run in again] == ([0] if end == "release" else [1])
    assert [job for _, job in units(keyed)] == [run.id for run in again]


def test_a_rescue_gives_the_unit_of_the_lost_run_back(keyed: Core) -> None:
    keyed.enqueue(*for_account("a", "a"))
    lost, other = keyed.join("anna"), keyed.join("bert", now=after(30))
    keyed.claim(lost)
    keyed.expire(after(20))
    keyed.rescue(after(20))
    assert units(keyed) == []
    assert len(keyed.claim(other, now=after(31))) == 1


def test_a_stale_completion_gives_back_no_unit_of_the_new_run(keyed: Core) -> None:
    keyed.enqueue(*for_account("a"))
    zombie, owner = keyed.join("anna"), keyed.join("bert", now=after(30))
    stale = keyed.claim(zombie)
    keyed.expire(after(20))
    keyed.rescue(after(20))
    [run] = keyed.claim(owner, now=after(31))
    assert keyed.complete(zombie, stale, now=after(32)) == []
    assert [job for _, job in units(keyed)] == [run.id]


def test_a_limit_of_three_runs_three(core: Core) -> None:
    core.declare(concurrency_key=["account_id"], concurrency_limit=3)
    core.enqueue(*for_account(*"aaaaabb"))
    session = core.join()
    first = core.claim(session)
    assert [run.args["n"] for run in first] == [0, 1, 2, 5, 6]
    core.complete(session, first[1:3])
    assert [run.args["n"] for run in core.claim(session)] == [3, 4]


def test_units_between_those_held_are_taken_again_before_further_ones(core: Core) -> None:
    core.declare(concurrency_key=["account_id"], concurrency_limit=1000)
    core.enqueue(*for_account(*"aaaaaaab"))
    session = core.join()
    held = core.claim(session, room=5)
    core.complete(session, [held[0], held[2], held[3]])
    core.claim(session)
    taken = core.rows("SELECT n FROM concurrency_slot ORDER BY key, n")
    assert [row.n for row in taken] == [1, 2, 3, 5, 1]


@given(
    held=st.sets(st.integers(1, 12)),
    limit=st.integers(1, 10),
    asked=st.integers(1, 9),
    room=st.integers(1, 9),
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_lowest_free_units_are_taken_and_never_more_than_the_limit(
    core: Core, held: set[int], limit: int, asked: int, room: int
) -> None:
    core.rows("DELETE FROM concurrency_slot")
    for n in held:
        core.rows("INSERT INTO concurrency_slot VALUES ('a', %s, %s, 1)", n, 1000 + n)
    jobs = list(range(1, asked + 1))
    take = "SELECT take_units(%s::bigint[], %s, %s, %s, %s)"
    won = core.value(take, jobs, [0] * asked, ["a"] * asked, limit, room)
    free = [n for n in range(1, limit + 1) if n not in held]
    number = max(0, min(asked, room, limit - len(held)))
    assert sorted(won) == jobs[:number]
    new = core.rows("SELECT n FROM concurrency_slot WHERE job_id < 1000 ORDER BY job_id")
    assert [row.n for row in new] == free[:number]


def test_a_long_row_of_one_key_does_not_hide_the_others(keyed: Core) -> None:
    keyed.enqueue(*for_account(*["a"] * 300, "b"))
    session = keyed.join()
    assert [run.args["account_id"] for run in keyed.claim(session, room=2)] == ["a", "b"]


def test_a_raised_limit_lets_waiting_jobs_in_by_the_sweep(keyed: Core) -> None:
    keyed.enqueue(*for_account("a", "a", "a"))
    session = keyed.join()
    keyed.claim(session)
    assert keyed.unblock() == 0
    keyed.override(concurrency_limit=2)
    assert keyed.unblock() == 1
    assert keyed.unblock() == 0
    assert len(keyed.claim(session)) == 1


def test_a_cancelled_next_of_a_key_does_not_keep_the_others_waiting(keyed: Core) -> None:
    jobs = keyed.enqueue(*for_account("a", "a", "a"))
    session = keyed.join()
    keyed.complete(session, keyed.claim(session))
    assert keyed.cancel(jobs[1].job_id) == "cancelled"
    keyed.unblock()
    assert [run.id for run in keyed.claim(session)] == [jobs[2].job_id]


def test_a_job_while_it_waits_for_its_next_attempt_holds_no_unit(keyed: Core) -> None:
    keyed.enqueue(*for_account("a", "a"))
    session = keyed.join()
    keyed.fail(session, keyed.claim(session))
    assert len(keyed.claim(session)) == 1


def test_the_same_value_is_one_live_job_and_may_come_again_after_it(core: Core) -> None:
    core.declare(unique_by=["month"])
    [first] = core.enqueue({"args": {"month": 5}})
    [second] = core.enqueue({"args": {"month": 5, "by": "b"}})
    assert (second.verdict, second.job_id, second.duplicate_of) == (
        "duplicate",
        first.job_id,
        first.uid,
    )
    assert core.enqueue({"args": {"month": 6}})[0].verdict == "accepted"
    session = core.join()
    core.complete(session, core.claim(session))
    assert core.enqueue({"args": {"month": 5}})[0].verdict == "accepted"


def test_a_duplicate_stays_one_when_it_is_repeated(core: Core) -> None:
    core.declare(unique_by=[])
    uid = uuid.uuid4()
    [first] = core.enqueue({})
    for _ in range(2):
        [again] = core.enqueue({"uid": uid})
        assert (again.verdict, again.job_id) == ("duplicate", first.job_id)
    assert core.enqueue({"uid": uid, "args": {"other": 1}})[0].verdict == "conflict"


def test_two_of_a_batch_with_one_value_are_one_job(core: Core) -> None:
    core.declare(unique_by=["n"])
    answers = core.enqueue(*({"args": {"n": n}} for n in (1, 2, 1, 1)))
    assert sorted(answer.verdict for answer in answers) == [
        "accepted",
        "accepted",
        "duplicate",
        "duplicate",
    ]
    assert core.value("SELECT count(*) FROM live") == 2


def test_a_key_of_the_askers_own_is_unique_within_its_kind(core: Core) -> None:
    core.declare(name="tests.other")
    first, other, again = core.enqueue(
        {"unique_key": "7"}, {"unique_key": "7", "kind": "tests.other"}, {"unique_key": "7"}
    )
    assert (first.verdict, other.verdict, again.verdict) == ("accepted", "accepted", "duplicate")


def test_two_callers_with_one_value_at_the_same_moment_make_one_job(
    core: Core, connect: Callable[[], Core]
) -> None:
    core.declare(unique_by=[])
    other, answers = connect(), []
    with core.open_transaction():
        [first] = core.enqueue({})
        waiting = Thread(target=lambda: answers.extend(other.enqueue({})))
        waiting.start()
    waiting.join()
    assert [(answer.verdict, answer.job_id) for answer in answers] == [("duplicate", first.job_id)]


def test_a_dead_job_is_not_revived_beside_another_of_its_value(core: Core) -> None:
    core.declare(unique_by=[], max_attempts=1)
    [job] = core.enqueue({})
    session = core.join()
    core.fail(session, core.claim(session))
    [other] = core.enqueue({})
    assert not core.revive(job.job_id)
    core.cancel(other.job_id)
    assert core.revive(job.job_id)
    assert core.enqueue({})[0].duplicate_of == job.uid
