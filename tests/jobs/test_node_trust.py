"""What a node does while it cannot reach the database: nothing that others do meanwhile."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from services.jobs.node import membership
from services.jobs.node.dispatch import Dispatch
from services.jobs.node.hopes import Hopes
from services.jobs.node.membership import Membership
from services.jobs.node.pace import Pace
from services.jobs.node.runs import Claimed
from services.jobs.node.settings import Options
from services.jobs.node.store import Away, Orders, Store
from services.jobs.node.tally import Tally


class SilentStore(Store):
    """A database that took the session and then never answers, as behind a pulled cable."""

    def __init__(self) -> None:
        super().__init__("", "")
        self.ended = threading.Event()

    def open_session(self, *_: Any) -> tuple[int, dict[int, str]]:
        return 7, {1: "tests.work"}

    def renew(
        self, session: int, held: Mapping[int, int], load: Any, tallies: Sequence[Any]
    ) -> Orders:
        self.ended.wait(30)
        raise Away("silence")

    def release(self, session: int, held: Mapping[int, int]) -> None:
        raise Away("silence")


@pytest.fixture
def silent() -> Iterator[SilentStore]:
    store = SilentStore()
    yield store
    store.ended.set()


def test_workers_are_stopped_in_time_though_the_heartbeat_waits_for_an_answer(
    silent: SilentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(membership, "TRUST_SECONDS", 0.2)
    lost = threading.Event()
    here = Membership(
        Options(name="anna", workers=1),
        silent,
        {},
        tally=Tally(),
        held=dict,
        on_orders=lambda *_: None,
        on_loss=lost.set,
    )
    here.join(silent)
    assert here.problem is None
    here.start()
    assert lost.wait(10)
    assert here.problem
    here.end()


def test_jobs_that_could_not_be_handed_back_wait_on_and_are_not_forgotten(
    silent: SilentStore,
) -> None:
    job = Claimed(5, 1, 1, 1, "", None, None, None, "{}")
    dispatch = Dispatch(None, Pace(), Hopes())  # type: ignore[arg-type]  # handing back asks no crew
    dispatch.prefetched.add([job])
    with pytest.raises(Away):
        dispatch.hand_back(silent, 7, dispatch.prefetched.take_all())
    assert dispatch.prefetched.take_all() == [job]
