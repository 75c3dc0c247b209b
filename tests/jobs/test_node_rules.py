"""What a node decides without a database or a process: pace, order, what can be stored."""

import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pytest

from services.jobs.node.channel import Channel, Garbled
from services.jobs.node.pace import MOST_AHEAD, MOST_IN_BATCH, Pace
from services.jobs.node.performing import error_text, result_text
from services.jobs.node.prefetch import Prefetched
from services.jobs.node.progress import Progress
from services.jobs.node.results import Results
from services.jobs.node.runs import Claimed, Failed, Line, Said
from services.jobs.node.settings import Options
from services.jobs.node.store import Away, Refused, Store
from services.jobs.node.tally import Tally

SLOW, QUICK = 1, 2


def a_job(number: int, kind: int = SLOW) -> Claimed:
    return Claimed(number, 1, kind, 1, "", None, None, None, "{}")


@pytest.fixture
def pace() -> Pace:
    pace = Pace()
    pace.learn(QUICK, 0.001)
    pace.learn(SLOW, 2.0)
    return pace


def test_a_kind_nobody_has_run_is_given_out_singly() -> None:
    pace = Pace()
    assert not pace.is_quick(9)
    assert (pace.batch(9), pace.ahead(9)) == (1, 1)


def test_quick_kinds_travel_in_batches_up_to_a_limit(pace: Pace) -> None:
    assert (pace.batch(QUICK), pace.ahead(QUICK)) == (10, 20)
    pace.learn(3, 0.0)
    assert (pace.batch(3), pace.ahead(3)) == (MOST_IN_BATCH, MOST_AHEAD)


def test_a_kind_that_turns_slow_is_given_out_singly_again(pace: Pace) -> None:
    pace.learn(QUICK, 10.0)
    assert pace.batch(QUICK) == 1


def test_a_few_quick_jobs_are_shared_by_the_idle_workers(pace: Pace) -> None:
    waiting = Prefetched(pace)
    waiting.add(a_job(n, QUICK) for n in range(7))
    assert [len(waiting.for_idle(idle)) for idle in (3, 2, 1)] == [3, 2, 2]


def test_slow_and_quick_jobs_take_turns_so_that_neither_starves(pace: Pace) -> None:
    waiting = Prefetched(pace)
    waiting.add([*(a_job(n, QUICK) for n in range(20)), a_job(100), a_job(101)])
    kinds = [waiting.for_idle()[0].kind_id for _ in range(4)]
    assert kinds == [SLOW, QUICK, SLOW, QUICK]


def test_jobs_that_come_back_unstarted_go_first_and_in_order(pace: Pace) -> None:
    waiting = Prefetched(pace)
    waiting.add([a_job(3, QUICK)])
    waiting.put_back([a_job(1, QUICK), a_job(2, QUICK)])
    assert [job.id for job in waiting.quick_batch()] == [1, 2, 3]


def test_dropped_jobs_are_forgotten_and_the_rest_can_be_handed_back(pace: Pace) -> None:
    waiting = Prefetched(pace)
    waiting.add([a_job(1), a_job(2, QUICK), a_job(3)])
    assert [job.id for job in waiting.take({1})] == [1]
    assert waiting.take_stale() == []
    assert {job.id for job in waiting.take_all()} == {2, 3}
    assert len(waiting) == 0


def test_progress_tells_which_job_runs() -> None:
    progress = Progress.create()
    same = Progress(progress.descriptor)
    assert same.read().since is None
    progress.start()
    assert (same.read().started, same.read().finished) == (1, 0)
    assert same.read().since is not None
    progress.finish()
    assert same.read() == (1, 1, None)


@pytest.mark.parametrize(
    ("result", "text"),
    [(None, None), ({}, "{}"), ({"ü": 1}, '{"ü":1}'), ({"a": "\\u0000"}, '{"a":"\\\\u0000"}')],
)
def test_a_result_is_written_as_json(result: Any, text: str | None) -> None:
    assert result_text(result) == text


@pytest.mark.parametrize(
    "result", [1, "text", [1], {"a": object()}, {"a": float("inf")}, {"a": "\x00"}, {"a": "\ud800"}]
)
def test_a_result_that_no_database_can_store_is_refused(result: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="the result"):
        result_text(result)


