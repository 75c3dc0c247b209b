"""Who keeps house, how another one takes over, and that a leader of yesterday changes nothing."""

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from prometheus_client import generate_latest
from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis import clock
from chassis.database import Database
from services.jobs import commands
from services.jobs.adapters import NodeBell
from services.jobs.service.leader import Leader
from services.jobs.service.leadership import LEASE_SECONDS, TRUST_SECONDS, Leadership, NotLeading
from tests.jobs.core import Core, after
from tests.jobs.leading import SETTINGS, HeardBell, Services, SteadyClock, wait_until

SCHEDULE = uuid.UUID(int=77)


@pytest.fixture
def database(core: Core, migrated_url: str) -> Iterator[Database]:
    database = Database(migrated_url, pool_size=20)
    yield database
    database.close()


@pytest.fixture
def candidates(database: Database) -> tuple[Leadership, Leadership]:
    """Two replicas that want to lead; the first one does."""
    ann, bob = Leadership(database, "ann", SteadyClock()), Leadership(database, "bob")
    ann.stand()
    bob.stand()
    return ann, bob


@pytest.fixture
def candidate(database: Database) -> Iterator[Callable[[str], Leader]]:
    """Makes replicas by their names; they are stopped at the end."""
    made: list[Leader] = []

    def make(holder: str) -> Leader:
        made.append(
            Leader(
                database=database,
                bell=cast(NodeBell, HeardBell()),
                ask=Services(),
                settings=SETTINGS,
                holder=holder,
            )
        )
        return made[-1]

    yield make
    for each in made:
        each.stop()


@pytest.fixture
def leader(candidate: Callable[[str], Leader]) -> Leader:
    """One that leads, its threads not started: a test does a tick when it says so."""
    leader = candidate("ann")
    leader.leadership.stand()
    return leader


def bell_of(leader: Leader) -> HeardBell:
    return cast(HeardBell, leader._bell)


def do(leader: Leader, name: str) -> float | None:
    """One round of that tick."""
    [tick] = [each for each in leader.ticks() if each.name == name]
    return tick.work()


def run_out(core: Core) -> None:
    """Let the lease end, as if ten seconds had gone by."""
    core.rows("UPDATE leader SET expires_at = clock_timestamp() - interval '1 ms'")


def write(session: Session) -> None:
    session.execute(text("UPDATE kind SET timeout_s = timeout_s + 1"))


def test_one_candidate_leads_and_the_other_waits(
    candidates: tuple[Leadership, Leadership],
) -> None:
    ann, bob = candidates
    assert (ann.is_trusted, bob.is_trusted) == (True, False)
    with pytest.raises(NotLeading):
        bob.run(write)


def test_a_leader_stays_while_it_renews(candidates: tuple[Leadership, Leadership]) -> None:
    ann, bob = candidates
    for _ in range(3):
        ann.stand()
        bob.stand()
    assert (ann.is_trusted, bob.is_trusted) == (True, False)


def test_after_the_lease_another_one_leads_under_a_higher_term(
    candidates: tuple[Leadership, Leadership], core: Core
) -> None:
    _, bob = candidates
    before = core.value("SELECT term FROM leader WHERE name = 'house'")
    run_out(core)
    bob.stand()
    assert bob.is_trusted
    [(holder, term)] = core.rows("SELECT holder, term FROM leader WHERE name = 'house'")
    assert (holder, term) == ("bob", before + 1)


def test_what_a_paused_leader_writes_is_refused_and_it_steps_down(
    candidates: tuple[Leadership, Leadership], core: Core
) -> None:
    """It was stopped for long, believes that it leads, and goes on with what it was doing."""
    ann, bob = candidates
    run_out(core)
    bob.stand()
    before = core.value("SELECT timeout_s FROM kind")
    assert ann.is_trusted, "it does not know yet"

    with pytest.raises(NotLeading):
        ann.run(write)

    assert core.value("SELECT timeout_s FROM kind") == before
    assert not ann.is_trusted
    bob.run(write)
    assert core.value("SELECT timeout_s FROM kind") == before + 1


def test_a_leader_of_the_same_name_under_an_older_term_is_refused(
    database: Database, core: Core
) -> None:
    old, new = Leadership(database, "ann"), Leadership(database, "ann")
    old.stand()
    run_out(core)
    new.stand()
    with pytest.raises(NotLeading):
        old.run(write)


def test_trust_is_measured_from_before_the_renewal_and_ends_before_the_lease(
    database: Database,
) -> None:
    steady = SteadyClock()

    class Slow(Leadership):
        """Its answer takes five seconds."""

    slow = Slow(database, "ann", steady)
    transact = database.transact

    def takes_long(*args: Any, **kwargs: Any) -> Any:
        answer = transact(*args, **kwargs)
        steady.seconds += 5
        return answer

    database.transact = takes_long  # type: ignore[method-assign]
    slow.stand()
    database.transact = transact  # type: ignore[method-assign]
    assert slow.is_trusted
    steady.seconds += TRUST_SECONDS - 5
    assert not slow.is_trusted
    assert TRUST_SECONDS < LEASE_SECONDS


def test_without_trust_nothing_is_even_tried(
    candidates: tuple[Leadership, Leadership], database: Database
) -> None:
    ann, _ = candidates
    cast(SteadyClock, ann._steady).seconds += TRUST_SECONDS
    database.close()
    with pytest.raises(NotLeading):
        ann.run(write)


