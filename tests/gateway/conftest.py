"""The gateway in the test's own process, with a recording bus in place of the services."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from flask import Flask

from gateway.app import create_app
from gateway.asking import Gateway
from gateway.session import Sessions
from tests.gateway.browsing import Browser, browser, settings, signed_in
from tests.gateway.recording import RecordingBus
from tests.gateway.sample_pages import work


@pytest.fixture
def bus() -> RecordingBus:
    return RecordingBus()


@cache
def made(changed: tuple[tuple[str, Any], ...]) -> Flask:
    """An application is costly to make, and keeps nothing that `build` does not give it anew."""
    return create_app(settings(**dict(changed)), RecordingBus())


@pytest.fixture
def build(bus: RecordingBus) -> Callable[..., Flask]:
    """The application with some settings changed, on this test's own bus, knowing no session."""

    def fresh(**changed: Any) -> Flask:
        app = made(tuple(sorted(changed.items())))
        before: Gateway = app.extensions["memberhall"]
        app.extensions["memberhall"] = replace(before, bus=bus, sessions=Sessions())
        return app

    return fresh


@pytest.fixture
def app(build: Callable[..., Flask]) -> Flask:
    return build()


@pytest.fixture
def visitor(app: Flask) -> Browser:
    """A browser without cookies, on our own pages."""
    return browser(app)


@pytest.fixture
def member(app: Flask, bus: RecordingBus) -> Browser:
    return signed_in(browser(app), bus)


@pytest.fixture
def operator(app: Flask, bus: RecordingBus) -> Browser:
    return signed_in(browser(app), bus, roles=["member", "operator"])


@pytest.fixture
def cluster(bus: RecordingBus) -> None:
    """A cluster at work: what jobs answers to whatever its pages ask."""
    bus.answer("jobs", "overview", work.OVERVIEW)
    bus.answer("jobs", "jobs", {"items": work.JOBS, "next_cursor": None})
    bus.answer("jobs", "job", work.RUNNING)
    bus.answer("jobs", "group", work.GROUP)
    bus.answer("jobs", "nodes", {"items": work.NODES})
    bus.answer("jobs", "kinds", {"items": work.KINDS})
    bus.answer("jobs", "kind", work.KIND)
    bus.answer("jobs", "schedules", {"items": work.SCHEDULES})
