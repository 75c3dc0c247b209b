"""Databases of these tests' own, whose commits are real, at both levels of isolation."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import psycopg2
import pytest
from psycopg2 import sql

import chassis.bus.doors
from chassis import registry
from console.environment import Environment
from console.migrating.database import at_database, database_name
from tests.contracts.opened import opened
from tests.contracts.tables import Tables
from tests.doors import Doors
from tests.servers import TestRun


@dataclass(frozen=True)
class Isolated:
    """A database with a level of its own for each transaction, and the URLs that lead there."""

    admin_url: str
    environment: Environment


@pytest.fixture(scope="session", params=["read committed", "serializable"])
def isolated(request: pytest.FixtureRequest, test_run: TestRun, worker: str) -> Isolated:
    """Both levels in turn; whatever a service does not set itself, it does at that level."""
    environment = test_run.databases(f"{worker}_{request.param.replace(' ', '_')}")
    name = database_name(environment["MEMBERHALL_AUTH_DATABASE_URL"])
    admin_url = at_database(environment["MEMBERHALL_ADMIN_DATABASE_URL"], name)
    with closing(psycopg2.connect(admin_url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            setting = "ALTER DATABASE {} SET default_transaction_isolation = %s"
            cursor.execute(sql.SQL(setting).format(sql.Identifier(name)), [request.param])
    return Isolated(admin_url, environment)


@pytest.fixture
def tables(isolated: Isolated, service: str) -> Iterator[Tables]:
    """All tables of the service, put back after the test to what its migrations left."""
    with closing(Tables(isolated.admin_url, service)) as tables:
        before = tables.rows()
        yield tables
        tables.put_back(before)


@pytest.fixture
def doors(
    isolated: Isolated, tables: Tables, service: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Doors]:
    """The doors of the service, each call and each delivery in a transaction that is committed."""
    # What is held back for secrecy (ID-02) is proved elsewhere and only takes time here.
    monkeypatch.setattr(chassis.bus.doors, "wait", lambda _: None)
    with opened(registry.service(service), isolated.environment) as doors:
        yield doors
