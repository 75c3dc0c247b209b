"""A migrated auth schema on a real PostgreSQL; what a test does is rolled back after it."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from chassis import migrating
from chassis.database import Database, sqlalchemy_url
from tests.auth.acting import Acting, migrations
from tests.doors import rolled_back

# In the order in which foreign keys let them go.
TABLES = (
    *("outbox", "inbox", "reply", "try_count", "user_session", "mailed_token"),
    *("sign_up_receipt", "site_user", "account"),
)


@pytest.fixture(scope="session")
def migrated_url(auth_url: str) -> str:
    """The URL of an auth database at its newest version."""
    migrating.upgrade(auth_url, migrations())
    return auth_url


@pytest.fixture(scope="session")
def engine(migrated_url: str) -> Iterator[Engine]:
    engine = create_engine(sqlalchemy_url(migrated_url))
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session in a transaction that ends with the test."""
    with rolled_back(engine) as session:
        yield session


@pytest.fixture
def acting(session: Session) -> Acting:
    """Somebody who signs up, confirms and logs in by commands, at the moment the test says."""
    return Acting(session)


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    """A database whose commits are real; emptied before the test, which wants them so."""
    database = Database(migrated_url, pool_size=20)
    database.transact(empty)
    yield database
    database.transact(empty)
    database.close()


def empty(session: Session) -> None:
    for table in TABLES:
        session.execute(text(f"DELETE FROM {table}"))


Count = Callable[[str], int]


@pytest.fixture
def count(database: Database) -> Count:
    """How many rows a table has."""
    return lambda table: database.read(
        lambda session: session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
    )
