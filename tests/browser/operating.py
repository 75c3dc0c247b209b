"""Pages as an operator opens them on the real suite."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page

from tests.browser.chromium import Watch, opened
from tests.browser.world import World

Operator = Callable[..., Any]


def operating(browser: Browser, world: World) -> Operator:
    """Opens a page as an operator; fails afterwards if the page complained about anything but
    statuses that are `expected`."""

    @contextmanager
    def at(path: str, expected: tuple[int, ...] = (), **how: Any) -> Iterator[Page]:
        context = opened(browser, storage_state=world.state_of("operator"), **how)
        watch = Watch(expected=expected).over(context)
        page = context.new_page()
        page.goto(world.suite.site + path)
        yield page
        context.close()
        assert watch.faults == []

    return at
