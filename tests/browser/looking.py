"""Looking at a screen once, with every eye: axe in light and dark, a ruler, scales, a camera."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page

from tests.browser.chromium import DESKTOP, HEIGHT, PHONE, Watch, axe_faults, opened
from tests.browser.screens import SCREENS, Screen
from tests.browser.world import World
from tests.processes import ROOT

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
LOOKS = ("light", "dark")
SMALLEST_TARGET = 24  # CSS pixels, WCAG 2.2 (2.5.8)

# A link inside a sentence is as high as its line; all other targets have room of their own.
SMALL_TARGETS = """(smallest) => {
  const targets = "a[href], button, input:not([type=hidden]), select, summary";
  const isInSentence = (element) => element.tagName === "A"
    && getComputedStyle(element).display === "inline"
    && element.parentElement.textContent.trim() !== element.textContent.trim();
  return [...document.querySelectorAll(targets)]
    .filter((each) => each.checkVisibility({visibilityProperty: true}) && !isInSentence(each))
    .filter((each) => !each.matches(".skip-link, .skip"))
    .map((each) => [each.getBoundingClientRect(), each.outerHTML.slice(0, 160)])
    .filter(([box]) => Math.min(box.width, box.height) < smallest - 0.1)
    .map(([box, text]) => `${Math.round(box.width)}×${Math.round(box.height)} ${text}`);
}"""

# Charts follow the width of the window a frame later.
SETTLED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"

# Milliseconds; the entry is there a frame after the load, and never for a page without any.
LARGEST_PAINT = """() => new Promise((done) => {
  new PerformanceObserver((list) => done(list.getEntries().at(-1).startTime))
    .observe({type: "largest-contentful-paint", buffered: true});
  setTimeout(() => done(0), 500);
})"""


@dataclass
class Findings:
    """What was seen on one screen."""

    url: str
    status: int = 0
    axe: dict[str, list[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    width: int = 0  # CSS pixels that the page needs on a phone
    small_targets: list[str] = field(default_factory=list)
    weight: int = 0  # bytes over the wire on the first visit, headers included
    largest_paint: float = 0.0  # milliseconds


class Scales:
    """Weighs what a page loads."""

    def __init__(self, page: Page) -> None:
        self.bytes = 0
        session: CDPSession = page.context.new_cdp_session(page)
        session.on("Network.loadingFinished", self._add)
        session.send("Network.enable")

    def _add(self, told: dict[str, Any]) -> None:
        self.bytes += int(told["encodedDataLength"])


class Gallery:
    """Looks at each screen once, and remembers."""

    def __init__(self, browser: Browser, world: World, pictures: Path | None) -> None:
        self._browser = browser
        self._world = world
        self._pictures = pictures
        self._axe = AXE.read_text()
        self.seen: dict[str, Findings] = {}

    def look_at(self, screen: Screen) -> Findings:
        if screen.name not in self.seen:
            if screen.without:
                self._look_without(screen.without)
            else:
                self.seen[screen.name] = self._look(screen)
        return self.seen[screen.name]

    def _look_without(self, service: str) -> None:
        """All screens that want this service away, while it is."""
        screens = [screen for screen in SCREENS if screen.without == service]
        for screen in screens:
            self._world.state_of(screen.reader)
        with self._world.suite.without(service):
            for screen in screens:
                self.seen[screen.name] = self._look(screen)

    def _look(self, screen: Screen) -> Findings:
        state = self._world.state_of(screen.reader)
        url = screen.url(self._world)
        context = opened(
            self._browser, color_scheme="light", storage_state=state, bypass_csp=screen.is_mail
        )
        # A form that was refused, and the browser's wish for an icon the sandbox may not have.
        watch = Watch(expected=(screen.status, 422)).over(context)
        try:
            found = self._visit(context, screen, url)
        finally:
            context.close()
        found.faults = watch.faults
        return found

    def _visit(self, context: BrowserContext, screen: Screen, url: str) -> Findings:
        page = context.new_page()
        scales = Scales(page)
        answer = page.goto(url, wait_until="networkidle" if self._pictures else "load")
        found = Findings(url, status=answer.status if answer else 0)
        found.largest_paint = page.evaluate(LARGEST_PAINT)
        found.weight = scales.bytes
        if screen.act:
            screen.act(page)
        for look in LOOKS:
            page.emulate_media(color_scheme=look)
            found.axe[look] = axe_faults(page, self._axe, is_mail=screen.is_mail)
            self._picture(page, screen, look, DESKTOP)
        self._measure_on_phone(page, screen, found)
        return found

    def _measure_on_phone(self, page: Page, screen: Screen, found: Findings) -> None:
        page.set_viewport_size({"width": PHONE, "height": HEIGHT})
        page.evaluate(SETTLED)
        found.width = page.evaluate("document.documentElement.scrollWidth")
        found.small_targets = page.evaluate(SMALL_TARGETS, SMALLEST_TARGET)
        for look in LOOKS:
            page.emulate_media(color_scheme=look)
            self._picture(page, screen, look, PHONE)

    def _picture(self, page: Page, screen: Screen, look: str, width: int) -> None:
        if self._pictures:
            file = self._pictures / f"{screen.name}-{look}-{width}.png"
            page.screenshot(path=file, full_page=True)
