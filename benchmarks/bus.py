"""`python -m benchmarks.bus`: how fast events and calls travel, beside nameko's own.

Private servers, real processes, every commit on the disk. What is compared is measured by turns in
one run, so that whatever else the machine does meets both sides alike.
"""

import argparse
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import requests

from benchmarks.events import drained, forget, lags, relayed, stage
from benchmarks.figures import (
    Figures,
    cpu_seconds,
    machine,
    per_second,
    saying,
    timed,
    verdict,
)
from benchmarks.peer.asking import peer
from chassis.context import Caller
from chassis.ids import new_id
from tests.chassis.probe_world import ProbeWorld
from tests.processes import PYTHON, ROOT, until

VISITOR = Caller(principal="gateway", request_id="benchmark")
CALLS = 500  # one after another, in a round
TOLD = 150  # words in a round
PAUSE = 0.02  # seconds between words told at rest
THREADS = 8
SECONDS = 3.0  # of calls from all threads
RELAYED = 10_000  # events that wait for the relay
HANDLED = 1_500  # events that wait for a hearer


class Bench:
    """The probes' world with the peer beside it."""

    def __init__(self, world: ProbeWorld, peer_pid: int) -> None:
        self.world = world
        self.peer_pid = peer_pid
        self.figures = Figures()

    def ping(self) -> Any:
        return self.world.client.call("teller", "ping", caller=VISITOR)

    def tell(self, word: str) -> Any:
        client = self.world.client
        return client.call("teller", "tell", caller=VISITOR, word_id=new_id(), word=word)

    def peer_ping(self) -> Any:
        return peer(self.world.broker.url).ping()

    def calls(self) -> None:
        """Calls one after another and from eight threads, ours and nameko's by turns."""
        for name, act in (("our call", self.ping), ("nameko's call", self.peer_ping)):
            self.figures.note_latency(name, timed(act, CALLS))
        self._at_once("our calls", self.ping, self.world.processes["teller"].pid)
        self._at_once("nameko's calls", self.peer_ping, self.peer_pid)
        self.figures.note_latency("our command", timed(lambda: self.tell(str(new_id())), TOLD))

    def _at_once(self, name: str, act: Callable[[], Any], service: int) -> None:
        """Calls from all threads, and what a call takes of the processor in the service."""
        used, began = cpu_seconds([service]), time.monotonic()
        rate = per_second(act, THREADS, SECONDS)
        calls = rate * (time.monotonic() - began)
        self.figures.note(f"{name}, {THREADS} threads", rate)
        self.figures.note(f"{name}, processor", 1000 * (cpu_seconds([service]) - used) / calls)

    def lag(self, number: int) -> None:
        """From the commit of the command to the commit of the handler's effect."""
        prefix = f"rest {number} "
        for count in range(TOLD):
            self.tell(f"{prefix}{count}")
            time.sleep(PAUSE)
        self.figures.note_latency("commit to effect", lags(self.world, prefix, TOLD))

    def busy_lag(self, number: int) -> None:
        """The same while four threads tell as fast as they are answered."""
        prefix = f"busy {number} "
        rate = per_second(lambda: self.tell(f"{prefix}{new_id()}"), 4, SECONDS)
        self.figures.note("commands, 4 threads", rate)
        self.figures.note_latency("commit to effect, busy", lags(self.world, prefix))

    def relay(self) -> None:
        """The relay alone, with nobody hearing."""
        name, pids = f"relay {new_id()}", [self.world.processes["teller"].pid]
        stage(self.world, name, RELAYED)
        used = cpu_seconds(pids)
        self.figures.note("relay", relayed(self.world, name, RELAYED))
        self.figures.note("relay, processor", 1000 * (cpu_seconds(pids) - used) / RELAYED)
        forget(self.world)

    def handling(self) -> None:
        """One hearer with more waiting than it can take at once."""
        name, pids = f"handled {new_id()}", [self.world.processes["hearer"].pid]
        used = cpu_seconds(pids)
        stage(self.world, name, HANDLED)
        self.figures.note("handled by one process", drained(self.world, name, HANDLED))
        self.figures.note("handling, processor", 1000 * (cpu_seconds(pids) - used) / HANDLED)

    def report(self) -> None:
        figures = self.figures
        for name, most in (("commit to effect p50", 10), ("commit to effect p99", 50)):
            figures.line(name, "ms", verdict(figures.median(name), at_most=most))
        for name in ("commit to effect, busy p50", "commit to effect, busy p99"):
            figures.line(name, "ms")
        figures.line("commands, 4 threads", "/s")
        figures.line("relay", "/s", verdict(figures.median("relay"), at_least=5000))
        figures.line("relay, processor", "ms", "of the service's, an event")
        figures.line("handled by one process", "/s")
        figures.line("handling, processor", "ms", "of the service's, an event")
        for share in ("p50", "p99"):
            figures.line(f"our call {share}", "ms")
            ratio = figures.ratio(f"our call {share}", f"nameko's call {share}")
            figures.line(f"nameko's call {share}", "ms", f"ours takes {ratio:.2f} of it")
        ours, theirs = (f"{who} calls, {THREADS} threads" for who in ("our", "nameko's"))
        figures.line(ours, "/s")
        figures.line(theirs, "/s", f"ours does {figures.ratio(ours, theirs):.2f} of it")
        ours, theirs = "our calls, processor", "nameko's calls, processor"
        figures.line(ours, "ms", "of the service's, a call")
        figures.line(theirs, "ms", f"ours takes {figures.ratio(ours, theirs):.2f} of it")
        for share in ("p50", "p99"):
            figures.line(f"our command {share}", "ms")


