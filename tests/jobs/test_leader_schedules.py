"""Schedules as the leader fires them: by business time, once for each instant."""

import uuid
from datetime import UTC, datetime

import pytest

from chassis import clock
from services.jobs import commands, queries
from services.jobs.service.leader import Leader
from tests.jobs.core import Core
from tests.jobs.leading import (
    bell_of,
    do,
)

SCHEDULE = uuid.UUID(int=77)


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


def test_a_glance_sees_what_is_due_by_business_time(daily: Leader) -> None:
    def is_due(now: str) -> bool:
        return daily._database.look(queries.glance, at(now)).fires

    assert is_due("2026-03-27 12:00") is False
    assert is_due("2026-03-28 01:59:59") is False
    assert is_due("2026-03-28 02:00:01") is True
    daily._database.transact(commands.pause_schedule, schedule_id=SCHEDULE)
    assert is_due("2026-03-28 02:00:01") is False


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
