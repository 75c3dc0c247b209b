"""`python -m benchmarks.gateway`: what the gateway costs, beside a bare Flask and nameko's proxy.

Private servers, real processes, every commit on the disk, the same gunicorn settings on both sides.
What is compared is measured by turns in one run; each ratio is that of one round.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import requests

from benchmarks.figures import Figures, cpu_seconds, machine, saying, verdict
from benchmarks.load import Load, Request, load, meanwhile
from console.servers import Postgres, free_port
from services.auth.adapters import Passwords
from tests.processes import PYTHON, Process
from tests.suite import Suite

ASKED = ("auth", "billing")  # everything else rests
SERVERS = ("broker/rabbitmq.pid", "postgres/data/postmaster.pid")
CONNECTIONS = 8
SECONDS = 4
LOGINS = 4  # connections that log in
WHO = {"login": "demo", "password": "demo"}

BARE = "bare Flask"
CACHED = "our session, cached"
READING, PEER_READING = "our read, one call", "nameko's read, one call"
MEMBERSHIP, PEER_MEMBERSHIP = "our read, call and SQL", "nameko's read, call and SQL"


class Bench:
    """The suite's gateway and the peer beside it."""

    def __init__(self, suite: Suite, peer: str, pids: Sequence[int]) -> None:
        self.figures = Figures()
        self._suite = suite
        self._pids = pids
        self._site = f"{suite.site}/api/v1"
        opened = requests.post(f"{self._site}/sessions", json=WHO, timeout=10).json()
        headers = {"Authorization": f"Bearer {opened['token']}"}
        account_id = opened["session"]["account_id"]
        self.requests = {
            BARE: Request(url=f"{peer}/session"),
            CACHED: Request(url=f"{self._site}/sessions/current", headers=headers),
            READING: Request(url=f"{self._site}/benchmark/reading", headers=headers),
            PEER_READING: Request(url=f"{peer}/reading"),
            MEMBERSHIP: Request(url=f"{self._site}/membership", headers=headers),
            PEER_MEMBERSHIP: Request(url=f"{peer}/membership/{account_id}"),
        }
        self._log_in = Request(
            url=f"{self._site}/sessions",
            method="POST",
            headers={"Content-Type": "application/json"},
            body='{"login":"demo","password":"demo"}',
        )

    def reads(self) -> None:
        """Every kind of read, one after the other."""
        for name, request in self.requests.items():
            used = cpu_seconds(self._pids)
            done = load(request, CONNECTIONS, SECONDS)
            self._note(name, done)
            spent = (cpu_seconds(self._pids) - used) / (done.per_second * SECONDS)
            self.figures.note(f"{name} processor", 1000 * spent)

    def logins(self) -> None:
        """Logins as fast as they go, and what cached reads come to meanwhile."""
        self.figures.note("one argon2id check, processor", 1000 * _hash_seconds())
        auth = [self._suite.processes["auth"].pid]
        used = cpu_seconds(auth)
        done = load(self._log_in, LOGINS, SECONDS)
        self._note("login", done)
        spent = (cpu_seconds(auth) - used) / (done.per_second * SECONDS)
        self.figures.note("login, auth's processor", 1000 * spent)
        with meanwhile(self._log_in, LOGINS, SECONDS + 1):
            self._note(f"{CACHED}, beside logins", load(self.requests[CACHED], 1, SECONDS))
        self._note(f"{CACHED}, alone", load(self.requests[CACHED], 1, SECONDS))

    def report(self) -> None:
        figures = self.figures
        self._line(BARE)
        self._line(CACHED, of=BARE, at_least=0.8)
        for ours, theirs in ((READING, PEER_READING), (MEMBERSHIP, PEER_MEMBERSHIP)):
            self._line(theirs, of=BARE)
            self._line(ours, of=BARE)
            ratio = figures.ratio(f"{ours} rate", f"{theirs} rate")
            spent = figures.ratio(f"{theirs} processor", f"{ours} processor")
            said = f"{ratio:.2f} of nameko's; {verdict(ratio, at_least=1.5)}"
            print(f"    {said}; by the processor time of all processes {spent:.2f}")
        self._line("login")
        figures.line("one argon2id check, processor", "ms")
        figures.line("login, auth's processor", "ms")
        most = (os.cpu_count() or 1) * 1000 / figures.median("one argon2id check, processor")
        print(f"    cores / check = {most:.0f} logins a second if nothing else ran")
        self._line(f"{CACHED}, alone")
        self._line(f"{CACHED}, beside logins")

    def _note(self, name: str, done: Load) -> None:
        self.figures.note(f"{name} rate", done.per_second)
        self.figures.note(f"{name} p50", done.p50)
        self.figures.note(f"{name} p99", done.p99)

    def _line(self, name: str, of: str = "", at_least: float | None = None) -> None:
        rate, p50, p99 = (self.figures.median(f"{name} {each}") for each in ("rate", "p50", "p99"))
        said = f"  {name:<36}{rate:>8,.0f} /s   p50 {p50:>8.2f} ms   p99 {p99:>8.2f} ms"
        if of:
            said += f"   cpu {self.figures.median(f'{name} processor'):.2f} ms"
            ratio = self.figures.ratio(f"{name} rate", f"{of} rate")
            said += f"   {ratio:.2f} of {of}  {verdict(ratio, at_least=at_least)}"
        print(said.rstrip())


