"""Private servers for one run, set as a small production server is: every commit on the disk."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg2
import requests

from chassis import registry
from console import environment
from console.migrating.database import at_database
from console.migrating.suite import migrate_broker, migrate_databases
from console.processes import principals
from console.servers import Broker, Postgres
from tests.servers import quietly

SETTINGS = {
    "shared_buffers": "512MB",
    "max_wal_size": "2GB",
    "synchronous_commit": "on",
    "fsync": "on",
    "checkpoint_timeout": "15min",
    "idle_in_transaction_session_timeout": "0",
    "log_min_duration_statement": "-1",
}
TEMPLATE = "memberhall"
SERVERS = ("postgres/data/postmaster.pid", "broker/rabbitmq.pid")


class World:
    """PostgreSQL and RabbitMQ; each contender gets a database and a virtual host made afresh."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.postgres = Postgres(folder / "postgres")
        self.broker = Broker(folder / "broker")

    def start(self) -> None:
        self.postgres.start()
        for name, value in SETTINGS.items():
            self.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        self.postgres.restart()
        self.broker.start()
        self.environment = environment.complete(
            {"MEMBERHALL_MODE": "sandbox", "MEMBERHALL_PUBLIC_URL": "http://localhost"},
            database_admin_url=self.postgres.url,
            broker_api_url=self.broker.api_url,
            broker_address=f"127.0.0.1:{self.broker.port}//",
        )
        jobs = [entry for entry in registry.services() if entry.name == "jobs"]
        migrate_databases(self.environment, jobs, quietly)
        migrate_broker(self.environment, registry.services(), principals(), quietly)

    def stop(self) -> None:
        """Also after a start that failed halfway: no server is left behind."""
        self.broker.remove()
        self.postgres.remove()

    @contextmanager
    def database(self, name: str, template: str | None = None) -> Iterator[str]:
        """A database for one run; yields the superuser's URL of it."""
        made_from = f' TEMPLATE "{template}"' if template else ""
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self.execute(f'CREATE DATABASE "{name}"{made_from}')
        for role in ("jobs", "node"):
            self.execute(f'GRANT CONNECT ON DATABASE "{name}" TO memberhall_{role}')
        try:
            yield at_database(self.postgres.url, name)
        finally:
            self.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    @contextmanager
    def virtual_host(self, name: str) -> Iterator[str]:
        """A virtual host for one run; yields the administrator's AMQP URL of it."""
        url = f"{self.broker.api_url}/api/vhosts/{name}"
        user = quote("memberhall_admin")
        requests.delete(url, timeout=30)
        requests.put(url, timeout=30).raise_for_status()
        rights = {"configure": ".*", "write": ".*", "read": ".*"}
        permissions = f"{self.broker.api_url}/api/permissions/{name}/{user}"
        requests.put(permissions, json=rights, timeout=30).raise_for_status()
        try:
            yield self.broker.url.removesuffix("//") + f"/{name}"
        finally:
            requests.delete(url, timeout=30)

    def settle(self) -> None:
        """Nobody pays for what the one before left to write."""
        self.execute("CHECKPOINT")

    def execute(self, statement: str, *values: Any, url: str | None = None) -> Any:
        """As the superuser, each statement its own transaction; returns the rows, if any."""
        with closing(psycopg2.connect(url or self.postgres.url)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchall() if cursor.description else []

    def written(self, url: str) -> tuple[float, int]:
        """Bytes of write-ahead log, and commits in that database, so far."""
        asked = (
            "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8, xact_commit"
            " FROM pg_stat_database WHERE datname = current_database()"
        )
        [(log, commits)] = self.execute(asked, url=url)
        return log, commits

    def server_pids(self) -> dict[str, list[int]]:
        postgres, broker = (
            int((self.folder / file).read_text().split()[0]) for file in SERVERS
        )  # fmt: skip
        return {"postgres": [postgres], "broker": [broker]}
