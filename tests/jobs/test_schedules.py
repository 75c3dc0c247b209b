"""When schedules are due: zones, changes of clocks, and fires that nobody could fire in time."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.jobs.domain.schedules import (
    MOST_MISSED,
    Missed,
    WrongSchedule,
    check_cron,
    check_zone,
    due,
    next_fire,
)

MADRID = "Europe/Madrid"  # in 2026 it skips 02:00-03:00 on 29 March and repeats it on 25 October


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def fires(cron: str, zone: str, first: str, last: str) -> list[str]:
    """Every fire after `first` up to `last`, as UTC."""
    found, instant = [], next_fire(cron, zone, at(first))
    while instant is not None and instant <= at(last):
        found.append(f"{instant:%m-%d %H:%M}")
        instant = next_fire(cron, zone, instant)
    return found


def test_a_schedule_is_due_by_the_clock_on_the_wall_of_its_zone() -> None:
    assert fires("0 3 * * *", MADRID, "2026-03-27 12:00", "2026-03-30 12:00") == [
        "03-28 02:00",
        "03-29 01:00",
        "03-30 01:00",
    ]


def test_a_time_that_is_skipped_that_day_is_due_when_the_hour_resumes() -> None:
    assert fires("30 2 * * *", MADRID, "2026-03-28 12:00", "2026-03-30 12:00") == [
        "03-29 01:00",
        "03-30 00:30",
    ]


def test_two_times_in_the_skipped_hour_are_due_once_together() -> None:
    assert fires("15,45 2 * * *", MADRID, "2026-03-28 12:00", "2026-03-29 12:00") == ["03-29 01:00"]


def test_a_time_that_comes_twice_that_day_is_due_once() -> None:
    assert fires("30 2 * * *", MADRID, "2026-10-24 12:00", "2026-10-26 12:00") == [
        "10-25 00:30",
        "10-26 01:30",
    ]


@pytest.mark.parametrize("moment", ["2026-10-25 00:31", "2026-10-25 01:10", "2026-10-25 01:31"])
def test_looking_again_within_the_repeated_hour_finds_no_second_fire(moment: str) -> None:
    assert next_fire("30 2 * * *", MADRID, at(moment)) == at("2026-10-26 01:30")


def test_a_schedule_of_every_hour_goes_by_elapsed_time_through_changes_of_clocks() -> None:
    assert fires("0 * * * *", MADRID, "2026-03-28 23:30", "2026-03-29 02:30") == [
        "03-29 00:00",
        "03-29 01:00",
        "03-29 02:00",
    ]
    assert len(fires("0 * * * *", MADRID, "2026-10-24 22:00", "2026-10-25 22:00")) == 24


def test_an_hour_of_half_an_hour_is_read_as_its_zone_has_it() -> None:
    """Lord Howe moves its clocks by 30 minutes."""
    assert fires("15 2 * * *", "Australia/Lord_Howe", "2026-10-02 12:00", "2026-10-05 00:00") == [
        "10-02 15:45",
        "10-03 15:30",
        "10-04 15:15",
    ]


def test_nothing_is_due_before_its_time() -> None:
    looked = due("0 3 * * *", "UTC", Missed.ALL, next_at=at("2026-01-02 03:00"),
                 now=at("2026-01-02 02:59"), on_time=60)  # fmt: skip
    assert looked.fires == ()
    assert looked.next_at == at("2026-01-02 03:00")


@pytest.mark.parametrize(
    ("missed", "fired"),
    [
        (Missed.SKIP, []),
        (Missed.ONE, ["01-04"]),
        (Missed.ALL, ["01-02", "01-03", "01-04"]),
    ],
)
def test_missed_fires_are_skipped_made_up_for_once_or_all_made_up_for(
    missed: Missed, fired: list[str]
) -> None:
    looked = due("0 3 * * *", "UTC", missed, next_at=at("2026-01-02 03:00"),
                 now=at("2026-01-04 12:00"), on_time=60)  # fmt: skip
    assert [f"{fire:%m-%d}" for fire in looked.fires] == fired
    assert looked.next_at == at("2026-01-05 03:00")


@pytest.mark.parametrize("missed", list(Missed))
def test_a_fire_on_time_is_fired_whatever_the_policy(missed: Missed) -> None:
    looked = due("0 3 * * *", "UTC", missed, next_at=at("2026-01-02 03:00"),
                 now=at("2026-01-02 03:00:30"), on_time=60)  # fmt: skip
    assert looked.fires == (at("2026-01-02 03:00"),)


def test_what_is_on_time_is_fired_also_when_older_ones_were_missed() -> None:
    looked = due("0 * * * *", "UTC", Missed.SKIP, next_at=at("2026-01-02 03:00"),
                 now=at("2026-01-02 09:00:10"), on_time=60)  # fmt: skip
    assert looked.fires == (at("2026-01-02 09:00"),)


def test_only_the_newest_thousand_are_made_up_for() -> None:
    now = at("2036-01-01 00:00:30")
    looked = due("* * * * *", MADRID, Missed.ALL, next_at=at("2026-01-01 00:00"), now=now,
                 on_time=60)  # fmt: skip
    assert len(looked.fires) == MOST_MISSED
    assert looked.fires[-1] == at("2036-01-01 00:00")
    assert looked.fires[0] == looked.fires[-1] - timedelta(minutes=MOST_MISSED - 1)


CRONS = ["* * * * *", "*/7 * * * *", "30 2 * * *", "0 3 * * 1", "0 0 29 2 *", "15 1-4 * * *",
         "0 12 L * *", "0 9 * * MON#1"]  # fmt: skip
ZONES = ["UTC", MADRID, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]
MOMENTS = st.integers(0, 4 * 366 * 1440).map(
    lambda minutes: at("2024-01-01 00:00") + minutes * MINUTE
)
MINUTE = timedelta(minutes=1)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(CRONS), st.sampled_from(ZONES), MOMENTS)
def test_fires_grow_and_none_is_before_what_it_was_asked_after(
    cron: str, zone: str, after: datetime
) -> None:
    found, instant = [after], after
    for _ in range(5):
        instant = next_fire(cron, zone, instant) or instant
        found.append(instant)
    assert all(earlier < later for earlier, later in pairwise(found))


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([("*/7 * * * *", 7), ("30 2 * * *", 1440), ("15 1-4 * * *", 360)]),
    st.sampled_from(ZONES),
    MOMENTS,
    st.lists(st.integers(1, 90), min_size=1, max_size=5),
)
def test_looking_often_or_seldom_fires_the_same(
    schedule: tuple[str, int], zone: str, start: datetime, steps: list[int]
) -> None:
    """With policy all, restarts and pauses change nothing."""
    cron, usual_minutes = schedule

    def fired(steps: list[int]) -> list[datetime]:
        now, next_at, found = start, next_fire(cron, zone, start), list[datetime]()
        for step in steps:
            now += step * usual_minutes * MINUTE
            assert next_at is not None
            looked = due(cron, zone, Missed.ALL, next_at=next_at, now=now, on_time=60)
            found += looked.fires
            next_at = looked.next_at
        return found

    assert fired(steps) == fired([sum(steps)])


@pytest.mark.parametrize(
    ("cron", "reason"),
    [
        ("0 3 * *", "has 4 fields, needs 5"),
        ("0 0 3 * * *", "has 6 fields, needs 5"),
        ("", "has 0 fields"),
        ("61 3 * * *", "bad minute"),
        ("0 24 * * *", "bad hour"),
        ("0 3 * * mun", "bad day-of-week"),
        ("0 3 30 2 *", "bad day-of-month"),
        ("*/0 * * * *", "bad minute"),
    ],
)
def test_an_expression_that_cannot_be_read_is_refused_with_its_field(
    cron: str, reason: str
) -> None:
    with pytest.raises(WrongSchedule, match=reason):
        check_cron(cron)


@pytest.mark.parametrize("zone", ["Europe/Madird", "", "../etc/passwd", "MET+99", "x" * 300, "\0"])
def test_a_zone_that_is_none_is_refused(zone: str) -> None:
    with pytest.raises(WrongSchedule, match="is no time zone"):
        check_zone(zone)


def test_a_zone_by_its_name_is_taken() -> None:
    assert check_zone(MADRID) == ZoneInfo(MADRID)
