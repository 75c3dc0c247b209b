"""The whole journey in real Chromium: with a mouse, by keyboard alone, and without JavaScript."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from console.journey import Journey
from tests.browser.chromium import PHONE, Watch, opened
from tests.browser.hands import Hands, Keyboard, Mouse
from tests.browser.looking import LOOKS
from tests.suite import Suite

PATIENCE = 30_000  # milliseconds that anything offline may take


@dataclass
class Person:
    """Somebody new who looks at one page with these hands."""

    page: Page
    hands: Hands
    suite: Suite
    email: str = field(default_factory=lambda: f"browser-{secrets.token_hex(4)}@example.com")
    password: str = "seven quiet harbours"

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def link(self, name: str) -> Locator:
        return self.page.get_by_role("link", name=name, exact=True)

    def arrives_by(self, referral_link: str) -> None:
        self.page.goto(referral_link)
        self.hands.press(self.page.get_by_role("link", name="Sign up", exact=True))

    def signs_up(self) -> None:
        self.hands.type(self.page.get_by_label("Your name"), "Ann Lee")
        self.hands.type(self.page.get_by_label("E-mail"), self.email)
        self.hands.type(self.page.get_by_label("Password"), self.password)
        self.hands.press(self.button("Sign up"))
        expect(self.page.get_by_role("heading", level=1)).to_have_text("Check your mail")

    def confirms_from_the_mailbox(self) -> None:
        """Finds the mail on the mailbox' page; its link opens a tab of its own."""
        self.hands.press(self.link("Open the mailbox"))
        self.hands.press(self.mail("Confirm"))
        in_the_text = self.page.locator("pre").get_by_role("link")
        with self.page.context.expect_page() as tab:
            self.hands.press(in_the_text.first)
        address = tab.value.url
        tab.value.close()
        self.page.goto(address)
        self.hands.press(self.page.locator("main").get_by_role("button"))
        expect(self.page.get_by_role("heading", level=1)).to_have_text("Welcome back")

    def mail(self, about: str) -> Locator:
        """The mail to this person, once it has come."""
        row = self.page.locator(".letters a").filter(has_text=self.email).filter(has_text=about)
        for _ in range(60):
            if row.count():
                return row.first
            self.page.wait_for_timeout(250)
            self.page.reload()
        raise AssertionError(f"No mail about {about} came to {self.email}")

    def logs_in(self) -> None:
        self.hands.type(self.page.get_by_label("E-mail"), self.email)
        self.hands.type(self.page.get_by_label("Password"), self.password)
        self.hands.press(self.button("Log in"))
        expect(self.page.get_by_role("heading", level=1)).to_have_text("Hello, Ann Lee")

    def orders_a_plan(self) -> None:
        self.hands.press(self.link("See the plans"))
        self.hands.press(self.link("Choose Basic monthly"))
        self.hands.press(self.button("Order and go on to PayPal"))
        self.hands.press(self.button("Pay with PayPal"))

    def pays_and_waits(self) -> None:
        self.hands.press(self.button("Agree and subscribe"))
        self.page.wait_for_url("**/dashboard", timeout=PATIENCE)
        expect(self.page.locator(".membership")).to_contain_text("Basic monthly")

    def fetches_the_invoice(self) -> bytes:
        """Waits on the invoice's page until its PDF is drawn."""
        self.hands.press(self.page.locator("main .listing a").first)
        download = self.link("Download the PDF")
        for _ in range(60):
            if download.count():
                break
            self.page.wait_for_timeout(500)
            self.page.reload()
        with self.page.expect_download() as file:
            self.hands.press(download)
        return Path(file.value.path()).read_bytes()

    def chooses_a_time_zone(self) -> None:
        self.hands.press(self.link("Settings"))
        self.hands.choose(self.page.get_by_label("Your time zone"), "Lisbon")
        self.hands.press(self.button("Save"))
        expect(self.page.locator(".site-footer")).to_contain_text("Times in Europe/Lisbon")

    def logs_out(self) -> None:
        self.hands.press(self.button("Log out"))
        expect(self.link("Log in")).to_be_visible()

    def goes_all_the_way(self, referral_link: str) -> None:
        self.arrives_by(referral_link)
        self.signs_up()
        self.confirms_from_the_mailbox()
        self.logs_in()
        self.orders_a_plan()
        self.pays_and_waits()
        assert self.fetches_the_invoice().startswith(b"%PDF-")
        self.chooses_a_time_zone()
        self.logs_out()


@pytest.fixture(scope="module")
def referral_link(suite: Suite) -> str:
    return Journey(site=suite.site, sandbox=suite.sandbox).an_affiliate_has_a_link()


NewPerson = Callable[..., Any]


@pytest.fixture
def person(browser: Browser, suite: Suite) -> NewPerson:
    """Opens a profile for somebody new; fails afterwards if a page complained about anything."""

    @contextmanager
    def made(hands: Callable[[Page], Hands], **how: Any) -> Iterator[Person]:
        context = opened(browser, **how)
        watch = Watch().over(context)
        page = context.new_page()
        yield Person(page, hands(page), suite)
        context.close()
        assert watch.faults == []

    return made


def mouse(_page: Page) -> Mouse:
    return Mouse()


@pytest.mark.parametrize("look", LOOKS)
def test_the_journey_with_a_mouse(person: NewPerson, referral_link: str, look: str):
    with person(mouse, color_scheme=look) as somebody:
        somebody.goes_all_the_way(referral_link)


def test_the_journey_by_keyboard_alone(person: NewPerson, referral_link: str):
    with person(Keyboard) as somebody:
        somebody.goes_all_the_way(referral_link)


def test_the_journey_without_javascript(person: NewPerson, referral_link: str):
    with person(mouse, java_script_enabled=False) as somebody:
        somebody.goes_all_the_way(referral_link)


@pytest.mark.parametrize("path", ["/", "/log-in"])
def test_the_first_stop_of_the_focus_skips_to_the_content(
    person: NewPerson, suite: Suite, path: str
):
    with person(Keyboard) as somebody:
        somebody.page.goto(suite.site + path)
        somebody.page.keyboard.press("Tab")
        somebody.hands.press(somebody.link("Skip to the content"))
        somebody.page.keyboard.press("Tab")

        assert somebody.page.evaluate("!!document.activeElement.closest('main')")


@pytest.mark.parametrize("hands", [mouse, Keyboard])
def test_on_a_phone_the_menu_opens_and_leads_on(
    person: NewPerson, suite: Suite, hands: Callable[[Page], Hands]
):
    with person(hands, width=PHONE) as somebody:
        somebody.page.goto(suite.site)
        somebody.hands.press(somebody.button("Menu"))
        somebody.hands.press(somebody.link("Pricing"))

        expect(somebody.page.get_by_role("heading", level=1)).to_have_text("Plans and prices")
