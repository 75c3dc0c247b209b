"""The rig's own parts that need no server: witnesses, proxy weather, schedule, recoveries."""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from chassis.jobkinds import Job
from console.servers import free_port
from tests.chaos import schedule
from tests.chaos.faults import ALL
from tests.chaos.ledger import FOLDER, Accepted, Ledger, read_marks, seen
from tests.chaos.logs import claim_times, stale_completions
from tests.chaos.proxy import FAIR, Link, Proxy, Weather
from tests.chaos.watching import Watcher
from tests.processes import until

KILLED = """
import os, signal, uuid
from chassis.jobkinds import Job
from tests.chaos.ledger import seen
job = Job(uid=uuid.UUID("{uid}"), id=5, run_no=3, attempt=1, kind="chaos.noop", args={{}},
          request_id="r", ask=None)
with seen(job):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def a_job() -> Job:
    return Job(
        uid=uuid.uuid4(), id=5, run_no=3, attempt=1, kind="chaos.noop", args={},
        request_id="r", ask=lambda *_, **__: None,
    )  # fmt: skip


def test_bodies_leave_marks_that_survive_a_kill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    job = a_job()
    killed = subprocess.run([sys.executable, "-c", KILLED.format(uid=job.uid)], check=False)
    assert killed.returncode == -signal.SIGKILL
    with pytest.raises(ValueError, match="broke"), seen(job):
        raise ValueError("it broke")
    marks = read_marks(tmp_path)
    assert [(mark.what, mark.run_no, mark.job_id) for mark in marks] == [
        ("start", 3, 5),
        ("start", 3, 5),
        ("raise", 3, 5),
    ]
    assert {mark.uid for mark in marks} == {str(job.uid)}
    assert marks[0].pid != marks[1].pid == os.getpid()


def test_a_torn_last_mark_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    with seen(a_job()):
        pass
    with (tmp_path / "marks").open("ab") as file:
        file.write(b"s123")
    assert [mark.what for mark in read_marks(tmp_path)] == ["start", "end"]


def test_a_ledger_gives_back_what_was_noted(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    noted = [Accepted("u1", "chaos.noop", "", 1.5), Accepted("u2", "chaos.keyed", "k3", 2.0)]
    ledger.note(noted)
    assert ledger.read() == noted
    ledger.close()


@pytest.fixture
def echo() -> Iterator[int]:
    """A server that says everything back; its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_echo, args=[server], daemon=True).start()
        yield server.getsockname()[1]


def _echo(server: socket.socket) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=_say_back, args=[connection], daemon=True).start()


def _say_back(connection: socket.socket) -> None:
    try:
        while said := connection.recv(1000):
            connection.sendall(said)
    except ConnectionError:
        return
    finally:
        connection.close()


@pytest.fixture
def link(echo: int) -> Iterator[Link]:
    proxy = Proxy(seed=1)
    proxy.start()
    yield proxy.link("echo", free_port(), echo)
    proxy.stop()


@pytest.fixture
def client(link: Link) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", link.port), timeout=5) as connection:
        yield connection


def said_back(client: socket.socket, text: bytes) -> bytes:
    client.sendall(text)
    heard = b""
    while len(heard) < len(text):
        heard += client.recv(100)
    return heard


def test_in_fair_and_in_slow_weather_everything_arrives(link: Link, client: socket.socket) -> None:
    assert said_back(client, b"hello") == b"hello"
    link.weather = Weather(delay=0.1, slice=3)
    began = time.monotonic()
    assert said_back(client, b"hello again") == b"hello again"
    assert time.monotonic() - began >= 0.2  # there and back


def test_in_silence_nothing_arrives_and_nothing_is_lost(link: Link, client: socket.socket) -> None:
    link.weather = Weather(silent=True)
    client.sendall(b"hello")
    client.settimeout(0.3)
    with pytest.raises(TimeoutError):
        client.recv(100)
    link.weather = FAIR
    client.settimeout(5)
    assert client.recv(100) == b"hello"


def test_in_a_storm_connections_are_reset(link: Link, client: socket.socket) -> None:
    link.weather = Weather(resets=100.0)
    with pytest.raises(ConnectionResetError):
        until(lambda: not said_back(client, b"hello"), 5)


def test_who_refuses_is_not_reached(link: Link) -> None:
    link.weather = Weather(refuses=True)
    with (
        pytest.raises(ConnectionResetError),
        socket.create_connection(("127.0.0.1", link.port), timeout=5) as client,
    ):
        client.recv(100)


def test_the_same_seed_plans_the_same_faults() -> None:
    one, other = (list(schedule.planned(90, random.Random(5))) for _ in range(2))
    assert one == other
    assert one != list(schedule.planned(90, random.Random(6)))


def test_a_short_run_has_every_short_fault_once() -> None:
    numbers = [kind.number for _, kind in schedule.planned(90, random.Random(1))]
    promised = {1, 2, 3, 4, 5, 6, 7, 10, 11, 13, "14b", 16, 19, 20}
    assert sorted(numbers) == sorted(f"F{number}" for number in promised)


def test_a_long_run_comes_to_every_fault() -> None:
    planned = schedule.planned(600, random.Random(1))
    numbers = {next(planned)[1].number for _ in range(len(ALL))}
    assert {f"F{number}" for number in range(1, 23)} <= numbers


def test_a_recovery_is_measured_and_a_missed_one_is_a_broken_promise() -> None:
    watcher = Watcher(allowance=0.0)
    came = threading.Event()
    watcher.start()
    watcher.expect("F1", "comes", 5.0, came.is_set)
    watcher.expect("F1", "never comes", 0.1, lambda: False, patience=0.3)
    came.set()
    until(lambda: watcher.is_quiet, 5)
    watcher.stop()
    kept = {each.what: each.is_kept for each in watcher.recoveries}
    assert kept == {"comes": True, "never comes": False}


def test_logs_tell_of_claims_and_of_stale_completions(tmp_path: Path) -> None:
    postgres = tmp_path / "postgres.log"
    postgres.write_text(
        "LOG:  duration: 1.250 ms  statement: EXECUTE claim (3, '{1}', '{2}', 4)\n"
        "LOG:  duration: 9.000 ms  statement: EXECUTE complete (3, '{1}', '{1}', '{}')\n"
    )
    (tmp_path / "ada.log").write_text(
        '{"event": "stale outcomes discarded", "number": 3}\nTraceback\n{"event": "joined"}\n{"ev'
    )
    assert claim_times(postgres) == [1.25]
    assert stale_completions(tmp_path) == 3
