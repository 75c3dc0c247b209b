"""A world for the probe services: servers of its own, rights as in earnest, a client to ask with.

The tests take its broker and database away, so it shares them with nobody.
"""

import base64
import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.client import Client
from chassis.registry import ServiceEntry
from console.migrating.suite import migrate_broker, migrate_databases
from console.processes import Principal
from console.servers import Broker, Postgres, free_port
from tests.processes import PYTHON, Process
from tests.servers import quietly

PROBES = tuple(
    ServiceEntry(name=name, package=f"tests.chassis.probe.{name}") for name in ("hearer", "teller")
)
OTHERS = (Principal(name="gateway"), Principal(name="console"))


class ProbeWorld:
    """Servers, environment and processes of the probes, under one folder.

    `fsync`: each commit reaches the disk, as in earnest; tests do without.
    """

    def __init__(self, folder: Path, *, fsync: bool = False) -> None:
        self.folder = folder
        self.postgres = Postgres(folder / "postgres", fsync=fsync)
        self.broker = Broker(folder / "broker")
        self.processes: dict[str, Process] = {}

    def start(self) -> None:
        self.postgres.start()
        self.broker.start()
        self.environment = self._environment()
        services = (Principal(name=probe.name, is_service=True) for probe in PROBES)
        migrate_databases(self.environment, PROBES, quietly)
        migrate_broker(self.environment, PROBES, (*services, *OTHERS), quietly)
        self.client = Client(
            principal="gateway",
            broker_url=self.environment["MEMBERHALL_GATEWAY_BROKER_URL"],
            private_key=base64.b64decode(self.environment["MEMBERHALL_GATEWAY_PRIVATE_KEY"]),
        ).start()
        assert self.client.wait_until_connected()

    def stop(self) -> None:
        """Also after a start that failed halfway: no server is left behind."""
        if hasattr(self, "client"):
            self.client.stop()
        self.broker.remove()
        self.postgres.remove()

    @contextmanager
    def running(self, service: str, name: str | None = None) -> Iterator[Process]:
        """One more process of a probe, known as `name`; whatever is left of it is killed after."""
        known_as = name or service
        port = free_port()
        process = Process(
            known_as,
            [*PYTHON, "-m", "tests.chassis.probe", service],
            {**self.environment, f"MEMBERHALL_{service.upper()}_HEALTH_PORT": str(port)},
            f"http://127.0.0.1:{port}/ready",
            self.folder / f"{known_as}.log",
        )
        before = self.processes.get(known_as)
        self.processes[known_as] = process
        try:
            yield process.wait_until_ready()
        finally:
            process.kill()
            self.processes.pop(known_as)
            if before is not None:
                self.processes[known_as] = before

    def times_heard(self, words: Sequence[str]) -> tuple[int, int]:
        """How many of the words were heard, and how often all of them together."""
        rows = self._ask("SELECT count(*), coalesce(sum(times), 0) FROM heard", words)
        return int(rows[0][0]), int(rows[0][1])

    def hearers_of(self, words: Sequence[str]) -> set[int]:
        """The process ids that handled the words."""
        return {row[0] for row in self._ask("SELECT DISTINCT pid FROM heard", words)}

    def replay_dead_letters(self, service: str) -> "subprocess.CompletedProcess[str]":
        """`memberhall dead-letters replay`, as an operator types it."""
        return subprocess.run(
            [*PYTHON, "-m", "console.main", "dead-letters", "replay", service],
            env={"PATH": os.environ["PATH"], **self.environment},
            capture_output=True,
            text=True,
            timeout=30,
        )

    def _ask(self, statement: str, words: Sequence[str]) -> list[tuple[int, ...]]:
        connection = psycopg2.connect(self.environment["MEMBERHALL_HEARER_DATABASE_URL"])
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"{statement} WHERE word = ANY(%s)", (list(words),))
                return cursor.fetchall()
        finally:
            connection.close()

    def _environment(self) -> dict[str, str]:
        names = [*(probe.name for probe in PROBES), *(other.name for other in OTHERS)]
        keys = {name: Ed25519PrivateKey.generate() for name in names}
        environment = {
            "MEMBERHALL_MODE": "sandbox",
            "MEMBERHALL_PUBLIC_URL": "http://localhost",
            "MEMBERHALL_RETRY_DELAYS": "200,400",
            "MEMBERHALL_ADMIN_DATABASE_URL": self.postgres.url,
            "MEMBERHALL_ADMIN_BROKER_API_URL": self.broker.api_url,
            "MEMBERHALL_PUBLIC_KEYS": json.dumps(
                {name: [_text(key.public_key().public_bytes_raw())] for name, key in keys.items()}
            ),
            "PROBE_CURE": str(self.folder / "cure"),
        }
        for name, key in keys.items():
            own = f"MEMBERHALL_{name.upper()}"
            user = f"memberhall_{name}"
            environment[f"{own}_PRIVATE_KEY"] = _text(key.private_bytes_raw())
            environment[f"{own}_BROKER_URL"] = self.broker.url_for(user, "probe")
            environment[f"{own}_DATABASE_URL"] = (
                f"postgresql://{user}:probe@127.0.0.1:{self.postgres.port}/memberhall"
            )
        return environment


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
