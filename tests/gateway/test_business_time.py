"""The gateway's clock follows the suite's, and never goes back."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from chassis import clock
from gateway import business_time
from tests.gateway.recording import RecordingBus


@pytest.fixture(autouse=True)
def _clock_as_before() -> Iterator[None]:
    before = clock.offset()
    yield
    clock.set_offset(before)


def test_it_is_moved_by_what_jobs_tells() -> None:
    business_time.hear("jobs.clock_advanced", {"offset_seconds": 3600, "version": 1})
    assert clock.offset() == timedelta(hours=1)


def test_an_older_telling_does_not_move_it_back() -> None:
    business_time.hear("jobs.clock_advanced", {"offset_seconds": 3600, "version": 2})
    business_time.hear("jobs.clock_advanced", {"offset_seconds": 60, "version": 1})
    assert clock.offset() == timedelta(hours=1)


def test_other_events_do_not_move_it() -> None:
    business_time.hear("auth.sessions_ended", {"session_hashes": [], "version": 1})
    assert clock.offset() == timedelta(0)


@pytest.mark.parametrize("is_there", [True, False])
def test_it_is_read_when_the_bus_connects(bus: RecordingBus, is_there: bool) -> None:
    if is_there:
        bus.answer("jobs", "clock", {"now": "2026-11-21T00:00:00Z", "offset_seconds": 7200})
    business_time.read_soon(bus).join(5)
    assert clock.offset() == timedelta(hours=2 if is_there else 0)
