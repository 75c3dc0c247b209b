"""The rig's own rules: each lets an honest history pass, and convicts a doctored one."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.chaos.checks.history import (
    DEAD,
    SUCCEEDED,
    Attempt,
    Body,
    Done,
    Fire,
    History,
    Live,
    Window,
    bodies_of,
)
from tests.chaos.checks.rules import judge
from tests.chaos.checks.timeline import timeline
from tests.chaos.checks.zombies import zombies
from tests.chaos.ledger import Accepted


def done(uid: str, number: int, **changes: object) -> Done:
    """A job that was claimed in second 2 and succeeded in second 3."""
    usual = Done(
        id=number,
        uid=uid,
        kind="chaos.noop",
        outcome=SUCCEEDED,
        attempt=1,
        max_attempts=5,
        run_no=1,
        session=7,
        created_at=1.0,
        claimed_at=2.0,
        finished_at=3.0,
        error="",
    )
    return usual._replace(**changes)  # type: ignore[arg-type]  # names and values are the test's


def lost(number: int, run_no: int, began: float, ended: float) -> Attempt:
    return Attempt(number, run_no, 6, began, ended, "lost", "node ada was lost while the job ran")


def body(uid: str, run_no: int, began: float, ended: float | None) -> Body:
    return Body(uid, run_no, 100 + run_no, began, ended, returned=ended is not None)


@pytest.fixture
def honest() -> History:
    """A plain job, one that lost its first run with its node, one that died, and one with a key."""
    return History(
        accepted=[
            Accepted("plain", "chaos.noop", "", 1.0),
            Accepted("again", "chaos.noop", "", 1.0),
            Accepted("dies", "chaos.fail", "", 1.0),
            Accepted("keyed", "chaos.keyed", "k1", 1.0),
            Accepted("effect", "chaos.effect", "", 1.0),
        ],
        done=[
            done("plain", 1),
            done("again", 2, attempt=2, run_no=2, claimed_at=5.0, finished_at=6.0),
            done("dies", 3, kind="chaos.fail", outcome=DEAD, max_attempts=1, error="it failed"),
            done("keyed", 4, kind="chaos.keyed"),
            done("effect", 5, kind="chaos.effect"),
        ],
        attempts=[lost(2, 1, 2.0, 5.0), lost(3, 1, 2.0, 3.0)._replace(outcome="failed")],
        bodies=[
            body("plain", 1, 2.1, 2.9),
            body("again", 1, 2.1, None),
            body("again", 2, 5.1, 5.9),
            body("dies", 1, 2.1, 2.9)._replace(returned=False),
            body("keyed", 1, 2.1, 2.9),
            body("effect", 1, 2.1, 2.9),
        ],
        effects={"effect": 1},
        fires=[Fire(60.0, "plain"), Fire(120.0, "again")],
    )


def without_uid(history: History) -> History:
    return replace(history, done=[job for job in history.done if job.uid != "plain"])


def done_twice(history: History) -> History:
    return replace(history, done=[*history.done, history.done[0]._replace(finished_at=4.0)])


def live_and_done(history: History) -> History:
    return replace(history, live=[Live(1, "plain", "chaos.noop", 1, 0, 1, None)])


def never_ended(history: History) -> History:
    accepted = [*history.accepted, Accepted("waits", "chaos.noop", "", 1.0)]
    return replace(history, accepted=accepted, live=[Live(9, "waits", "chaos.noop", 1, 0, 0, None)])


def died_of_nothing(history: History) -> History:
    dead = history.done[0]._replace(outcome=DEAD, attempt=0)
    return replace(history, done=[dead, *history.done[1:]])


def succeeded_without_its_body(history: History) -> History:
    return replace(history, bodies=[each for each in history.bodies if each.uid != "plain"])


def overlapping_leases(history: History) -> History:
    return replace(history, attempts=[lost(2, 1, 2.0, 5.8), history.attempts[1]])


def completion_of_an_older_run(history: History) -> History:
    return replace(history, bodies=[*history.bodies, body("plain", 2, 4.0, 4.5)])


def a_counted_loss_that_succeeded(history: History) -> History:
    return replace(history, attempts=[*history.attempts, lost(1, 1, 2.0, 3.0)])


def run_number_given_twice(history: History) -> History:
    return replace(history, attempts=[*history.attempts, lost(2, 1, 5.2, 5.3)])


def attempts_over_the_limit(history: History) -> History:
    dead = history.done[2]._replace(max_attempts=0)
    return replace(history, done=[*history.done[:2], dead, *history.done[3:]])


def uncounted_body(history: History) -> History:
    """A run that was handed back as unstarted, although its body had begun."""
    second = history.done[0]._replace(run_no=2)
    bodies = [*history.bodies, body("plain", 2, 2.2, 2.9)]
    return replace(history, done=[second, *history.done[1:]], bodies=bodies)


def works_after_its_lease(history: History) -> History:
    bodies = [body("again", 1, 2.1, 5.6) if each.run_no == 1 and each.uid == "again" else each
              for each in history.bodies]  # fmt: skip
    return replace(history, bodies=bodies)


def held_in_vain(history: History) -> History:
    stuck = lost(2, 1, 2.0, 5.0)._replace(outcome="timeout")
    bodies = [each for each in history.bodies if (each.uid, each.run_no) != ("again", 1)]
    return replace(history, attempts=[stuck, history.attempts[1]], bodies=bodies)


def two_with_one_key(history: History) -> History:
    return replace(
        history,
        accepted=[*history.accepted, Accepted("beside", "chaos.keyed", "k1", 1.0)],
        done=[*history.done, done("beside", 6, kind="chaos.keyed")],
        bodies=[*history.bodies, body("beside", 1, 2.5, 2.95)],
    )


def no_effect(history: History) -> History:
    return replace(history, effects={})


def effect_of_nobody(history: History) -> History:
    return replace(history, effects={"effect": 1, "nobody": 1})


def fired_twice(history: History) -> History:
    return replace(history, fires=[*history.fires, Fire(120.0, "keyed")])


def left_a_fire_out(history: History) -> History:
    return replace(history, fires=[*history.fires, Fire(240.0, "keyed")])


def claimed_out_of_order(history: History) -> History:
    young = [
        done(f"young{number}", 100 + number, claimed_at=2.0 + number / 10_000)
        for number in range(2_000)
    ]
    bodies = [body(job.uid, 1, 2.2, 2.9) for job in young]
    old = done("old", 99, claimed_at=2.9)
    return replace(
        history,
        done=[*history.done, *young, old],
        bodies=[*history.bodies, *bodies, body("old", 1, 2.9, 2.95)],
    )


DOCTORED: dict[Callable[[History], History], tuple[str, str]] = {
    without_uid: ("I1", "plain"),
    never_ended: ("I2", "waits"),
    died_of_nothing: ("I2", "plain"),
    succeeded_without_its_body: ("I2", "plain"),
    done_twice: ("I3", "plain"),
    live_and_done: ("I3", "plain"),
    overlapping_leases: ("I4", "again"),
    completion_of_an_older_run: ("I5", "plain"),
    a_counted_loss_that_succeeded: ("I5", "plain"),
    works_after_its_lease: ("I5", "again"),
    run_number_given_twice: ("I6", "again"),
    attempts_over_the_limit: ("I6", "dies"),
    uncounted_body: ("I6", "plain"),
    held_in_vain: ("I7", "again"),
    two_with_one_key: ("I8", "keyed"),
    claimed_out_of_order: ("I9", "old"),
    fired_twice: ("I11", ""),
    left_a_fire_out: ("I11", ""),
    no_effect: ("effect", "effect"),
    effect_of_nobody: ("effect", "nobody"),
}


def test_an_honest_history_passes(honest: History) -> None:
    assert judge(honest) == []


@pytest.mark.parametrize("doctor", DOCTORED, ids=lambda doctor: doctor.__name__)
def test_a_doctored_history_is_convicted(
    honest: History, doctor: Callable[[History], History]
) -> None:
    found = {(violation.invariant, violation.uid) for violation in judge(doctor(honest))}
    assert DOCTORED[doctor] in found


def test_a_zombie_of_a_frozen_node_is_told_and_forgiven(honest: History) -> None:
    frozen = replace(
        works_after_its_lease(honest), windows=[Window("F5 SIGSTOP of a whole node", 2.5, 5.5)]
    )
    assert [zombie.fault for zombie in zombies(frozen)] == ["F5 SIGSTOP of a whole node"]
    assert judge(frozen) == []


def test_a_zombie_of_a_killed_node_is_not_forgiven(honest: History) -> None:
    killed = replace(
        works_after_its_lease(honest), windows=[Window("F1 kill -9 of an agent", 2.5, 5.5)]
    )
    assert {violation.uid for violation in judge(killed)} == {"again"}


def test_marks_become_bodies_also_where_the_end_is_missing() -> None:
    marks = [
        ("start", "a", 10, 1, 1.0),
        ("start", "a", 11, 2, 3.0),
        ("raise", "a", 11, 2, 4.0),
        ("start", "b", 11, 1, 5.0),
        ("end", "b", 11, 1, 6.0),
    ]
    assert bodies_of(marks) == [
        Body("a", 1, 10, 1.0, None, returned=False),
        Body("a", 2, 11, 3.0, 4.0, returned=False),
        Body("b", 1, 11, 5.0, 6.0, returned=True),
    ]


def test_a_timeline_tells_what_each_witness_saw(honest: History) -> None:
    told = "\n".join(timeline(honest, "again"))
    for sentence in (
        "accepted: chaos.noop",
        "run 1 claimed by session 6",
        "body of run 1 began in process 101",
        "run 1 lost: node ada was lost while the job ran",
        "body of run 2 returned",
        "succeeded by run 2",
    ):
        assert sentence in told
