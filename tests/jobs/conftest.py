"""A migrated jobs schema on a real PostgreSQL, emptied before each test."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

import services.jobs
from chassis import migrating
from chassis.database import Database, sqlalchemy_url
from console.servers import Postgres
from services.jobs.adapters import NodeBell
from services.jobs.service.leader import Leader
from tests.jobs.core import Core
from tests.jobs.leading import SETTINGS, HeardBell, Services
from tests.jobs.running import enqueue, ran, start_node

__all__ = ["enqueue", "ran", "start_node"]

TABLES = (
    *("live", "done", "attempt", "enqueue_receipt", "dependency", "job_group"),
    *("progress", "job_log", "document", "fire", "schedule", "kind_minute", "kind_report"),
    *("allocation", "leader", "node_kind", "node_session", "node", "rate_state", "kind"),
)
PLUMBING = ("outbox", "inbox", "reply", "lease", "clock")


@pytest.fixture(scope="session")
def migrated_url(jobs_url: str) -> str:
    """The URL of a jobs database at its newest version, in the service's own role."""
    migrating.upgrade(jobs_url, Path(services.jobs.__file__).parent / "migrations")
    return jobs_url


@pytest.fixture(scope="session")
def admin_url(postgres: Postgres, migrated_url: str) -> str:
    """The superuser's URL of the same database."""
    return urlsplit(postgres.url)._replace(path=urlsplit(migrated_url).path).geturl()


@pytest.fixture
def connect(migrated_url: str) -> Iterator[Callable[[], Core]]:
    """Further connections to the core, closed at the end."""
    opened: list[Core] = []

    def open_one() -> Core:
        opened.append(Core(migrated_url))
        return opened[-1]

    yield open_one
    for core in opened:
        core.close()


@pytest.fixture
def core(connect: Callable[[], Core]) -> Core:
    """An empty core that knows one kind, `tests.work` (three attempts, back-off from 10 s)."""
    core = connect()
    core.rows("".join(f"DELETE FROM {table};" for table in (*TABLES, *PLUMBING)))
    core.declare()
    return core


@pytest.fixture
def session(core: Core, migrated_url: str) -> Iterator[Session]:
    """What commands and queries work on, over the emptied core."""
    engine = create_engine(sqlalchemy_url(migrated_url))
    with Session(engine) as session:
        yield session
    engine.dispose()


@pytest.fixture
def database(core: Core, migrated_url: str) -> Iterator[Database]:
    """Where a service does its units of work, over the emptied core."""
    database = Database(migrated_url, pool_size=20)
    yield database
    database.close()


@pytest.fixture
def candidate(database: Database) -> Iterator[Callable[[str], Leader]]:
    """Makes replicas by their names; they are stopped at the end."""
    made: list[Leader] = []

    def make(holder: str) -> Leader:
        made.append(
            Leader(
                database=database,
                bell=cast(NodeBell, HeardBell()),
                ask=Services(),
                settings=SETTINGS,
                holder=holder,
            )
        )
        return made[-1]

    yield make
    for each in made:
        each.stop()


@pytest.fixture
def leader(candidate: Callable[[str], Leader]) -> Leader:
    """One that leads, its threads not started: a test does a tick when it says so."""
    leader = candidate("ann")
    leader.leadership.stand()
    return leader
