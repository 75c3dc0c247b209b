"""What a node decides without a database or a process: what can be stored, what was said."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from services.jobs.node.channel import Channel, Garbled
from services.jobs.node.performing import error_text, result_text
from services.jobs.node.progress import Progress
from services.jobs.node.settings import Options


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
