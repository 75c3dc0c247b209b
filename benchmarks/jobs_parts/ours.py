"""Memberhall as it is: the jobs service and nodes as real processes, with all their guarantees."""

import base64
import json
import os
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg2
import requests

from benchmarks.jobs_parts import kinds as kinds_module
from benchmarks.jobs_parts.contender import Trees
from benchmarks.jobs_parts.processor import children
from benchmarks.jobs_parts.witness import Witness
from benchmarks.jobs_parts.world import TEMPLATE, World
from benchmarks.jobs_peers.pace import at_random
from chassis.client import Client
from chassis.context import Caller
from chassis.jobkinds import kinds_in
from console import environment
from console.migrating.database import at_database
from console.processes import processes
from console.servers import free_port
from services.jobs.adapters import NodeBell
from tests.processes import ROOT, until

CHUNK = 500
TENANTS = 50
ENDED_SECONDS = 60.0
OPERATOR = Caller(principal="console", request_id="bench", roles=frozenset({"operator"}))


@dataclass
class Ours:
    """So many nodes with so many workers each. `door` is how single jobs are asked for: `call`, a
    request to the jobs service over the bus; `sql`, the SQL function in the caller's transaction
    and then the bell."""

    name: str
    world: World
    nodes: int = 1
    workers: int = 2
    door: str = "sql"

    @contextmanager
    def arena(self) -> Iterator["OurArena"]:
        with ExitStack() as stack:
            url = stack.enter_context(self.world.database("bench", TEMPLATE))
            arena = OurArena(self, url)
            stack.callback(arena.stop)
            arena.declare()
            arena.start_service()
            yield arena


