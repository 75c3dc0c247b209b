"""The bell that wakes nodes: at once when it was quiet, gathered when it rings and rings."""

import threading
from collections.abc import Iterator

import pytest

from chassis.events import Event
from services.jobs.adapters import NodeBell
from services.jobs.adapters.bell import Rhythm
from services.jobs.events import ClusterChanged, SonarPinged, WorkReady
from tests.jobs.leading import wait_until


class Told(NodeBell):
    """Remembers what would have gone out; holds it up while `held`."""

    def __init__(self) -> None:
        super().__init__("amqp://nowhere")
        self.told: list[Event] = []
        self.free = threading.Event()
        self.free.set()

    def start(self) -> None:
        threading.Thread(target=self._run, daemon=True).start()

    def _tell(self, told: Event) -> None:
        self.told.append(told)
        self.free.wait(20)


@pytest.fixture
def bell() -> Iterator[Told]:
    bell = Told()
    bell.start()
    yield bell
    bell.free.set()
    bell.stop()


def test_a_ring_goes_out_with_its_kinds(bell: Told) -> None:
    bell.ring(["b.two", "a.one"])
    wait_until(lambda: len(bell.told) == 1)
    assert bell.told == [WorkReady(kinds=("a.one", "b.two"))]


def test_rings_while_one_is_going_out_become_one(bell: Told) -> None:
    bell.free.clear()
    bell.ring(["a.one"])
    wait_until(lambda: len(bell.told) == 1)
    for number in range(100):
        bell.ring([f"b.kind_{number % 3}"])
    bell.free.set()
    wait_until(lambda: len(bell.told) == 2)
    assert bell.told[1] == WorkReady(kinds=("b.kind_0", "b.kind_1", "b.kind_2"))


def test_a_ring_for_any_kind_is_not_narrowed_by_one_for_some(bell: Told) -> None:
    bell.free.clear()
    bell.ring(["a.one"])
    wait_until(lambda: len(bell.told) == 1)
    bell.ring(())
    bell.ring(["b.two"])
    bell.free.set()
    wait_until(lambda: len(bell.told) == 2)
    assert bell.told[1] == WorkReady(kinds=())


def test_changes_and_pings_go_out_beside_work_each_once(bell: Told) -> None:
    bell.free.clear()
    bell.ring(["a.one"])
    wait_until(lambda: len(bell.told) == 1)
    for _ in range(3):
        bell.tell_change()
        bell.ping()
    bell.free.set()
    wait_until(lambda: len(bell.told) == 3)
    assert bell.told[1:] == [ClusterChanged(), SonarPinged()]


def test_a_few_rings_in_a_row_go_out_at_once_and_many_are_gathered() -> None:
    rhythm = Rhythm()
    pauses = [rhythm.pause(1000.0 + number * 0.001) for number in range(100)]
    assert pauses[: Rhythm.AHEAD] == [Rhythm.SHORTEST] * Rhythm.AHEAD
    assert pauses[20] > Rhythm.EVERY


def test_rings_that_come_one_by_one_never_wait() -> None:
    rhythm = Rhythm()
    pauses = {rhythm.pause(1000.0 + number * Rhythm.EVERY) for number in range(1000)}
    assert pauses == {Rhythm.SHORTEST}
