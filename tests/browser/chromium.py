"""Debian's Chromium, driven by playwright, and a watch over what goes wrong in a page."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    sync_playwright,
)

DESKTOP = 1280  # CSS pixels, as are all widths
PHONE = 360
HEIGHT = 800
SWITCHES = (
    "--no-sandbox",  # the tests may run as root, which Chromium's own sandbox refuses
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def chromium() -> str:
    """The path of the browser; raises LookupError with what to do where there is none."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        raise LookupError("There is no Chromium on this machine: apt-get install chromium.")
    return found


@contextmanager
def launched() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(SWITCHES))
        try:
            yield browser
        finally:
            browser.close()


def opened(browser: Browser, *, width: int = DESKTOP, **how: Any) -> BrowserContext:
    """A fresh browser profile; nothing moves in it, so that a picture is the same twice."""
    context = browser.new_context(
        viewport={"width": width, "height": HEIGHT},
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="Europe/Paris",
        **how,
    )
    context.set_default_timeout(15_000)
    return context


@dataclass
class Watch:
    """Everything that a page of a profile complained about; `expected` are statuses that may be."""

    expected: tuple[int, ...] = ()
    faults: list[str] = field(default_factory=list)

    def over(self, context: BrowserContext) -> "Watch":
        context.on("console", self._console)
        context.on("weberror", lambda error: self.faults.append(f"page error: {error.error}"))
        context.on("requestfailed", self._failed)
        context.on("response", self._answered)
        return self

    def _console(self, message: ConsoleMessage) -> None:
        # A status is judged by its response, where its number is known.
        if message.type == "error" and "Failed to load resource" not in message.text:
            at = f"{message.location['url']}:{message.location['lineNumber']}"
            self.faults.append(f"console error at {at}: {message.text}")

    def _failed(self, request: Request) -> None:
        # A navigation that becomes a download ends as aborted, and so does what a live page asked
        # for just before it is left; neither is a failure.
        may_end_early = request.is_navigation_request() or "hx-request" in request.headers
        if request.failure != "net::ERR_ABORTED" or not may_end_early:
            self.faults.append(f"failed: {request.method} {request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.faults.append(f"{response.status}: {response.request.method} {response.url}")


def axe_faults(page: Page, *, is_mail: bool) -> list[str]:
    """What axe-core, which the page must hold, finds: a line for each element, none if all is well.

    A mail is shown inside a page and in mail programs, which have the landmarks that it lacks.
    """
    found: list[str] = page.evaluate(
        """async (isMail) => {
          const rules = {region: {enabled: !isMail}};
          const told = await axe.run({resultTypes: ["violations"], iframes: false, rules});
          return told.violations.flatMap((rule) => rule.nodes.map(
            (node) => `${rule.id}: ${node.target.join(" ")}: ${node.failureSummary}`));
        }""",
        is_mail,
    )
    return found
