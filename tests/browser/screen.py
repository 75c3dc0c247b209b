"""A screen: one state of one page, and how somebody gets there."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from tests.browser.world import World

Address = str | Callable[[World], str]
LONG_NAME = "Maximiliane-Theodora Freifrau von Hohenlohe-Waldenburg-Schillingsfürst"
NOBODY = "018f0000-0000-7000-8000-0000000000ff"  # an id that nothing has


@dataclass(frozen=True)
class Screen:
    """One state of one page. `endpoint` is the route that draws it, None for the sandbox's own."""

    name: str
    endpoint: str | None
    address: Address
    reader: str = "visitor"
    act: Callable[[Page], None] | None = None
    status: int = 200  # of the page itself
    on_sandbox: bool = False
    without: str | None = None  # a service that is away
    is_mail: bool = False  # a document whose policy lets no script run, not even ours

    def url(self, world: World) -> str:
        path = self.address if isinstance(self.address, str) else self.address(world)
        return (world.suite.sandbox if self.on_sandbox else world.suite.site) + path


def sending(**typed: str) -> Callable[[Page], None]:
    """Fill in the page's form by the names of its fields, and send it."""

    def act(page: Page) -> None:
        for name, text in typed.items():
            page.locator(f"main [name={name}]").first.fill(text)
        page.locator("main form:has(.field) button[type=submit]").first.click()
        page.wait_for_load_state()

    return act


def pressing(*names: str) -> Callable[[Page], None]:
    """Press the page's buttons of these names, one after the other."""

    def act(page: Page) -> None:
        for name in names:
            page.locator("main").get_by_role("button", name=name).first.click()
        page.wait_for_load_state()

    return act
