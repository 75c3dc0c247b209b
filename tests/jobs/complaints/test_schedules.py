"""What users complain of: schedules that fire twice, or never, and delays that eat memory."""

import threading
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest

from chassis.database import Database
from services.jobs.commands.firing import fire_due_schedules
from tests.jobs.core import START, USUAL_KIND, Core, after

EVERY_TEN_MINUTES = {"cron": "*/10 * * * *", "time_zone": "UTC", "missed": "one", "args": {}}
SCHEDULE = "SELECT schedule_id FROM schedule"


@pytest.fixture
def scheduled(core: Core) -> Core:
    """A core whose kind declares a schedule, every ten minutes."""
    core.rows("DELETE FROM fire; DELETE FROM schedule")
    core.declare(schedule=EVERY_TEN_MINUTES)
    return core


def test_c8_two_leaders_fire_each_fire_once(scheduled: Core, connect: Callable[[], Core]) -> None:
    """200 fires, each by two that both believe to lead, at the same moment."""
    schedule = scheduled.value(SCHEDULE)
    leaders = [connect(), connect()]
    together = threading.Barrier(2)
    fired = [0, 0]

    def lead(place: int) -> None:
        for number in range(200):
            at = after(600 * number)
            together.wait(10)
            fired[place] += leaders[place].value(
                "SELECT fire_schedule(%s, %s, %s, %s)",
                schedule, [at], at + timedelta(minutes=10), at,
            )  # fmt: skip

    threads = [threading.Thread(target=lead, args=(place,)) for place in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(fired) == 200
    assert scheduled.value("SELECT count(*) FROM fire") == 200
    assert scheduled.value("SELECT count(*) FROM live") == 200


def test_c8_a_leader_killed_at_the_instant_of_a_fire_neither_loses_nor_doubles_it(
    scheduled: Core,
) -> None:
    schedule = scheduled.value(SCHEDULE)
    fire = "SELECT fire_schedule(%s, %s, %s, %s)"
    asked = (schedule, [after(0)], after(600), after(0))
    with scheduled.open_transaction():
        scheduled.rows(fire, *asked)
        scheduled.connection.rollback()
    assert scheduled.value("SELECT count(*) FROM live") == 0
    assert scheduled.value(fire, *asked) == 1
    assert scheduled.value(fire, *asked) == 0
    assert scheduled.value("SELECT count(*) FROM live") == 1


def test_c19_a_schedule_survives_leaders_that_restart_every_minute(
    scheduled: Core, migrated_url: str
) -> None:
    """Each minute of three hours another process decides what is due, from the table alone."""
    for minute in range(3 * 60 + 1):
        process = Database(migrated_url)
        process.transact(fire_due_schedules, now=START + timedelta(minutes=minute))
        process.engine.dispose()
        if minute % 60 == 0:
            scheduled.declare(schedule=EVERY_TEN_MINUTES)  # as each service does at its start
    fires = [row.fire_at for row in scheduled.rows("SELECT fire_at FROM fire ORDER BY fire_at")]
    assert len(fires) in (17, 18, 19)
    assert {later - earlier for earlier, later in pairwise(fires)} == {timedelta(minutes=10)}


def test_c3_waiting_for_tomorrow_costs_a_node_nothing(core: Core) -> None:
    """Delayed jobs are rows: no node holds one before it is due, however many there are."""
    core.enqueue(*({"run_at": after(86_400)} for _ in range(2_000)), {"run_at": after(60)})
    session = core.join()
    assert core.promote(after(30)) == 0
    assert core.claim(session, room=5_000) == []
    assert core.promote(after(60)) == 1
    core.heartbeat(session, now=after(60))
    assert len(core.claim(session, room=5_000, now=after(60))) == 1


def test_c18_a_schedule_of_a_newer_build_is_left_alone_by_an_older_one(scheduled: Core) -> None:
    scheduled.rows("SELECT declare_kinds(%s, true)", "[]")
    assert scheduled.value("SELECT count(*) FROM schedule") == 1
    assert scheduled.value("SELECT declared->>'name' FROM kind") == USUAL_KIND["name"]
