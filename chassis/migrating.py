"""The alembic environment that all services share; `memberhall migrate` is its only caller.

A service's `migrations/` holds numbered files such as `0003_add_due_date_to_invoices.py`, each with
`revision = "0003"` and `down_revision = "0002"`, and nothing else.
"""

from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text

from chassis.database import sqlalchemy_url


def upgrade(database_url: str, migrations: Path) -> list[str]:
    """Bring a service's schema to its newest version; returns the revisions applied, oldest first.

    Runs as the service's own role, in one transaction, and waits at most five seconds for a lock:
    a migration that cannot get one fails loudly instead of stopping the traffic behind it.
    """
    engine = create_engine(sqlalchemy_url(database_url))
    scripts = _scripts(migrations)
    applied: list[str] = []

    def steps(current: Any, _: Any) -> Any:
        # The step finder that alembic's own upgrade command uses; it has no public name.
        todo = scripts._upgrade_revs("head", current)
        applied.extend(str(step.revision.revision) for step in todo)
        return todo

    try:
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '5s'"))
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            with EnvironmentContext(Config(), scripts) as environment:
                environment.configure(connection=connection, fn=steps)
                environment.run_migrations()
    finally:
        engine.dispose()
    return applied


def version_in(connection: Connection) -> str | None:
    """The version the schema is at, None before its first migration."""
    return MigrationContext.configure(connection).get_current_revision()


def newest_version(migrations: Path) -> str | None:
    """The version that this code was written for."""
    return _scripts(migrations).get_current_head()


def _scripts(migrations: Path) -> ScriptDirectory:
    return ScriptDirectory(migrations, version_locations=[migrations])
