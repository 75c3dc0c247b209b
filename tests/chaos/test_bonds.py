"""The rules of what jobs are tied by: an honest history passes, each doctored one is convicted."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.chaos.checks.history import CANCELLED, DEAD, SUCCEEDED, Body, Done, Fire, History
from tests.chaos.checks.pace import slower
from tests.chaos.checks.rules import judge
from tests.chaos.kinds import BURST, PER_SECOND
from tests.chaos.ledger import Accepted
from tests.chaos.promises import Group, Order, Promises
from tests.chaos.test_checks import body, done, lost


def two_in_turn() -> tuple[Done, Done]:
    """Two jobs of one unique key, the second accepted when the first had ended."""
    kind = "chaos.unique"
    return (
        done("unique1", 1, kind=kind),
        done("unique2", 2, kind=kind, created_at=4.0, claimed_at=5.0, finished_at=6.0),
    )


def claims_at_full_rate() -> list[Done]:
    """A burst at once, and then one after the other, as quickly as it is allowed."""
    late = [number / PER_SECOND for number in range(1, 20)]
    instants = [0.0] * BURST + late
    return [
        done(f"rated{number}", 100 + number, kind="chaos.rated", claimed_at=10.0 + at,
             finished_at=11.0 + at)
        for number, at in enumerate(instants)
    ]  # fmt: skip


@pytest.fixture
def honest() -> History:
    rated = claims_at_full_rate()
    jobs = [
        *two_in_turn(),
        done("need", 3),
        done("dependent", 4, kind="chaos.dependent", claimed_at=4.0, finished_at=5.0),
        done("doomed", 5, kind="chaos.fail", outcome=DEAD, max_attempts=1, error="it failed"),
        done("orphan", 6, kind="chaos.dependent", outcome=CANCELLED, attempt=0, run_no=0,
             claimed_at=None),
        done("member1", 7),
        done("member2", 8, finished_at=4.0),
        done("callback", 9, kind="chaos.callback", claimed_at=4.5, finished_at=5.0),
        done("unwanted", 10, kind="chaos.unwanted", outcome=CANCELLED, attempt=0, run_no=0,
             claimed_at=None),
        done("too late", 11, kind="chaos.unwanted"),
        done("filtered", 12, kind="chaos.stumble", session=8, claimed_at=5.0, finished_at=6.0),
        done("paused", 13, kind="chaos.sleep", claimed_at=9.0, finished_at=9.5),
        done("fired", 14, kind="chaos.scheduled"),
    ]  # fmt: skip
    ran = [job for job in [*jobs, *rated] if job.outcome == SUCCEEDED]
    return History(
        accepted=[Accepted(job.uid, job.kind, "k1", 1.0) for job in jobs if "unique" in job.uid],
        done=[*jobs, *rated],
        attempts=[lost(5, 1, 2.0, 3.0)._replace(outcome="failed")],
        bodies=[
            body("doomed", 1, 2.1, 2.9)._replace(returned=False),
            *(body(job.uid, 1, (job.claimed_at or 0.0) + 0.1, job.finished_at - 0.1)
              for job in ran),
        ],
        fires=[Fire(60.0, "fired")],
        nodes={6: "ada", 7: "ada", 8: "ben"},
        promises=Promises(
            needs={"dependent": "need", "orphan": "doomed"},
            groups=[Group(("member1", "member2"), "callback")],
            cancels={"unwanted": "cancelled", "orphan": "cancelled", "too late": "requested"},
            orders=[
                Order("chaos.stumble", "ben|cleo", 3.0, 8.0),
                Order("chaos.sleep", "", 3.0, 8.0),
            ],
            owed=[60.0],
        ),
    )  # fmt: skip


def changed(history: History, uid: str, **changes: object) -> History:
    """The history with one finished job told otherwise."""
    jobs = [
        job._replace(**changes) if job.uid == uid else job  # type: ignore[arg-type]  # as in `done`
        for job in history.done
    ]
    return replace(history, done=jobs)


def moved(history: History, uid: str, began: float) -> History:
    """The history with one job's bodies beginning at another time."""
    bodies: list[Body] = [
        each._replace(began=began) if each.uid == uid else each for each in history.bodies
    ]
    return replace(history, bodies=bodies)


def lived_side_by_side(history: History) -> History:
    return changed(history, "unique2", created_at=1.5)


