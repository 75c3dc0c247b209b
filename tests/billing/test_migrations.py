"""The migrations make exactly the tables that the models describe."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect

from chassis import migrating
from services.billing.models import Base
from tests.billing.conftest import MIGRATIONS


def test_migrations_leave_no_difference_to_the_models(engine: Engine):
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_the_checks_of_the_models_are_in_the_database(engine: Engine):
    inspector = inspect(engine)
    for table in Base.metadata.sorted_tables:
        wanted = {each.name for each in table.constraints if str(each.name).startswith("ck_")}
        found = {each["name"] for each in inspector.get_check_constraints(table.name)}
        assert found == wanted, table.name


def test_migrating_again_applies_nothing(migrated_url: str):
    assert migrating.upgrade(migrated_url, MIGRATIONS) == []
