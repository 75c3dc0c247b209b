"""One private PostgreSQL and one RabbitMQ for a whole test run, shared by its worker processes.

They start when the first test asks, and end with the run. Each worker has a database of its own,
cloned from one migrated template, and a virtual host of its own on the broker.
"""

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
import requests

from chassis import registry
from console import environment
from console.environment import Environment
from console.migrating.database import at_database
from console.migrating.suite import migrate_broker, migrate_databases
from console.processes import principals
from console.servers import Broker, Postgres

TEMPLATE = "memberhall"


def quietly(line: str) -> None:
    """For what reports its progress in sentences."""


class TestRun:
    """What the worker processes of one run share, under one folder."""

    __test__ = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.postgres = Postgres(folder / "postgres", fsync=False)
        self.broker = Broker(folder / "broker")

    @classmethod
    def begin(cls) -> "TestRun":
        folder = Path(tempfile.mkdtemp(prefix="memberhall-tests-"))
        folder.chmod(0o711)  # PostgreSQL runs as another user where the tests run as root
        return cls(folder)

    def end(self) -> None:
        self.postgres.kill()
        self.broker.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start_postgres(self) -> Postgres:
        with self._alone("postgres"):
            self.postgres.start()
        return self.postgres

    def start_broker(self) -> Broker:
        with self._alone("broker"):
            self.broker.start()
        return self.broker

    def databases(self, worker: str) -> Environment:
        """The environment with every process' URL to the worker's own, migrated database."""
        with self._alone("databases"):
            environ = self._template()
            own = {
                name: at_database(url, f"memberhall_{worker}")
                for name, url in environ.items()
                if name.endswith("_DATABASE_URL") and not name.startswith("MEMBERHALL_ADMIN")
            }
            self._clone(environ["MEMBERHALL_ADMIN_DATABASE_URL"], f"memberhall_{worker}")
        return {**environ, **own}

    def suite(self, worker: str, environ: Environment) -> Environment:
        """The whole environment, with the broker's side declared on the worker's virtual host.

        `environ` is what `databases` answered for the same worker.
        """
        broker = self.start_broker()
        api = f"{broker.api_url}/{worker}"
        requests.put(f"{broker.api_url}/api/vhosts/{worker}", timeout=10).raise_for_status()
        self._let_admin_in(worker)
        environ = environment.complete(
            environ,
            database_admin_url=environ["MEMBERHALL_ADMIN_DATABASE_URL"],
            broker_api_url=api,
            broker_address=f"127.0.0.1:{broker.port}/{worker}",
            outside={name: url for name, url in environ.items() if name.endswith("DATABASE_URL")},
        )
        with self._alone("declarations"):
            migrate_broker(environ, registry.services(), principals(), quietly)
        return environ

    def _template(self) -> Environment:
        """Make the template database and the shared secrets, once."""
        file = self.folder / "environment"
        if not file.exists():
            environ = environment.complete(
                {"MEMBERHALL_MODE": "sandbox", "MEMBERHALL_PUBLIC_URL": "http://127.0.0.1:8080"},
                database_admin_url=self.start_postgres().url,
                broker_api_url="http://not-started.invalid",
                broker_address="not-started.invalid//",
            )
            migrate_databases(environ, registry.services(), quietly)
            environment.write(file, environ)
        return environment.read(file)

    def _clone(self, admin_url: str, name: str) -> None:
        with closing(psycopg2.connect(admin_url)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE}"')
                # A database's own rights are the one thing that cloning does not copy.
                cursor.execute(f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC')
                for user in (*(each.name for each in registry.services()), "node"):
                    cursor.execute(f'GRANT CONNECT ON DATABASE "{name}" TO memberhall_{user}')

    def _let_admin_in(self, vhost: str) -> None:
        user = "memberhall_admin"
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        url = f"{self.broker.api_url}/api/permissions/{vhost}/{user}"
        requests.put(url, json=everything, timeout=10).raise_for_status()

    @contextmanager
    def _alone(self, what: str) -> Iterator[None]:
        """No other worker does the same at the same time."""
        with (self.folder / f"{what}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
