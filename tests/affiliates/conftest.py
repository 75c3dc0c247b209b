"""The affiliates service on a real PostgreSQL, each test in a transaction that is rolled back."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from chassis.database import sqlalchemy_url
from services.affiliates.service import AffiliatesService
from tests.affiliates.story import Story
from tests.doors import Doors, rolled_back


@pytest.fixture(scope="session")
def engine(affiliates_url: str) -> Iterator[Engine]:
    engine = create_engine(sqlalchemy_url(affiliates_url))
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with rolled_back(engine) as session:
        yield session


@pytest.fixture
def doors(session: Session) -> Doors:
    return Doors(AffiliatesService, session)


@pytest.fixture
def story(doors: Doors) -> Story:
    return Story(doors)
