"""What the leader does by itself: slots, due jobs, lost jobs, upkeep, numbers."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import generate_latest
from sqlalchemy import text

from services.jobs import commands, queries
from services.jobs.service.leader import Leader, Tick
from tests.jobs.core import Core, after
from tests.jobs.leading import (
    bell_of,
    do,
    wait_until,
)


def test_a_leader_keeps_house_by_itself(candidate: Callable[[str], Leader], core: Core) -> None:
    """Due jobs are readied, the dead are told of and lost jobs taken back, without being asked."""
    core.enqueue({"run_at": str(datetime.now(UTC) + timedelta(seconds=0.3))}, now=after(-60))
    core.enqueue_many(1)
    core.claim(core.join(now=after(-3600)), now=after(-3600), room=1)
    ann = candidate("ann")
    ann.start()
    wait_until(lambda: core.value("SELECT count(*) FROM live WHERE state = 1") == 2)
    ann.stop()
    assert core.value("SELECT state FROM node_session") == "dead"
    assert () in bell_of(ann).rung, "any node may take what was lost"


def test_slots_are_written_once_and_told(leader: Leader, core: Core) -> None:
    core.enqueue_many(5)
    session = core.join(now=datetime.now(UTC))
    do(leader, "allocate")
    kind_id = core.value("SELECT kind_id FROM kind")
    rows = core.rows("SELECT kind_id, session_id, slots FROM allocation")
    assert [tuple(row) for row in rows] == [(kind_id, session, 2)]
    epoch = core.value("SELECT epoch FROM leader WHERE name = 'jobs'")
    do(leader, "allocate")
    assert core.value("SELECT epoch FROM leader WHERE name = 'jobs'") == epoch
    assert bell_of(leader).changes == 1


def test_a_limited_kind_has_slots_before_its_first_job(leader: Leader, core: Core) -> None:
    core.declare(max_assigned=1)
    core.join(now=datetime.now(UTC))
    do(leader, "allocate")
    assert core.value("SELECT sum(slots) FROM allocation") == 1


def test_a_paused_kind_has_no_slots_and_has_them_again(leader: Leader, core: Core) -> None:
    core.enqueue_many(5)
    core.join(now=datetime.now(UTC))
    leader._database.transact(commands.pause_kind, kind="tests.work")
    do(leader, "allocate")
    assert core.value("SELECT count(*) FROM allocation") == 0
    leader._database.transact(commands.resume_kind, kind="tests.work")
    do(leader, "allocate")
    assert core.value("SELECT sum(slots) FROM allocation") == 2


def test_a_job_that_is_due_soon_is_readied_when_it_is(leader: Leader, core: Core) -> None:
    assert do(leader, "watch") is None
    now = datetime.now(UTC)
    core.enqueue({"run_at": str(now + timedelta(seconds=0.2))}, now=now)
    pause = do(leader, "watch")
    assert pause is not None
    assert pause <= 0.2


def test_slots_that_changed_are_looked_at_again_soon(leader: Leader, core: Core) -> None:
    core.enqueue_many(1)
    core.join(now=datetime.now(UTC))
    assert do(leader, "allocate") == 0.5
    assert do(leader, "allocate") is None


def test_a_round_that_nothing_calls_for_is_not_begun(leader: Leader, core: Core) -> None:
    """Once at first, in case; and then when a glance sees something."""
    begun: list[int] = []
    tick = Tick("any", 0.0, lambda: begun.append(1), lambda seen: seen.ready)
    leader.ticks = (tick,)
    leader.start()
    wait_until(lambda: begun == [1])
    leader._call(_seen(leader))
    assert not tick.called.is_set()
    core.enqueue_many(1)
    wait_until(lambda: len(begun) > 1, seconds=5)


def test_a_round_is_begun_seldom_though_nothing_calls_for_it(leader: Leader) -> None:
    begun: list[int] = []
    leader.ticks = (Tick("any", 0.0, lambda: begun.append(1), lambda _: False, seldom=0.1),)
    leader.start()
    wait_until(lambda: len(begun) > 2, seconds=5)


@pytest.mark.parametrize("what", ["ready", "running", "due", "lost", "died"])
def test_a_glance_sees_what_there_is_to_do(leader: Leader, core: Core, what: str) -> None:
    now = datetime.now(UTC)
    assert _seen(leader) == queries.Glance(None, *7 * [False])
    run_at = now + timedelta(seconds=3) if what == "due" else None
    core.enqueue({"run_at": run_at}, now=now)
    session = core.join(now=now - timedelta(seconds=19 if what == "lost" else 0))
    if what in ("running", "died"):
        runs = core.claim(session, now=now)
        if what == "died":
            core.rows("UPDATE live SET max_attempts = 1")
            core.fail(session, runs, now=now)
    seen = _seen(leader)
    assert (seen.due_in is not None) == (what == "due")
    assert (seen.lost, seen.running, seen.died) == tuple(
        what == each for each in ("lost", "running", "died")
    )
    assert seen.ready == (what in ("ready", "lost"))


def test_a_glance_sees_that_a_kind_wants_to_be_asked(leader: Leader, core: Core) -> None:
    core.declare(name="tests.other", hooks={"reporting": "report"})
    assert _seen(leader).asks


def test_a_glance_sees_a_job_that_waits_for_leave(leader: Leader, core: Core) -> None:
    core.declare(hooks={"allowing": "allow"})
    core.enqueue_many(1)
    core.declare()  # nobody can be asked any more, but the job is still to be let go
    seen = _seen(leader)
    assert (seen.blocked, seen.asks) == (True, True)


def _seen(leader: Leader) -> queries.Glance:
    return leader._database.look(queries.glance, datetime.now(UTC))


def test_a_tick_that_fails_is_tried_again_and_harms_no_other(
    leader: Leader, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "rescue", lambda session: session.execute(text("SELECT wrong")))
    [watch] = [each for each in leader.ticks if each.name == "watch"]
    assert leader._done(watch) == 1.0
    do(leader, "unblock")
    assert leader.leadership.is_trusted


def test_a_vacuum_and_history_run_and_change_no_job(leader: Leader, core: Core) -> None:
    core.enqueue_many(3)
    do(leader, "vacuum")
    commands.vacuum(leader._database.engine, "live")
    do(leader, "history")
    assert core.value("SELECT count(*) FROM live") == 3


def test_the_cluster_is_measured(leader: Leader, core: Core) -> None:
    core.enqueue_many(4)
    core.join(now=datetime.now(UTC))
    do(leader, "snapshot")
    shown = generate_latest().decode()
    assert 'memberhall_jobs{kind="tests.work",state="ready"} 4.0' in shown
    assert 'memberhall_jobs_nodes{state="live"} 1.0' in shown
    assert "memberhall_jobs_leader 1.0" in shown
    leader.leadership.resign()
    assert 'memberhall_jobs{kind="tests.work"' not in generate_latest().decode()
