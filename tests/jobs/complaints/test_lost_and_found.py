"""What users of other systems complain of: work that is lost, stuck, or done twice.

Each test is named after its place in the list of complaints (C1 to C34) that the design answers.
"""

import threading
from collections.abc import Callable, Sequence

import pytest

from tests.jobs.core import Core, Run, after

HOUR = 3600.0


def broken_off(core: Core, step: Callable[[], object]) -> None:
    """The step's statements, and then the connection breaks before the commit."""
    with core.open_transaction():
        step()
        core.connection.rollback()


def test_c4_a_job_that_is_delayed_for_hours_runs_once(core: Core) -> None:
    """No visibility time-out: nobody holds a delayed job, so nobody hands it out again."""
    [job] = core.enqueue({"run_at": after(6 * HOUR)})
    session = core.join()
    runs: list[Run] = []
    for minute in range(0, 12 * 60, 5):
        now = after(minute * 60)
        assert core.heartbeat(session, runs, now=now).standing
        core.promote(now)
        runs += (claimed := core.claim(session, now=now))
        core.complete(session, claimed, now=now)
    assert [(run.id, run.run_no) for run in runs] == [(job.job_id, 1)]
    assert core.done(job.job_id).finished_at == after(6 * HOUR)


# The six moments of a job's life at which its node can be killed.
def killed_before_the_claim(core: Core) -> None:
    core.join("anna")


def killed_after_the_claim(core: Core) -> None:
    core.claim(core.join("anna"))


def killed_while_claiming(core: Core) -> None:
    session = core.join("anna")
    broken_off(core, lambda: core.claim(session))


def killed_while_completing(core: Core) -> None:
    session = core.join("anna")
    runs = core.claim(session)
    broken_off(core, lambda: core.complete(session, runs))


def killed_after_completing(core: Core) -> None:
    session = core.join("anna")
    core.complete(session, core.claim(session))


def killed_after_failing(core: Core) -> None:
    session = core.join("anna")
    core.fail(session, core.claim(session))


@pytest.mark.parametrize(
    "kill",
    [
        killed_before_the_claim,
        killed_while_claiming,
        killed_after_the_claim,
        killed_while_completing,
        killed_after_completing,
        killed_after_failing,
    ],
)
def test_c5_c30_a_node_killed_at_any_moment_loses_no_job_and_repeats_no_ended_one(
    core: Core, kill: Callable[[Core], None]
) -> None:
    [job] = core.enqueue({})
    kill(core)
    core.expire(after(20))
    core.rescue(after(20))
    core.promote(after(60))
    other = core.join("bert", now=after(60))
    core.complete(other, core.claim(other, now=after(60)), now=after(61))
    assert core.live(job.job_id) is None
    assert core.done(job.job_id).outcome == 1


def test_c14_nothing_stays_running_when_every_node_dies(core: Core) -> None:
    core.enqueue_many(50)
    for name in ("anna", "bert", "carl"):
        core.claim(core.join(name), room=10)
    assert sorted(core.expire(after(19))) == ["anna", "bert", "carl"]
    while core.rescue(after(19)):
        pass
    assert core.value("SELECT count(*) FROM live WHERE state = 2") == 0
    assert core.value("SELECT count(*) FROM live WHERE state = 1") == 50


def test_c14_a_rescue_that_was_cut_off_is_finished_by_the_next_one(core: Core) -> None:
    core.enqueue_many(30)
    core.claim(core.join("anna"), room=30)
    core.expire(after(19))
    core.rows("SELECT * FROM rescue(10, NULL, %s)", after(19))
    broken_off(core, lambda: core.rescue(after(20)))
    assert core.value("SELECT count(*) FROM live WHERE state = 2") == 20
    assert len(core.rescue(after(21))) == 20


@pytest.mark.parametrize("timeout", [1, 6 * 3600])
def test_c17_c26_c29_a_lost_job_is_back_by_its_nodes_lease_whatever_its_own_time_out(
    core: Core, timeout: int
) -> None:
    core.declare(name="tests.long", timeout_s=timeout)
    core.enqueue({"kind": "tests.long"})
    runs = core.claim(core.join(kinds=["tests.long"]), kinds=["tests.long"])
    assert core.expire(after(20)) == ["anna"]
    assert core.rescue(after(20)) == {runs[0].id: "retry"}


def test_c18_what_an_older_build_does_not_know_is_neither_run_nor_thrown_away_by_it(
    core: Core,
) -> None:
    core.declare(name="tests.newer")
    [job] = core.enqueue({"kind": "tests.newer"})
    newer = core.join("newer", kinds=["tests.newer"])
    older = core.join("older", kinds=["tests.work"], now=after(10))
    core.claim(newer, kinds=["tests.newer"])
    core.expire(after(19))
    assert core.rescue(after(19)) == {job.job_id: "retry"}
    assert core.claim(older, kinds=["tests.newer", "tests.work"], now=after(20)) == []
    assert core.live(job.job_id).state == 1


def test_c24_a_job_that_ends_while_it_is_rescued_has_one_outcome(
    core: Core, connect: Callable[[], Core]
) -> None:
    """10,000 jobs, completed by their node and rescued from it at the same time."""
    core.enqueue_many(10_000)
    session = core.join()
    runs = core.claim(session, room=10_000)
    core.rows("UPDATE node_session SET state = 'dead', ended_at = %s", after(20))
    completed: set[int] = set()
    node, sweeper = connect(), connect()

    def complete(batches: Sequence[Sequence[Run]]) -> None:
        for batch in batches:
            completed.update(node.complete(session, batch, now=after(20)))

    batches = [runs[place : place + 20] for place in range(0, len(runs), 20)]
    finisher = threading.Thread(target=complete, args=(batches,))
    finisher.start()
    rescued: set[int] = set()
    while finisher.is_alive() or rescued | completed != {run.id for run in runs}:
        rescued |= {row.id for row in sweeper.rows("SELECT * FROM rescue(20, NULL, %s)", after(20))}
    finisher.join()
    assert completed.isdisjoint(rescued)
    assert core.value("SELECT count(*) FROM done WHERE outcome = 1") == len(completed)
    assert core.value("SELECT count(*) FROM live WHERE state = 1") == len(rescued)


def test_c34_a_restarted_node_of_the_same_name_does_not_hide_the_dead_one(core: Core) -> None:
    core.enqueue_many(2)
    before = core.join("pod-0")
    lost = core.claim(before)
    again = core.join("pod-0", now=after(10))
    assert again != before
    assert core.heartbeat(again, now=after(18.5)).standing
    assert core.expire(after(18.5)) == ["pod-0"]
    assert core.rescue(after(18.5)) == {run.id: "retry" for run in lost}
    assert {run.id for run in core.claim(again, now=after(19))} == {run.id for run in lost}
