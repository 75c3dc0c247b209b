"""The whole suite as real processes on private servers and free ports, for flows and browsers."""

import base64
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import requests

from chassis import registry
from chassis.client import Client
from chassis.context import Caller
from console import environment
from console.migrating.suite import migrate
from console.processes import ProcessEntry, processes
from console.servers import Broker, Postgres, free_port
from tests.contracts.samples import SITE
from tests.processes import PYTHON, Process

SANDBOX = "sandbox"


class Suite:
    """Everything `make up` starts, in one folder; processes can be killed and started singly."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.postgres = Postgres(folder / "postgres", fsync=False)
        self.broker = Broker(folder / "broker")
        self.entries = {entry.name: entry for entry in processes(SANDBOX)}
        self.processes: dict[str, Process] = {}

    def start(self) -> None:
        """Servers, migration, every process; returns when all are ready and the demo is seeded."""
        self.postgres.start()
        self.broker.start()
        self._choose_environment()
        migrate(self.environment, say=lambda _: None)
        for name in self.entries:
            self.launch(name)
        for process in self.processes.values():
            process.wait_until_ready(40)
        self.client = Client(
            principal="console",
            broker_url=self.environment["MEMBERHALL_CONSOLE_BROKER_URL"],
            private_key=base64.b64decode(self.environment["MEMBERHALL_CONSOLE_PRIVATE_KEY"]),
        ).start()
        self.client.wait_until_connected()
        self.ask("auth", "seed_demo")
        self.ask("billing", "load_catalog")

    def stop(self) -> None:
        client = getattr(self, "client", None)
        if client:
            client.stop()
        for process in self.processes.values():
            process.kill()
        self.broker.remove()
        self.postgres.remove()

    def launch(self, name: str, known_as: str | None = None, **changed: str) -> Process:
        """Start one more process of an entry, on a free port of its own."""
        entry = self.entries[name]
        own = environment.for_process(entry, self.environment, tuple(self.entries.values()))
        if known_as:
            own[entry.port] = self._on(entry, free_port())
        process = Process(
            known_as or name,
            [*_command(entry)],
            {**own, **changed},
            f"http://{_address(own[entry.port])}{entry.ready}",
            self.folder / f"{known_as or name}.log",
        )
        self.processes[known_as or name] = process
        return process

    @contextmanager
    def without(self, name: str) -> Iterator[None]:
        """The suite while a process is killed; it is started again after."""
        self.processes[name].kill()
        yield
        self.launch(name).wait_until_ready(40)

    @property
    def site(self) -> str:
        return self.environment["MEMBERHALL_PUBLIC_URL"]

    @property
    def sandbox(self) -> str:
        return f"http://127.0.0.1:{self.environment['MEMBERHALL_SANDBOX_PORT']}"

    def ask(self, service: str, method: str, **arguments: Any) -> Any:
        """A request by the operator at the console."""
        caller = Caller(
            principal="console",
            request_id="tests",
            site_id=SITE,
            roles=frozenset({"operator"}),
        )
        return self.client.call(service, method, caller=caller, deadline=20.0, **arguments)

    def rows(self, service: str, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """What a service's own role reads with this statement."""
        url = self.environment[f"MEMBERHALL_{service.upper()}_DATABASE_URL"]
        connection = psycopg2.connect(url)
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchall()
        finally:
            connection.close()

    def fault(self, fault: str, **details: Any) -> None:
        """Arm a fault of the sandbox."""
        armed = {"fault": fault, **details}
        answer = requests.post(f"{self.sandbox}/_sim/faults", json=armed, timeout=10)
        assert answer.ok, answer.text

    def settled(self, seconds: float = 30.0) -> None:
        """Wait until nothing waits: sandbox, outboxes, jobs and mails."""
        requests.post(f"{self.sandbox}/_sim/settle", json={"seconds": seconds}, timeout=seconds + 5)
        end = time.monotonic() + seconds
        while waiting := self._waiting():
            assert time.monotonic() < end, f"after {seconds} s there still wait {waiting}"
            time.sleep(0.05)

    def _waiting(self) -> dict[str, list[tuple[Any, ...]]]:
        """Some of what waits, by what it is; nothing that is not there."""
        waiting = {
            f"words of {entry.name}": self.rows(
                entry.name, "SELECT wire FROM outbox WHERE published_at IS NULL LIMIT 3"
            )
            for entry in registry.services()
        }
        # Others may have left jobs for tomorrow, or such as wait for these.
        waiting["jobs"] = self.rows(
            "jobs",
            "SELECT k.name, j.uid::text, j.state, j.attempt, j.args, j.request_id, j.run_at::text"
            " FROM live j JOIN kind k USING (kind_id) WHERE j.state IN (1, 2)"
            " OR j.state = 0 AND j.run_at < clock_timestamp() + interval '1 minute' LIMIT 3",
        )
        waiting["mails"] = self.rows(
            "notifications",
            "SELECT delivery_id::text, state FROM delivery"
            " WHERE state NOT IN ('sent', 'failed', 'skipped') LIMIT 3",
        )
        return {what: rows for what, rows in waiting.items() if rows}

    def _choose_environment(self) -> None:
        ports = {name: free_port() for name in (*self.entries, "smtp")}
        paypal = f"http://127.0.0.1:{ports[SANDBOX]}/cgi-bin/webscr"
        chosen = {
            "MEMBERHALL_MODE": SANDBOX,
            "MEMBERHALL_PUBLIC_URL": f"http://127.0.0.1:{ports['gateway']}",
            "MEMBERHALL_RETRY_DELAYS": "200,500,1000,2000,5000",
            "MEMBERHALL_BILLING_PAYPAL_URL": paypal,
            "MEMBERHALL_BILLING_PAYPAL_VERIFY_URL": paypal,
            "MEMBERHALL_BILLING_PAYPAL_BUSINESS": "shop@example.com",
            "MEMBERHALL_BILLING_PAYPAL_RECEIVER_ID": "MEMBERHALL123",
            "MEMBERHALL_NOTIFICATIONS_SMTP_URL": f"smtp://127.0.0.1:{ports['smtp']}",
            "MEMBERHALL_NOTIFICATIONS_SENDER": "Memberhall <shop@example.com>",
            "MEMBERHALL_SANDBOX_SMTP_PORT": str(ports["smtp"]),
            "MEMBERHALL_GATEWAY_MAILBOX_URL": f"http://127.0.0.1:{ports[SANDBOX]}/mailbox",
        }
        for name, entry in self.entries.items():
            chosen[entry.port] = self._on(entry, ports[name])
        self.environment = environment.complete(
            chosen,
            database_admin_url=self.postgres.url,
            broker_api_url=self.broker.api_url,
            broker_address=f"127.0.0.1:{self.broker.port}",
        )

    @staticmethod
    def _on(entry: ProcessEntry, port: int) -> str:
        return f"127.0.0.1:{port}" if entry.port.endswith("_BIND") else str(port)


def _address(port: str) -> str:
    return port if ":" in port else f"127.0.0.1:{port}"


def _command(entry: ProcessEntry) -> list[str]:
    """The entry's command with the programs of the environment the tests run in."""
    program, *arguments = entry.command
    if program == "python":
        return [*PYTHON, *arguments]
    folder = Path(PYTHON[0]).parent
    return [str(folder / program), *arguments]