class OurArena:
    """One jobs service, and the nodes once they are started."""

    def __init__(self, ours: Ours, url: str) -> None:
        self.database_url: str | None = url
        self.url = url
        self.world = ours.world
        self.witness = Witness(self.world.folder / "witness")
        self.witness.clear()
        self._ours = ours
        self._entries = {entry.name: entry for entry in processes("sandbox")}
        self._trees = Trees(self.world.folder / "ours.log")
        self._ready: list[str] = []
        self.node_pids: list[int] = []

    def declare(self) -> None:
        kinds = [each.as_json() for each in kinds_in([kinds_module]).values()]
        self._as_service("SELECT declare_kinds(%s, true)", json.dumps(kinds))

    def preload(self, number: int, work: str) -> float:
        """By the function that the jobs service calls, in the batches that it takes at most."""
        began = time.monotonic()
        with closing(self.connect()) as connection, connection.cursor() as cursor:
            for first in range(0, number, CHUNK):
                last = min(number, first + CHUNK)
                jobs = [_described(work, each, time.monotonic_ns()) for each in range(first, last)]
                cursor.execute("SELECT verdict FROM enqueue(%s)", (json.dumps(jobs),))
                verdicts = {verdict for (verdict,) in cursor.fetchall()}
                assert verdicts == {"accepted"}, verdicts
        return time.monotonic() - began

    def start(self) -> None:
        for number in range(self._ours.nodes):
            options = ["--name", f"bench{number}", "--workers", str(self._ours.workers)]
            tasks = ["--tasks", "benchmarks.jobs_parts.kinds"]
            command = [sys.executable, "-m", "console.main", "node", *options, *tasks]
            self.node_pids.append(self._launch("node", command))

    def start_service(self) -> None:
        command = [sys.executable, "-W", "ignore::DeprecationWarning"]
        self.service_pid = self._launch("jobs", [*command, "-m", "chassis.run", "jobs"])
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Every process started so far answers that it is ready."""
        for url in self._ready:
            until(lambda url=url: self._is_ready(url), 40, f"{url} is ready")  # type: ignore[misc]

    def send_at_random(self, rate: float, seconds: float, seed: int) -> int:
        self.wait_until_ready()
        with self._opened() as send:
            pace = {"rate": rate, "seconds": seconds}
            return int(at_random(send, lambda: self.witness.count, seed=seed, **pace)["sent"])

    def pids(self) -> list[int]:
        return self._trees.pids

    def check(self) -> None:
        self._trees.check()

    def settle(self) -> None:
        """A body that has run is not done before the database says so."""
        until(
            lambda: not self.rows("SELECT 1 FROM jobs.live LIMIT 1"), ENDED_SECONDS, "all is done"
        )
        asked = "SELECT count(*), count(*) FILTER (WHERE outcome <> 1) FROM jobs.done"
        [(ended, failed)] = self.rows(asked)
        assert (ended, failed) == (len(self.witness.records()) + self._warm, 0), (ended, failed)

    def stop(self) -> None:
        self._trees.stop()

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = self.world.execute(statement, *values, url=self.url)
        return found

    def agents(self) -> Sequence[int]:
        """The agents' process ids: each the only child of its node's supervisor."""
        return [child for pid in self.node_pids for child in children(pid)]

    def connect(self) -> Any:
        """As the jobs service connects, committing each statement."""
        connection = psycopg2.connect(self._own("jobs")["MEMBERHALL_JOBS_DATABASE_URL"])
        connection.autocommit = True
        return connection

    @property
    def _warm(self) -> int:
        return self.witness.count - len(self.witness.records())

    @contextmanager
    def _opened(self) -> Iterator[Callable[[int, int], object]]:
        opened = self._by_call if self._ours.door == "call" else self._by_sql
        with opened() as send:
            yield send

    @contextmanager
    def _by_sql(self) -> Iterator[Callable[[int, int], object]]:
        bell = NodeBell(self.world.environment["MEMBERHALL_JOBS_BROKER_URL"])
        bell.start()
        with closing(self.connect()) as connection, connection.cursor() as cursor:

            def send(number: int, due: int) -> None:
                jobs = json.dumps([_described("nothing", number, due)])
                cursor.execute("SELECT verdict FROM enqueue(%s)", (jobs,))
                bell.ring(["bench.nothing"])

            yield send
        bell.stop()

    @contextmanager
    def _by_call(self) -> Iterator[Callable[[int, int], object]]:
        """Many callers at once, as a site has; each waits for its own answer."""
        client = Client(
            principal="console",
            broker_url=self.world.environment["MEMBERHALL_CONSOLE_BROKER_URL"],
            private_key=base64.b64decode(self.world.environment["MEMBERHALL_CONSOLE_PRIVATE_KEY"]),
        ).start()
        assert client.wait_until_connected()
        calls = []

        def send(number: int, due: int) -> None:
            job = _described("nothing", number, due)
            calls.append(client.begin("jobs", "enqueue", caller=OPERATOR, deadline=30.0, **job))

        yield send
        for call in calls:
            call.result()
        client.stop()

    def _launch(self, name: str, command: list[str]) -> int:
        port = free_port()
        entry = self._entries[name]
        self._ready.append(f"http://127.0.0.1:{port}{entry.ready}")
        own = {
            **self._own(name),
            entry.port: str(port),
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "BENCH_WITNESS": str(self.witness.folder),
        }
        return self._trees.start(command, ROOT, own)

    def _own(self, name: str) -> dict[str, str]:
        """A process' environment, at this run's database."""
        entries = tuple(self._entries.values())
        own = environment.for_process(self._entries[name], self.world.environment, entries)
        variable = f"MEMBERHALL_{name.upper()}_DATABASE_URL"
        return {**own, variable: at_database(own[variable], "bench")}

    def _as_service(self, statement: str, *values: Any) -> None:
        with closing(self.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(statement, values)

    def _is_ready(self, url: str) -> bool:
        self._trees.check()
        try:
            return requests.get(url, timeout=2).status_code == 200
        except requests.RequestException:
            return False


def _described(work: str, number: int, due: int) -> dict[str, Any]:
    args: dict[str, Any] = {"number": number, "due_ns": due}
    if work in ("key", "all"):
        args["tenant"] = number % TENANTS
    return {"uid": str(uuid.uuid4()), "kind": f"bench.{work}", "args": args}