@contextmanager
def worlds() -> Iterator[ProbeWorld]:
    """A world whose commits reach the disk and are stamped with their time."""
    with tempfile.TemporaryDirectory(prefix="memberhall-bus-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL runs as another user where we run as root
        world = ProbeWorld(folder, fsync=True)
        try:
            world.start()
            _stamp_commits(world)
            yield world
        finally:
            world.stop()


def _stamp_commits(world: ProbeWorld) -> None:
    with closing(psycopg2.connect(world.postgres.url)) as connection:
        connection.autocommit = True
        connection.cursor().execute("ALTER SYSTEM SET track_commit_timestamp = on")
    world.postgres.restart()


@contextmanager
def running_peer(world: ProbeWorld) -> Iterator[int]:
    """The process id of a plain nameko service on the same broker, answering."""
    command = [*PYTHON, "-m", "benchmarks.peer.service"]
    environment = {"PATH": os.environ["PATH"], "PEER_BROKER_URL": world.broker.url}
    with (world.folder / "peer.log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            until(lambda: _has_queue(world), 20, "the peer is there")
            yield process.pid
        finally:
            process.terminate()
            process.wait(10)


def _has_queue(world: ProbeWorld) -> bool:
    url = f"{world.broker.api_url}/api/queues/%2F/rpc-peer"
    return requests.get(url, timeout=5).status_code == 200


def main() -> None:
    """Measure in rounds and print the medians."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=3)
    rounds = arguments.parse_args().rounds
    print(f"Measured on {machine()}; medians of {rounds} rounds (least to most)")
    with worlds() as world, world.running("teller"), running_peer(world) as peer_pid:
        bench = Bench(world, peer_pid)
        with saying("warming up"), world.running("hearer"):
            timed(bench.ping, 200), timed(bench.peer_ping, 200)
            timed(lambda: bench.tell(str(new_id())), 100)
        for number in range(rounds):
            with saying(f"round {number + 1} of {rounds}"):
                with world.running("hearer"):
                    bench.lag(number)
                    bench.busy_lag(number)
                    bench.calls()
                    bench.handling()
                bench.relay()
        bench.report()


if __name__ == "__main__":
    main()