def test_an_enormous_result_is_refused() -> None:
    with pytest.raises(ValueError, match="bytes as JSON"):
        result_text({"a": "x" * 300_000})


def test_an_error_is_told_as_text_that_can_be_stored_whatever_it_says() -> None:
    class Unprintable(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert error_text(ValueError("a\x00b\ud800")).startswith("ValueError: a\ufffdb?")
    assert "Unprintable" in error_text(Unprintable())


def test_options_travel_as_text() -> None:
    options = Options(name="anna", workers=2, labels={"zone": "a"}, tasks=("tests.jobs.kinds",))
    assert Options.from_text(options.as_text()) == options


@pytest.mark.parametrize("module", ["main", "agent_process", "child"])
def test_no_process_of_a_node_loads_nameko_or_eventlet(module: str) -> None:
    loaded = (
        f"import sys, services.jobs.node.{module}; from services.jobs.node.kinds import load_kinds;"
        "load_kinds(); print({name.split('.')[0] for name in sys.modules} & {'nameko', 'eventlet'})"
    )
    done = subprocess.run(
        [sys.executable, "-c", loaded], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


def test_a_queue_size_limits_what_a_worker_holds_of_a_quick_kind(pace: Pace) -> None:
    pace.limit({QUICK: 3, SLOW: 50})
    assert (pace.batch(QUICK), pace.ahead(QUICK)) == (3, 3)
    assert pace.ahead(SLOW) == 1


def test_jobs_taken_back_are_not_started_and_later_ones_are() -> None:
    agent = Progress.create()
    worker = Progress(agent.descriptor)
    assert worker.start()
    agent.take_back(after=1, until=3)
    worker.finish()
    assert [worker.start() for _ in range(3)] == [False, False, True]


def test_what_a_handler_says_is_read_whole_or_not_at_all() -> None:
    agent = Progress.create()
    worker = Progress(agent.descriptor)
    worker.say(12.5, "Seite " + "ü" * 2000)
    percent, note = agent.said() or (0.0, "")
    assert percent == 12.5
    assert note.startswith("Seite üü")
    worker.say(13.0, "short")
    assert agent.said() == (13.0, "short")


@pytest.fixture
def sockets() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    yield ours, theirs
    ours.close()
    theirs.close()


@pytest.fixture
def channels(sockets: tuple[socket.socket, socket.socket]) -> tuple[Channel, Channel]:
    ours, theirs = sockets
    return Channel(ours), Channel(theirs)


def test_messages_arrive_whole_and_in_order(channels: tuple[Channel, Channel]) -> None:
    agent, worker = channels
    assert agent.received() == []
    worker.send(["ended", "ü" * 1000])
    worker.send(["ready"])
    assert agent.received() == [["ended", "ü" * 1000], ["ready"]]
    agent.send([1])
    assert worker.receive() == [1]
    worker.close()
    assert (agent.received(), agent.is_ended) == ([], True)


def test_half_a_message_keeps_nobody_waiting(
    sockets: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = sockets
    agent = Channel(ours)
    theirs.sendall(b"MJ1\n" + (500).to_bytes(4, "little") + b"[")
    assert agent.received() == []
    theirs.sendall(b'"x"]' + b" " * 495)
    assert agent.received() == [["x"]]


@pytest.mark.parametrize(
    "rubbish", [b"hello, who is there?", b"MJ1\n\xff\xff\xff\xff", b"MJ1\n\x02\0\0\0x]"]
)
def test_rubbish_in_a_channel_is_no_message(
    sockets: tuple[socket.socket, socket.socket], rubbish: bytes
) -> None:
    ours, theirs = sockets
    theirs.sendall(rubbish)
    with pytest.raises(Garbled):
        Channel(ours).received()


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
    tally.count(QUICK, succeeded=True, seconds=0.5, waited=0.25)
    taken = tally.take()
    assert tally.take() == []
    tally.put_back(taken)
    tally.count(QUICK, succeeded=False, seconds=1.5, waited=-1.0)
    assert tally.take() == [
        {"kind_id": QUICK, "succeeded": 1, "failed": 1, "run_s": 2.0, "wait_s": 0.25}
    ]
