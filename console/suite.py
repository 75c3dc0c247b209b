"""Starting and ending a whole suite on this machine."""

import fcntl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlsplit

import requests

from chassis import registry
from console import environment
from console.environment import Environment
from console.home import ROOT, Home
from console.local import local_settings, probe_url
from console.migrating.suite import migrate_broker, migrate_databases
from console.processes import SANDBOX_MODE, ProcessEntry, principals, processes
from console.servers import Broker, Postgres
from console.servers.machine import end, is_alive, last_lines
from console.supervisor import State, read_states

READY_SECONDS = 90.0
END_SECONDS = 45.0
OWN_DATABASE = "MEMBERHALL_ADMIN_DATABASE_URL"
OWN_BROKER = "MEMBERHALL_ADMIN_BROKER_API_URL"

Say = Callable[[str], None]


class CannotStart(Exception):
    """The suite does not run; the message says why and what to do."""


class Suite:
    """The suite of one home folder, running or not."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.postgres = Postgres(home.folder / "postgres")
        self.broker = Broker(home.folder / "rabbitmq")
        # What this very process was given, as against what the folder remembers.
        self._outside = environment.given()

    @property
    def is_running(self) -> bool:
        return self._supervisor() is not None

    def start(self, say: Say) -> Environment:
        """Servers, migration, processes; returns the environment once every process is ready."""
        self.home.make()
        with self._alone():
            if self.is_running:
                say("already running")
                return self.home.environment()
            environ = self._start_servers(say)
            self._launch(environ, say)
        self.wait_until_ready(environ)
        return environ

    def stop(self, say: Say) -> None:
        """End everything that `start` started; what was stored stays."""
        pid = self._supervisor()
        if pid:
            say("ending the processes")
            if not end(pid, patience=END_SECONDS):
                say("the supervisor had to be killed")
        for name, server in (("PostgreSQL", self.postgres), ("RabbitMQ", self.broker)):
            if server.is_running:
                say(f"stopping {name}")
                server.stop()

    def entries(self, environ: Mapping[str, str]) -> tuple[ProcessEntry, ...]:
        return processes(environ.get("MEMBERHALL_MODE", SANDBOX_MODE))

    def states(self) -> dict[str, State]:
        """Of each process, as its supervisor sees it; empty when none runs."""
        return read_states(self.home) if self.is_running else {}

    def wait_until_ready(self, environ: Mapping[str, str]) -> None:
        """Return when every process says that it is; raises CannotStart with what is not."""
        until = time.monotonic() + READY_SECONDS
        waiting = {entry.name: entry for entry in self.entries(environ)}
        while waiting:
            for name, entry in list(waiting.items()):
                if readiness(entry, environ) is None:
                    del waiting[name]
            if waiting and time.monotonic() > until:
                raise CannotStart(self._what_is_not_ready(waiting, environ))
            time.sleep(0.1)

    def _start_servers(self, say: Say) -> Environment:
        """Both at once, then what they need to hold; the environment is kept before that."""
        known = {**environment.read(self.home.environment_file), **self._outside}
        known.setdefault("MEMBERHALL_MODE", SANDBOX_MODE)
        entries = self.entries(known)
        settings = {**local_settings(entries, known), **self._outside}
        with ThreadPoolExecutor() as both:
            broker = both.submit(self._own_broker, say)
            database_url = self._own_postgres(say)
            api_url, address = broker.result()
        environ = environment.complete(
            {**known, **settings},
            database_admin_url=database_url,
            broker_api_url=api_url,
            broker_address=address,
            outside=self._outside,
        )
        environment.write(self.home.environment_file, environ)
        migrate_databases(environ, registry.services(), say)
        migrate_broker(environ, registry.services(), principals(), say)
        return environ

    def _own_postgres(self, say: Say) -> str:
        given = self._outside.get(OWN_DATABASE)
        if given:
            say("using the PostgreSQL that was given")
            return given
        say("starting PostgreSQL")
        self.postgres.start()
        return self.postgres.url

    def _own_broker(self, say: Say) -> tuple[str, str]:
        given = self._outside.get(OWN_BROKER)
        if given:
            say("using the RabbitMQ that was given")
            return given, f"{urlsplit(given).hostname}:5672//"
        say("starting RabbitMQ")
        self.broker.start()
        return self.broker.api_url, f"127.0.0.1:{self.broker.port}//"

    def _launch(self, environ: Environment, say: Say) -> None:
        names = ", ".join(entry.name for entry in self.entries(environ))
        say(f"starting {names}")
        with (self.home.logs / "supervisor.log").open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "console.supervisor", str(self.home.folder)],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.home.supervisor_pid.write_text(str(process.pid))
        process.returncode = 0  # it outlives this process; nobody here will wait for it

    def _what_is_not_ready(
        self, waiting: Mapping[str, ProcessEntry], environ: Mapping[str, str]
    ) -> str:
        lines = []
        for name, entry in waiting.items():
            log = self.home.logs / f"{name}.log"
            lines.append(f"{name} is not ready: {readiness(entry, environ)}")
            lines.append(f"The end of {log}:\n{last_lines(log)}")
        return "\n".join(lines)

    def _supervisor(self) -> int | None:
        file = self.home.supervisor_pid
        pid = int(file.read_text() or 0) if file.exists() else 0
        return pid if pid and is_alive(pid) else None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Two people who start the same suite at once start it once."""
        with (self.home.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def readiness(entry: ProcessEntry, environ: Mapping[str, str]) -> str | None:
    """None when the process is ready, else what keeps it from being so."""
    try:
        answer = requests.get(probe_url(entry, environ), timeout=5)
    except requests.RequestException:
        return "it does not answer yet"
    if answer.ok:
        return None
    try:
        return "; ".join(answer.json()["reasons"].values())
    except (ValueError, KeyError, AttributeError):
        return f"it answers {answer.status_code}"
