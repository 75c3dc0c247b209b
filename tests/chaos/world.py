"""The private world of one run: servers, jobs services, and the addresses that go through proxies.

Everything is on ports and in a folder of its own; nothing here touches what it did not start.
"""

import base64
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2

from chassis import registry
from chassis.client import Client
from chassis.context import Caller
from console import environment
from console.migrating.database import at_database
from console.migrating.suite import migrate_broker, migrate_databases
from console.processes import ProcessEntry, principals, processes
from console.servers import Broker, Postgres, free_port
from tests.chaos.proxy import Proxy
from tests.processes import PYTHON, Process

EFFECTS = """
CREATE SCHEMA chaos AUTHORIZATION memberhall_node;
CREATE TABLE chaos.effect (uid uuid PRIMARY KEY, fence text NOT NULL, times int DEFAULT 1);
ALTER TABLE chaos.effect OWNER TO memberhall_node;
"""
# One statement in five is enough to know how long claims take.
WATCHED = """
ALTER ROLE memberhall_node SET log_min_duration_sample = 0;
ALTER ROLE memberhall_node SET log_statement_sample_rate = 0.2;
"""
OPERATOR = Caller(principal="console", request_id="chaos", roles=frozenset({"operator"}))


class World:
    """Servers, environment and jobs services; `nodes.py` adds the nodes."""

    def __init__(self, folder: Path, seed: int, *, postgres_folder: Path | None = None) -> None:
        self.folder = folder
        self.postgres = Postgres(postgres_folder or folder / "postgres")
        self.broker = Broker(folder / "broker")
        self.proxy = Proxy(seed)
        self.services: dict[str, Process] = {}
        self._entries: dict[str, ProcessEntry] = {each.name: each for each in processes("sandbox")}

    def start(self) -> None:
        """Servers, schema, queues, the proxy, two jobs services and a client."""
        self.postgres.start()
        self.broker.start()
        self.proxy.start()
        self._prepare()
        for name in ("jobs-1", "jobs-2"):
            self.launch_service(name)
        for service in self.services.values():
            service.wait_until_ready(60)
        self.client = Client(
            principal="console",
            broker_url=self.environ["MEMBERHALL_CONSOLE_BROKER_URL"],
            private_key=base64.b64decode(self.environ["MEMBERHALL_CONSOLE_PRIVATE_KEY"]),
        ).start()
        self.client.wait_until_connected()

    def stop(self) -> None:
        """End whatever is left, in any state."""
        if client := getattr(self, "client", None):
            client.stop()
        for service in self.services.values():
            service.kill()
        self.proxy.stop()
        self.broker.remove()
        self.postgres.remove()

    def launch_service(self, name: str) -> Process:
        """Start a jobs service, a candidate for the lead; it takes the place of one of its name."""
        own = self.environment_of("jobs")
        own["MEMBERHALL_JOBS_HEALTH_PORT"] = str(free_port())
        ready = f"http://127.0.0.1:{own['MEMBERHALL_JOBS_HEALTH_PORT']}/ready"
        command = [*PYTHON, "-m", "chassis.run", "jobs"]
        log = self.folder / f"{name}.log"
        self.services[name] = Process(name, command, own, ready, log)
        return self.services[name]

    def environment_of(self, name: str) -> dict[str, str]:
        """What a process of this entry is handed."""
        entries = tuple(self._entries.values())
        return environment.for_process(self._entries[name], self.environ, entries)

    def through_proxy(self, name: str, url: str, target: int) -> tuple[str, Any]:
        """The same URL by way of a new link, and the link."""
        link = self.proxy.link(name, free_port(), target)
        parts = urlsplit(url)
        login = parts.netloc.rpartition("@")[0]
        return parts._replace(netloc=f"{login}@127.0.0.1:{link.port}").geturl(), link

    def ask(self, method: str, deadline: float = 5.0, **arguments: Any) -> Any:
        """A request of the operator to the jobs service."""
        return self.client.call("jobs", method, caller=OPERATOR, deadline=deadline, **arguments)

    @contextmanager
    def connection(self) -> Iterator[Any]:
        """A connection of the superuser's to the job core's schema, committing each statement."""
        connection = psycopg2.connect(
            self.admin_url,
            application_name="chaos",
            connect_timeout=3,
            options="-c search_path=jobs -c statement_timeout=20000",
        )
        connection.autocommit = True
        try:
            yield connection
        finally:
            connection.close()

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.connection() as connection, connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    def value(self, statement: str, *values: Any) -> Any:
        found = self.rows(statement, *values)
        return found[0][0] if found else None

    def clock_offset(self) -> float:
        """What to add to CLOCK_MONOTONIC to get PostgreSQL's seconds since 1970.

        The quickest of several answers is the one that was the least time on its way.
        """
        with self.connection() as connection, connection.cursor() as cursor:
            return min(_told_time(cursor) for _ in range(20))[1]

    def _prepare(self) -> None:
        jobs = [entry for entry in registry.services() if entry.name == "jobs"]
        self.environ = environment.complete(
            {
                "MEMBERHALL_MODE": "sandbox",
                "MEMBERHALL_PUBLIC_URL": "http://127.0.0.1:8080",
                "MEMBERHALL_RETRY_DELAYS": "200,500,1000,2000,5000",
            },
            database_admin_url=self.postgres.url,
            broker_api_url=self.broker.api_url,
            broker_address=f"127.0.0.1:{self.broker.port}",
        )
        # The superuser's, past the proxies; it stays the same over restarts.
        self.admin_url = at_database(self.postgres.url, environment.DATABASE)
        migrate_databases(self.environ, jobs, lambda _: None)
        migrate_broker(self.environ, jobs, principals(), lambda _: None)
        for statements in (EFFECTS, WATCHED):
            self.rows(statements)


def _told_time(cursor: Any) -> tuple[float, float]:
    """How long PostgreSQL took to tell the time, and how far it is from ours."""
    before = time.monotonic()
    cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
    told = cursor.fetchone()[0]
    after = time.monotonic()
    return after - before, told - (before + after) / 2