def test_a_leader_works_also_where_transactions_are_serializable(
    core: Core, migrated_url: str
) -> None:
    """What skips rows that others have locked must not be told that they were changed."""
    option = "options=-c%20default_transaction_isolation%3Dserializable"
    database = Database(f"{migrated_url}?{option}")
    ann = Leadership(database, "ann")
    ann.stand()
    shown = ann.run(lambda session: session.execute(text("SHOW transaction_isolation")).scalar())
    assert shown == "read committed"
    core.claim(core.join(now=after(-3600)), now=after(-3600))
    for work in (commands.ready_due_jobs, commands.rescue, commands.announce_deaths):
        ann.run(work)
    assert core.value("SELECT state FROM node_session") == "dead"
    database.close()


def test_a_leader_that_resigns_is_followed_at_once(
    candidates: tuple[Leadership, Leadership],
) -> None:
    ann, bob = candidates
    ann.resign()
    bob.stand()
    assert (ann.is_trusted, bob.is_trusted) == (False, True)


def test_another_candidate_takes_the_house_over_when_the_leader_stops(
    candidate: Callable[[str], Leader],
) -> None:
    ann, bob = candidate("ann"), candidate("bob")
    ann.start()
    wait_until(lambda: ann.leadership.is_trusted)
    bob.start()
    ann.stop()
    wait_until(lambda: bob.leadership.is_trusted, seconds=5)
    wait_until(lambda: bell_of(bob).pings > 0)


def test_another_candidate_takes_over_from_one_that_is_gone_without_a_word(
    database: Database, candidate: Callable[[str], Leader], core: Core
) -> None:
    Leadership(database, "gone").stand()
    bob = candidate("bob")
    bob.start()
    run_out(core)
    wait_until(lambda: bob.leadership.is_trusted, seconds=5)


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
    assert ("tests.work",) in bell_of(ann).rung


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
    assert do(leader, "watch") == 0.5
    now = datetime.now(UTC)
    core.enqueue({"run_at": str(now + timedelta(seconds=0.2))}, now=now)
    pause = do(leader, "watch")
    assert pause is not None
    assert pause <= 0.2


def test_an_idle_cluster_is_looked_at_less_often(leader: Leader, core: Core) -> None:
    core.join(now=datetime.now(UTC))
    assert do(leader, "allocate") == 1.0
    core.enqueue_many(1)
    assert do(leader, "allocate") is None


def test_a_tick_that_fails_is_tried_again_and_harms_no_other(
    leader: Leader, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "rescue", lambda session: session.execute(text("SELECT wrong")))
    [watch] = [each for each in leader.ticks() if each.name == "watch"]
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


@pytest.fixture
def daily(leader: Leader, core: Core) -> Leader:
    """A leader of a house with a schedule that is due every day at three in Madrid."""
    leader._database.transact(
        commands.save_schedule,
        schedule_id=SCHEDULE,
        name="daily",
        kind="tests.work",
        cron="0 3 * * *",
        time_zone="Europe/Madrid",
        missed="all",
        args={"a": 1},
        now=at("2026-03-27 12:00"),
    )
    return leader


def at(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=UTC)


def fire(leader: Leader, now: str) -> int:
    return leader.leadership.run(commands.fire_due_schedules, now=at(now)).number


def test_a_schedule_fires_when_it_is_due_and_once(daily: Leader, core: Core) -> None:
    assert fire(daily, "2026-03-28 01:59:59") == 0
    assert fire(daily, "2026-03-28 02:00:01") == 1
    assert fire(daily, "2026-03-28 02:00:02") == 0
    assert core.rows("SELECT args FROM live")[0].args == {"a": 1}


def test_fires_that_were_missed_are_made_up_for(daily: Leader, core: Core) -> None:
    assert fire(daily, "2026-03-30 12:00:00") == 3
    fires = core.rows("SELECT fire_at FROM fire ORDER BY fire_at")
    assert [f"{row.fire_at.astimezone(UTC):%d %H}" for row in fires] == ["28 02", "29 01", "30 01"]


def test_two_leaders_who_both_believe_fire_an_instant_once(daily: Leader, core: Core) -> None:
    """The second one comes with what it read before the first one had fired."""
    assert fire(daily, "2026-03-28 02:00:01") == 1
    core.rows("UPDATE schedule SET next_fire_at = %s", at("2026-03-28 02:00"))
    assert fire(daily, "2026-03-28 02:00:01") == 0
    assert core.value("SELECT count(*) FROM live") == 1


def test_business_time_decides_what_is_due(
    daily: Leader, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: at("2026-03-28 02:00:05"))
    do(daily, "fire")
    assert core.value("SELECT count(*) FROM live") == 1
    assert bell_of(daily).rung == [("tests.work",)]


def test_a_paused_schedule_does_not_fire_and_misses_nothing(daily: Leader, core: Core) -> None:
    transact = daily._database.transact
    transact(commands.pause_schedule, schedule_id=SCHEDULE)
    assert fire(daily, "2026-03-30 12:00") == 0
    transact(commands.resume_schedule, schedule_id=SCHEDULE, now=at("2026-03-30 12:00"))
    assert fire(daily, "2026-03-30 12:00") == 0
    assert fire(daily, "2026-03-31 01:00") == 1


def test_a_schedule_declared_in_code_begins_from_now_on(leader: Leader, core: Core) -> None:
    when = {"cron": "0 * * * *", "time_zone": "UTC", "missed": "all", "args": {}}
    core.declare(schedule=when)
    assert fire(leader, "2026-03-28 12:30") == 0
    next_at = core.value("SELECT next_fire_at FROM schedule")
    assert next_at == at("2026-03-28 13:00")
    core.declare(schedule=when)
    assert fire(leader, "2026-03-28 14:30") == 2
