"""One suite and one browser for all of this folder; `--screenshots DIR` takes the pictures."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import launched
from tests.browser.looking import Findings, Gallery
from tests.browser.operating import Operator, operating
from tests.browser.screens import SCREENS
from tests.browser.world import World
from tests.suite import Suite

GALLERY = pytest.StashKey[Gallery]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--screenshots", metavar="DIR", help="write a picture of every screen there")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture(scope="session")
def world(suite: Suite, browser: Browser) -> World:
    return World(suite, browser).populate()


@pytest.fixture(scope="session")
def gallery(browser: Browser, world: World, pytestconfig: pytest.Config) -> Gallery:
    folder = pytestconfig.getoption("--screenshots", None)
    pictures = Path(folder) if folder else None
    if pictures:
        pictures.mkdir(parents=True, exist_ok=True)
    pytestconfig.stash[GALLERY] = gallery = Gallery(browser, world, pictures)
    return gallery


@pytest.fixture
def operator(browser: Browser, world: World) -> Operator:
    return operating(browser, world)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """The heaviest and the slowest first visits, which no test can judge on a shared machine."""
    if GALLERY not in config.stash or not config.stash[GALLERY].seen:
        return
    seen = config.stash[GALLERY].seen
    heaviest = max(seen.values(), key=_weight)
    # A page that waits in vain for a service that is away says nothing about the others.
    whole = [seen[screen.name] for screen in SCREENS if screen.name in seen and not screen.without]
    slowest = max(whole or seen.values(), key=_largest_paint)
    terminalreporter.write_line(
        f"{len(seen)} screens; heaviest first visit {_weight(heaviest) / 1000:.0f} kB "
        f"({heaviest.url}); slowest LCP {_largest_paint(slowest):.0f} ms ({slowest.url})"
    )


def _weight(found: Findings) -> int:
    return found.weight


def _largest_paint(found: Findings) -> float:
    return found.largest_paint
