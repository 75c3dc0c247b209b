from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from sandbox.agenda import Agenda
from sandbox.clock import SandboxClock


@pytest.fixture
def clock() -> SandboxClock:
    return SandboxClock()


@pytest.fixture
def agenda(clock: SandboxClock) -> Iterator[Agenda]:
    started = Agenda(clock, threads=3)
    started.start()
    yield started
    started.stop(5)


def test_a_month_passed_at_once_happens_in_order_each_at_its_own_time(
    agenda: Agenda, clock: SandboxClock
) -> None:
    start = clock.now()
    seen: list[datetime] = []

    def tick(at: datetime) -> None:
        seen.append(at)
        agenda.add(at + timedelta(days=1), "daily", tick)

    agenda.add(start + timedelta(days=1), "daily", tick)
    clock.advance(timedelta(days=30, seconds=1))
    agenda.clock_moved()
    assert agenda.settle(10)
    assert seen == [start + timedelta(days=day) for day in range(1, 31)]


def test_a_lane_does_one_thing_at_a_time_while_others_go_on(
    agenda: Agenda, clock: SandboxClock
) -> None:
    release, other_done = threading.Event(), threading.Event()
    order: list[str] = []

    def slow(_: datetime) -> None:
        release.wait(10)
        order.append("slow")

    agenda.add(clock.now(), "one", slow)
    agenda.add(clock.now(), "one", lambda _: order.append("next in lane"))
    agenda.add(clock.now(), "two", lambda _: other_done.set())
    assert other_done.wait(10)
    assert order == []
    release.set()
    assert agenda.settle(10)
    assert order == ["slow", "next in lane"]


def test_a_failing_entry_is_logged_and_the_next_one_runs(
    agenda: Agenda, clock: SandboxClock, caplog: pytest.LogCaptureFixture
) -> None:
    done = threading.Event()

    def fail(_: datetime) -> None:
        raise ValueError("broken")

    agenda.add(clock.now(), "one", fail)
    agenda.add(clock.now(), "one", lambda _: done.set())
    assert done.wait(10)
    assert "An entry of the agenda failed." in caplog.text


def test_the_clock_never_runs_backwards(clock: SandboxClock) -> None:
    clock.advance_to_offset(timedelta(seconds=60))
    with pytest.raises(ValueError, match="only moves forward"):
        clock.advance(timedelta(seconds=-1))
    with pytest.raises(ValueError, match="only moves forward"):
        clock.advance_to_offset(timedelta(seconds=59))
