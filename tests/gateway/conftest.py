"""The gateway in the test's own process, with a recording bus in place of the services."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from gateway.app import create_app
from tests.gateway.browsing import Browser, browser, settings, signed_in
from tests.gateway.recording import RecordingBus


@pytest.fixture
def bus() -> RecordingBus:
    return RecordingBus()


@pytest.fixture
def build(bus: RecordingBus) -> Callable[..., Flask]:
    """The application with some settings changed."""

    def made(**changed: Any) -> Flask:
        return create_app(settings(**changed), bus)

    return made


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