def began_before_its_need(history: History) -> History:
    return moved(history, "dependent", 2.5)


def ran_for_a_dead_need(history: History) -> History:
    return replace(history, bodies=[*history.bodies, body("orphan", 1, 4.0, 4.1)])


def cancelled_in_spite_of_its_need(history: History) -> History:
    return changed(history, "dependent", outcome=CANCELLED)


def called_back_early(history: History) -> History:
    return moved(history, "callback", 3.5)


def called_back_twice(history: History) -> History:
    again = next(job for job in history.done if job.uid == "callback")
    return replace(history, done=[*history.done, again])


def never_called_back(history: History) -> History:
    return replace(history, done=[job for job in history.done if job.uid != "callback"])


def ran_though_cancelled(history: History) -> History:
    return changed(history, "unwanted", outcome=SUCCEEDED)


def died_when_asked_to_end(history: History) -> History:
    return changed(history, "too late", outcome=DEAD)


def cancelled_by_nobody(history: History) -> History:
    return changed(history, "member1", outcome=CANCELLED)


def faster_than_its_rate(history: History) -> History:
    return changed(history, "rated7", claimed_at=10.0)


def claimed_outside_the_filter(history: History) -> History:
    return changed(history, "filtered", session=7)


def claimed_while_paused(history: History) -> History:
    return changed(history, "paused", claimed_at=5.0)


def lost_attempt_while_paused(history: History) -> History:
    job = next(job for job in history.done if job.uid == "paused")
    return replace(history, attempts=[*history.attempts, lost(job.id, 0, 5.0, 6.0)])


def lost_a_fire(history: History) -> History:
    return replace(history, promises=replace(history.promises, owed=[60.0, 120.0]))


def made_by_no_fire(history: History) -> History:
    return replace(history, done=[*history.done, done("extra", 15, kind="chaos.scheduled")])


DOCTORED: dict[Callable[[History], History], tuple[str, str]] = {
    lived_side_by_side: ("unique", "unique2"),
    began_before_its_need: ("needs", "dependent"),
    ran_for_a_dead_need: ("needs", "orphan"),
    cancelled_in_spite_of_its_need: ("needs", "dependent"),
    called_back_early: ("group", "callback"),
    called_back_twice: ("group", "callback"),
    never_called_back: ("group", "callback"),
    ran_though_cancelled: ("cancel", "unwanted"),
    died_when_asked_to_end: ("cancel", "too late"),
    cancelled_by_nobody: ("cancel", "member1"),
    faster_than_its_rate: ("I8", "rated7"),
    claimed_outside_the_filter: ("I8", "filtered"),
    claimed_while_paused: ("I8", "paused"),
    lost_attempt_while_paused: ("I8", "paused"),
    lost_a_fire: ("I11", ""),
    made_by_no_fire: ("I11", "extra"),
}


def test_an_honest_history_passes(honest: History) -> None:
    assert judge(honest) == []


@pytest.mark.parametrize("doctor", DOCTORED, ids=lambda doctor: doctor.__name__)
def test_a_doctored_history_is_convicted(
    honest: History, doctor: Callable[[History], History]
) -> None:
    found = {(violation.invariant, violation.uid) for violation in judge(doctor(honest))}
    assert DOCTORED[doctor] in found


@pytest.mark.parametrize(
    ("before", "meanwhile", "load", "is_slower"),
    [
        ([20.0] * 100, [59.0] * 100, 0.5, False),
        ([20.0] * 100, [61.0] * 100, 0.5, True),
        ([1.0] * 100, [29.0] * 100, 0.5, False),  # by the floor
        ([1.0] * 100, [31.0] * 100, 0.5, True),
        ([1.0] * 100, [31.0] * 100, 2.0, False),  # by the machine's load
        ([1.0] * 100, [*[2.0] * 98, 500.0, 500.0], 0.5, True),
        ([1.0] * 100, [*[2.0] * 299, 500.0], 0.5, False),  # less than one in a hundred
        ([1.0] * 100, [], 0.5, True),  # who measures nothing has not shown anything
    ],
)
def test_claims_may_take_three_times_as_long_and_no_longer(
    before: list[float], meanwhile: list[float], load: float, is_slower: bool
) -> None:
    assert slower(before, meanwhile, load)[1] is is_slower
