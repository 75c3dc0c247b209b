"""The notifications service on a real PostgreSQL, mailing to a real SMTP server."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from chassis.database import sqlalchemy_url
from services.notifications.service import NotificationsService
from tests.doors import Doors, rolled_back
from tests.notifications.neighbours import Neighbours, settings_for
from tests.notifications.post import PostOffice


@pytest.fixture(scope="session")
def engine(notifications_url: str) -> Iterator[Engine]:
    engine = create_engine(sqlalchemy_url(notifications_url))
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with rolled_back(engine) as session:
        yield session


@pytest.fixture
def post() -> Iterator[PostOffice]:
    office = PostOffice()
    office.open()
    yield office
    office.close()


@pytest.fixture
def neighbours() -> Neighbours:
    return Neighbours()


@pytest.fixture
def doors(session: Session, post: PostOffice, neighbours: Neighbours) -> Doors:
    return Doors(NotificationsService, session, settings_for(post.url), neighbours)