def _hash_seconds(checks: int = 20) -> float:
    """Processor time of one check, which others on the machine do not lengthen."""
    passwords = Passwords()
    began = time.process_time()
    for _ in range(checks):
        passwords.check(None, "demo")
    return (time.process_time() - began) / checks


@contextmanager
def suites() -> Iterator[Suite]:
    """The suite with commits that reach the disk; what is not measured does not run."""
    with tempfile.TemporaryDirectory(prefix="memberhall-gateway-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL runs as another user where we run as root
        suite = Suite(folder)
        suite.postgres = Postgres(folder / "postgres")
        try:
            suite.start()
            for each in set(suite.processes) - set(ASKED):
                suite.processes[each].kill()
            yield suite
        finally:
            suite.stop()


@contextmanager
def running(
    suite: Suite, name: str, command: list[str], url: str, **environment: str
) -> Iterator[Process]:
    """A process beside the suite's, with the suite's environment and some more."""
    log = suite.folder / f"{name}.log"
    process = Process(name, command, {**suite.environment, **environment}, url, log)
    try:
        yield process
    finally:
        process.kill()


@contextmanager
def peers(suite: Suite) -> Iterator[tuple[str, list[int]]]:
    """The peer's address, with its nameko service behind it, and the ids of both processes."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        "PEER_BIND": f"127.0.0.1:{port}",
        "PEER_BROKER_URL": suite.broker.url,
        "PEER_DATABASE_URL": suite.environment["MEMBERHALL_BILLING_DATABASE_URL"],
    }
    service = [*PYTHON, "-m", "benchmarks.peer.service"]
    flask = _gunicorn("benchmarks/peer/gunicorn.py", "benchmarks.peer.app:application")
    with (
        running(suite, "peer service", service, "", **environment) as behind,
        running(suite, "peer", flask, f"{url}/reading", **environment) as process,
    ):
        process.wait_until_ready(30)
        yield url, [process.pid, behind.pid]


@contextmanager
def gateways(suite: Suite) -> Iterator[int]:
    """The process id of our gateway with the benchmark's route, in place of the suite's own."""
    command = _gunicorn("gateway/gunicorn.py", "benchmarks.ours:application")
    with running(suite, "ours", command, f"{suite.site}/readyz") as process:
        process.wait_until_ready(30)
        yield process.pid


def server_pid(suite: Suite, file: str) -> int:
    """The process id that a server wrote down."""
    return int((suite.folder / file).read_text().split()[0])


def _gunicorn(settings: str, application: str) -> list[str]:
    return [*PYTHON, "-m", "gunicorn", "-c", settings, application]


def main() -> None:
    """Measure in rounds and print the medians."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=3)
    rounds = arguments.parse_args().rounds
    print(f"Measured on {machine()}; medians of {rounds} rounds")
    with suites() as suite, gateways(suite) as gateway, peers(suite) as (peer, pids):
        servers = [server_pid(suite, each) for each in SERVERS]
        services = [suite.processes[each].pid for each in ASKED]
        bench = Bench(suite, peer, [*servers, *services, *pids, gateway])
        with saying("warming up"):
            for request in bench.requests.values():
                load(request, CONNECTIONS, 1)
        for number in range(rounds):
            with saying(f"round {number + 1} of {rounds}"):
                bench.reads()
                bench.logins()
        bench.report()


if __name__ == "__main__":
    main()
