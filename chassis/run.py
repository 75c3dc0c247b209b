"""`python -m chassis.run <service>`: one service process, from its settings to its last ack."""

import eventlet

# Before anything else is imported, and nowhere else in the suite: from here on sockets, threads,
# locks and psycopg2 (through eventlet's wait callback) are green.
eventlet.monkey_patch()

import os  # noqa: E402

# Work that keeps a core busy (Service.off_loop) gets as many threads as there are cores; eventlet
# reads this when its pool is imported, so it comes before everything that imports it.
os.environ.setdefault("EVENTLET_THREADPOOL_SIZE", str(os.cpu_count() or 1))

import signal  # noqa: E402
import sys  # noqa: E402
import threading  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import psycopg2  # noqa: E402
from nameko.containers import ServiceContainer  # noqa: E402
from sqlalchemy.exc import SQLAlchemyError  # noqa: E402

from chassis import config, migrating, registry, timekeeping  # noqa: E402
from chassis.bus.runtime import Runtime  # noqa: E402
from chassis.client import Client  # noqa: E402
from chassis.context import Signer, Verifier  # noqa: E402
from chassis.database import Database  # noqa: E402
from chassis.driver import Connection  # noqa: E402
from chassis.errors import Unavailable  # noqa: E402
from chassis.health import Health  # noqa: E402
from chassis.logs import log, start_logging  # noqa: E402
from chassis.publisher import Publisher  # noqa: E402
from chassis.relay import Relay  # noqa: E402

DRAIN_SECONDS = 25  # the orchestrator's grace period must be longer
CONNECT_SECONDS = 5


class Process:
    """Everything one service process runs, in the order it starts and stops."""

    def __init__(self, entry: registry.ServiceEntry, settings: config.ServiceSettings) -> None:
        self.settings = settings
        self.migrations: Path = entry.migrations_folder
        publisher = Publisher(settings.broker_url, f"{entry.name} publisher")
        self.database = Database(
            settings.database_url,
            pool_size=settings.workers + 2,
            on_staged=self._wake_relay,
            connect=lambda: _connect(settings.database_url),
            service=entry.name,
        )
        self.runtime = Runtime(
            settings=settings,
            database=self.database,
            client=Client(
                principal=entry.name,
                broker_url=settings.broker_url,
                private_key=settings.private_key,
            ),
            publisher=publisher,
            signer=Signer(entry.name, settings.private_key),
            verifier=Verifier(settings.public_keys),
        )
        lanes = [Publisher(settings.broker_url, f"{entry.name} relay {lane}") for lane in (1, 2)]
        self.relay = Relay(self.database, lanes, self.runtime.signer)
        self.container = _container(entry.service_class(), self.runtime)
        self.health = Health(
            entry.name,
            {"database": self.schema_problem, "broker": self.broker_problem},
        )
        self._schema_is_right = False

    def start(self) -> None:
        self.health.start(self.settings.health_host, self.settings.health_port)
        self.runtime.client.start()
        self.relay.start()
        self.container.start()
        if self.settings.is_sandbox:
            threading.Thread(target=self._follow_clock, name="clock", daemon=True).start()
        log.info("started", mode=self.settings.mode)

    def stop(self) -> None:
        """Drain: cancel consumers, let what runs end and be acknowledged, publish what is left."""
        log.info("draining")
        with eventlet.Timeout(DRAIN_SECONDS, False):
            self.container.stop()
        self.relay.stop()
        self.runtime.client.stop()
        self.runtime.publisher.close()
        self.health.stop()
        log.info("stopped")

    def schema_problem(self) -> str | None:
        """Ready only with the schema this code was written for, and the database there."""
        with self.database.engine.connect() as connection:
            if self._schema_is_right:
                connection.exec_driver_sql("SELECT 1")
                return None
            version = migrating.version_in(connection)
        newest = migrating.newest_version(self.migrations)
        if version is None or newest is None or version < newest:
            return f"The schema is at version {version}, needs {newest}: run `memberhall migrate`."
        self._schema_is_right = True
        return None

    def broker_problem(self) -> str | None:
        intake = self.container.config.get("intake")
        if intake and intake.is_connected and self.runtime.client.is_connected:
            return None
        return "The message broker is not connected."

    def _wake_relay(self) -> None:
        self.relay.wake()

    def _follow_clock(self) -> None:
        while True:
            try:
                self.database.look(timekeeping.follow)
            except (SQLAlchemyError, Unavailable) as error:
                log.debug("clock not read", reason=str(error))
            eventlet.sleep(1)


def main(arguments: list[str]) -> int:
    """Run the named service until SIGTERM or SIGINT; returns the process' exit status."""
    names = [entry.name for entry in registry.services()]
    if len(arguments) != 1 or arguments[0] not in names:
        print(f"usage: python -m chassis.run {{{','.join(names)}}}", file=sys.stderr)
        return 2
    return serve(registry.service(arguments[0]))


def serve(entry: registry.ServiceEntry) -> int:
    """Run a service of the registry in this process; the environment holds its settings."""
    try:
        settings = config.load(entry.settings_class(), entry.name, os.environ)
    except config.SettingsError as faults:
        print(f"{entry.name} cannot start: {faults}", file=sys.stderr)
        return 2
    start_logging(entry.name, settings.log_level)
    process = Process(entry, settings)
    ended = eventlet.event.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.ready() or ended.send(0))
    process.start()
    eventlet.spawn(_watch, process.container, ended)
    status: int = ended.wait()
    process.stop()
    return status


def leave(status: int) -> None:
    """End at once after a drained stop: eventlet's thread pool would keep it waiting."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _watch(container: ServiceContainer, ended: Any) -> None:
    """A container that dies by itself ends the process, so that the supervisor starts another."""
    try:
        container.wait()
    except Exception:  # noqa: BLE001 - whatever it was, the process ends and says so
        log.exception("the service died")
        if not ended.ready():
            ended.send(1)


def _container(service_class: type, runtime: Runtime) -> ServiceContainer:
    # Calls and events have as many workers each as the broker may send unacknowledged; ticks have
    # theirs beside them. So a delivery never waits for a worker inside the process.
    workers = 2 * runtime.settings.workers + 20
    return ServiceContainer(service_class, {"max_workers": workers, "runtime": runtime})


def _connect(url: str) -> Any:
    """psycopg2's connect_timeout is ignored in green threads, so the hub keeps the time."""
    with eventlet.Timeout(CONNECT_SECONDS, psycopg2.OperationalError("connecting took too long")):
        return psycopg2.connect(url, connection_factory=Connection)


if __name__ == "__main__":
    leave(main(sys.argv[1:]))
