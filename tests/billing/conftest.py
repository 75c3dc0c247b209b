"""A migrated billing schema on a real PostgreSQL; what a test does is rolled back after it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

import services.billing
from chassis import migrating
from chassis.database import Database, sqlalchemy_url
from services.billing.models import Base
from tests.billing.story import Shop
from tests.doors import rolled_back

MIGRATIONS = Path(services.billing.__file__).parent / "migrations"


@pytest.fixture(scope="session")
def migrated_url(billing_url: str) -> str:
    """The URL of a billing database at its newest version."""
    migrating.upgrade(billing_url, MIGRATIONS)
    return billing_url


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
def shop(session: Session) -> Shop:
    """A shop with a catalog and one customer, Ann, who has bought nothing yet."""
    return Shop(session).opened()


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    """A database whose commits are real; emptied before and after the test."""
    database = Database(migrated_url, pool_size=12)
    database.transact(empty)
    yield database
    database.transact(empty)
    database.close()


def empty(session: Session) -> None:
    tables = ", ".join(table.name for table in Base.metadata.sorted_tables)
    session.execute(text(f"TRUNCATE {tables}"))
