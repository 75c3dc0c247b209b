from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.sandbox.running import Running, start
from tests.sandbox.shop import Shop, Till


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    sandbox = start()
    yield sandbox
    assert sandbox.stop() == 0


@pytest.fixture
def sandbox(running: Running) -> Running:
    """The shared process without anybody's faults."""
    running.delete("/_sim/faults")
    return running


@pytest.fixture(scope="session")
def shop() -> Iterator[Shop]:
    opened = Shop()
    yield opened
    opened.close()


@pytest.fixture
def till(shop: Shop) -> Till:
    return shop.open_till()


@pytest.fixture
def invoice() -> str:
    return uuid4().hex
