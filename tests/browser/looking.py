"""Looking at a screen once, with every eye: axe in light and dark, a ruler, scales, a camera."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, Response

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


class Visit:
    """A first visit to a screen, in a fresh profile, watched and weighed."""

    def __init__(self, screen: Screen, url: str, context: BrowserContext) -> None:
        self.screen = screen
        self.url = url
        self.context = context
        # A form that was refused answers 422.
        self.watch = Watch(expected=(screen.status, 422)).over(context)
        self.page = context.new_page()
        self.page.on("response", self._answered)
        self.status = 0
        self.weight = 0  # bytes over the wire
        session: CDPSession = context.new_cdp_session(self.page)
        session.on("Network.loadingFinished", self._weigh)
        session.send("Network.enable")
        self._has_begun = False

    def begin(self) -> None:
        """Ask for the page without waiting for it."""
        self._has_begun = True
        self.page.evaluate("url => { setTimeout(() => location.assign(url)); }", self.url)

    def arrive(self) -> None:
        if self._has_begun:
            self.page.wait_for_url(self.url)
        else:
            self.page.goto(self.url)

    def _answered(self, response: Response) -> None:
        if response.request.is_navigation_request() and not self.status:
            self.status = response.status

    def _weigh(self, told: dict[str, Any]) -> None:
        self.weight += int(told["encodedDataLength"])


class Gallery:
    """Looks at each screen once, and remembers."""

    def __init__(self, browser: Browser, world: World, pictures: Path | None) -> None:
        self._browser = browser
        self._world = world
        self._pictures = pictures
        # Past the page's policy, as a debugger does; the 0 keeps the answer small.
        self._axe = AXE.read_text() + "\n;0"
        self.seen: dict[str, Findings] = {}

    def look_at(self, screen: Screen) -> Findings:
        if screen.name not in self.seen:
            if screen.without:
                self._look_without(screen.without)
            else:
                self.seen[screen.name] = self._see(self._set_out(screen))
        return self.seen[screen.name]

    def _look_without(self, service: str) -> None:
        """All screens that want this service away, at once: each is long in coming."""
        screens = [screen for screen in SCREENS if screen.without == service]
        visits = [self._set_out(screen) for screen in screens]
        with self._world.suite.without(service):
            for visit in visits:
                visit.begin()
            for visit in visits:
                self.seen[visit.screen.name] = self._see(visit)

    def _set_out(self, screen: Screen) -> Visit:
        context = opened(
            self._browser,
            color_scheme="light",
            storage_state=self._world.state_of(screen.reader),
            bypass_csp=screen.is_mail,
        )
        return Visit(screen, screen.url(self._world), context)

    def _see(self, visit: Visit) -> Findings:
        try:
            return self._examine(visit, visit.screen, visit.page)
        finally:
            visit.context.close()

    def _examine(self, visit: Visit, screen: Screen, page: Page) -> Findings:
        visit.arrive()
        found = Findings(visit.url, faults=visit.watch.faults, status=visit.status)
        found.largest_paint = page.evaluate(LARGEST_PAINT)
        found.weight = visit.weight
        if screen.act:
            screen.act(page)
        page.evaluate(self._axe)
        for look in LOOKS:
            page.emulate_media(color_scheme=look)
            found.axe[look] = axe_faults(page, is_mail=screen.is_mail)
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
