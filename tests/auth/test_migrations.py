"""The migrations make what the models describe, and the main site."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text

from chassis import migrating
from services.auth.domain.accounts import MAIN_SITE
from services.auth.models import Base
from tests.auth.acting import migrations


def test_a_migrated_schema_is_what_the_models_say(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []


def test_the_checks_of_the_models_are_in_the_schema(engine: Engine) -> None:
    described = {
        str(constraint.name)
        for table in Base.metadata.sorted_tables
        for constraint in table.constraints
        if constraint.name
    }
    with engine.connect() as connection:
        found = connection.execute(
            text("SELECT conname FROM pg_constraint WHERE connamespace = 'auth'::regnamespace")
        )
        made = set(found.scalars())
    assert made - {"alembic_version_pkc"} == described


def test_the_schema_is_at_the_newest_version(engine: Engine) -> None:
    with engine.connect() as connection:
        assert migrating.version_in(connection) == migrating.newest_version(migrations())


def test_the_main_site_is_there_from_the_start(engine: Engine) -> None:
    with engine.connect() as connection:
        sites = connection.execute(text("SELECT site_id, slug FROM site")).all()
    assert sites == [(MAIN_SITE, "main")]
