"""How a node keeps what its workers did until the database has it."""

from collections.abc import Iterable, Sequence

import pytest

from services.jobs.node.results import Results
from services.jobs.node.runs import Failed, Line, Said
from services.jobs.node.store import Away, Refused, Store
from services.jobs.node.tally import Tally

KIND = 2


class FakeStore(Store):
    """Answers as the database would, and writes down in which order it was asked."""

    def __init__(self) -> None:
        super().__init__("", "")
        self.asked: list[str] = []
        self.refused: set[int] = set()
        self.is_away = False

    def complete(
        self, session: int, ids: list[int], runs: list[int], results: list[str | None]
    ) -> set[int]:
        self._note(f"complete {ids}")
        if self.refused & set(ids):
            raise Refused("no such character")
        return set(ids)

    def fail(self, session: int, failed: Sequence[Failed]) -> set[int]:
        self._note(f"fail {[each.id for each in failed]}")
        if any("ü" in each.error for each in failed):
            raise Refused("no such character")
        return {each.id for each in failed}

    def note(self, session: int, said: Iterable[Said], lines: Iterable[Line]) -> None:
        self._note(f"note {[each.note for each in said]} {[each.text for each in lines]}")

    def _note(self, what: str) -> None:
        if self.is_away:
            raise Away("the database is away")
        self.asked.append(what)


def test_what_a_handler_said_is_written_before_its_end() -> None:
    results, store = Results(), FakeStore()
    results.say(Said(1, 1, 10, "first"))
    results.say(Said(1, 1, 20, "last"))
    results.say(Line(1, 1, 1, 0.0, "a line"))
    results.succeed(1, 1, None)
    results.fail(Failed(2, 1, "failed", "it broke"))
    results.flush(store)
    assert store.asked == ["note ['last'] ['a line']", "complete [1]", "fail [2]"]
    assert results.take_settled() == [(1, 1), (2, 1)]
    assert (len(results), results.due_in()) == (0, None)


def test_outcomes_wait_for_others_unless_none_are_to_be_expected() -> None:
    results = Results()
    results.succeed(1, 1, None)
    assert (results.due_in() or 0) > 0
    results.hurry()
    assert results.due_in() == 0


def test_nothing_is_forgotten_while_the_database_is_away() -> None:
    results, store = Results(), FakeStore()
    results.say(Line(1, 1, 1, 0.0, "a line"))
    results.succeed(1, 1, "{}")
    store.is_away = True
    with pytest.raises(Away):
        results.flush(store)
    assert (len(results), results.take_settled()) == (1, [])
    store.is_away = False
    results.flush(store)
    assert store.asked == ["note [] ['a line']", "complete [1]"]


def test_a_result_that_the_database_refuses_fails_alone() -> None:
    results, store = Results(), FakeStore()
    store.refused = {2}
    for job_id in (1, 2, 3):
        results.succeed(job_id, 1, "{}")
    results.flush(store)
    assert sorted(results.take_settled()) == [(1, 1), (3, 1)]
    results.flush(store)
    assert store.asked[-1] == "fail [2]"
    assert results.take_settled() == [(2, 1)]


def test_a_reason_that_the_database_refuses_is_told_plainly() -> None:
    results, store = Results(), FakeStore()
    results.fail(Failed(1, 1, "cancelled", "für nichts\nand more"))
    results.fail(Failed(2, 1, "lost", "gone"))
    results.flush(store)
    assert store.asked == ["fail [1, 2]", "fail [1]", "fail [2]"]
    assert sorted(results.take_settled()) == [(1, 1), (2, 1)]


def test_numbers_that_could_not_be_delivered_count_with_the_next() -> None:
    tally = Tally()
    tally.count(KIND, succeeded=True, seconds=0.5, waited=0.25)
    taken = tally.take()
    assert tally.take() == []
    tally.put_back(taken)
    tally.count(KIND, succeeded=False, seconds=1.5, waited=-1.0)
    assert tally.take() == [
        {"kind_id": KIND, "succeeded": 1, "failed": 1, "run_s": 2.0, "wait_s": 0.25}
    ]
