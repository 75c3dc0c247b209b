"""Jobs of one concurrency key run so many at once; uniqueness keeps one live job for a value."""

import uuid
from collections import Counter
from collections.abc import Callable
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.jobs.core import Core, Run, after


@pytest.fixture
def keyed(core: Core) -> Core:
    """The kind runs one job at a time for each `account_id`."""
    core.declare(concurrency_key=["account_id"], concurrency_limit=1)
    return core


def for_account(*accounts: str) -> list[dict[str, object]]:
    return [{"args": {"account_id": name, "n": n}} for n, name in enumerate(accounts)]


def units(core: Core) -> list[tuple[str, int]]:
    held = core.rows(
        "SELECT concurrency_key AS key, id FROM live"
        " WHERE state = 2 AND concurrency_key IS NOT NULL ORDER BY 1, 2"
    )
    return [(row.key, row.id) for row in held]


def test_only_one_job_of_a_key_is_claimed_and_the_others_wait(keyed: Core) -> None:
    keyed.enqueue(*for_account("a", "a", "b", "a"))
    session = keyed.join()
    assert [run.args["n"] for run in keyed.claim(session)] == [0, 2]
    waiting = keyed.rows("SELECT state, blocked_by FROM live WHERE state <> 2")
    assert [(row.state, row.blocked_by) for row in waiting] == [(3, 3), (3, 3)]


@pytest.mark.parametrize("end", ["complete", "fail", "release"])
def test_the_end_of_a_run_lets_the_next_of_its_key_in_at_once(keyed: Core, end: str) -> None:
    jobs = keyed.enqueue(*for_account("a", "a"))
    session = keyed.join()
    first = keyed.claim(session)
    getattr(keyed, end)(session, first)
    assert units(keyed) == []
    assert keyed.live(jobs[1].job_id).state == 1
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


@given(
    accounts=st.lists(st.sampled_from("abc"), max_size=30),
    limit=st.integers(1, 4),
    steps=st.lists(st.tuples(st.integers(1, 9), st.sets(st.integers(0, 8))), max_size=8),
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_each_claim_takes_the_first_jobs_whose_keys_have_a_unit_left(
    core: Core, accounts: list[str], limit: int, steps: list[tuple[int, set[int]]]
) -> None:
    """Each step claims up to so many and ends some of those that run."""
    core.rows("DELETE FROM live")
    core.declare(concurrency_key=["account_id"], concurrency_limit=limit)
    core.enqueue(*for_account(*accounts))
    session, waiting, running = core.join(), list(range(len(accounts))), dict[int, Run]()
    for room, ends in steps:
        held, taken = Counter(accounts[n] for n in running), []
        for n in waiting:
            if len(taken) < room and held[accounts[n]] < limit:
                taken.append(n)
                held[accounts[n]] += 1
        claimed = {run.args["n"]: run for run in core.claim(session, room)}
        assert sorted(claimed) == taken
        waiting = [n for n in waiting if n not in claimed]
        running |= claimed
        over = [running.pop(n) for place, n in enumerate(sorted(running)) if place in ends]
        core.complete(session, over)


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


def test_a_lowered_limit_lets_nothing_in_until_few_enough_run(core: Core) -> None:
    core.declare(concurrency_key=["account_id"], concurrency_limit=3)
    core.enqueue(*for_account(*"aaaaa"))
    session = core.join()
    runs = core.claim(session)
    core.override(concurrency_limit=1)
    for ended in runs[:2]:
        core.complete(session, [ended])
        assert core.claim(session) == []
    core.complete(session, runs[2:])
    assert [run.args["n"] for run in core.claim(session)] == [3]


def test_a_cancelled_job_that_waited_gives_no_unit_back(keyed: Core) -> None:
    jobs = keyed.enqueue(*for_account("a", "a", "a"))
    session = keyed.join()
    keyed.claim(session)
    keyed.cancel(jobs[1].job_id)
    assert keyed.live(jobs[2].job_id).state == 3


def test_a_unit_that_just_comes_back_is_not_waited_for_and_hides_no_other_key(
    keyed: Core, connect: Callable[[], Core]
) -> None:
    jobs = keyed.enqueue(*for_account("a", "a", "b"))
    other, first, second = connect(), keyed.join("anna"), keyed.join("bert")
    held = keyed.claim(first, room=1)
    with keyed.open_transaction():
        keyed.complete(first, held)
        assert [run.id for run in other.claim(second, room=1)] == [jobs[2].job_id]
    assert keyed.live(jobs[1].job_id).state == 1
    assert [run.id for run in other.claim(second, room=1)] == [jobs[1].job_id]


def test_who_ends_a_run_sees_the_job_that_was_just_set_aside(
    keyed: Core, connect: Callable[[], Core]
) -> None:
    jobs = keyed.enqueue(*for_account("a", "a"))
    other, first, second = connect(), keyed.join("anna"), keyed.join("bert")
    held = keyed.claim(first, room=1)
    with keyed.open_transaction():
        assert keyed.claim(second) == []
        ending = Thread(target=lambda: other.complete(first, held))
        ending.start()
        ending.join(0.2)
    ending.join()
    assert keyed.live(jobs[1].job_id).state == 1


def test_a_claim_waits_for_another_that_may_take_the_same_unit(
    keyed: Core, connect: Callable[[], Core]
) -> None:
    keyed.enqueue(*for_account("a", "a"))
    other, first, second = connect(), keyed.join("anna"), keyed.join("bert")
    claimed: list[Run] = []
    with keyed.open_transaction():
        assert len(keyed.claim(first, room=1)) == 1
        claiming = Thread(target=lambda: claimed.extend(other.claim(second)))
        claiming.start()
        claiming.join(0.2)
        assert claiming.is_alive()
    claiming.join()
    assert claimed == []


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
