"""Two ways to use a page: with a mouse, and with nothing but the keyboard."""

from typing import Protocol

from playwright.sync_api import Locator, Page

FURTHEST = 60  # presses of Tab that anything may be away

# Every stop of the focus must be seen: an outline or a ring on the element, or on what holds it.
# Inside a frame the frame's own document shows it.
FOCUS_IS_SEEN = """() => {
  const at = document.activeElement;
  if (!at || at.matches("body, iframe")) return true;
  const box = at.getBoundingClientRect();
  const isBeside = box.right <= 0 || box.left >= innerWidth;
  const isOnScreen = !isBeside && box.bottom > 0 && box.top < innerHeight;
  const hasRing = (element) => {
    const style = getComputedStyle(element);
    const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    return outlined || /0px 0px 0px [2-9]/.test(style.boxShadow);
  };
  const holders = [at, at.parentElement, at.closest(".panel")];
  return isOnScreen && holders.some((each) => each && hasRing(each));
}"""


class Hands(Protocol):
    """What a person does to a page."""

    def press(self, target: Locator) -> None: ...
    def type(self, target: Locator, text: str) -> None: ...
    def choose(self, target: Locator, text: str) -> None: ...


class Mouse:
    """Points and clicks."""

    def press(self, target: Locator) -> None:
        target.click()

    def type(self, target: Locator, text: str) -> None:
        target.fill(text)

    def choose(self, target: Locator, text: str) -> None:
        target.select_option(label=text)


class Keyboard:
    """Tab, Enter and letters, and eyes that follow the focus."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def press(self, target: Locator) -> None:
        self.reach(target)
        self._page.keyboard.press("Enter")

    def type(self, target: Locator, text: str) -> None:
        self.reach(target)
        self._page.keyboard.press("Control+A")
        self._page.keyboard.type(text)

    def choose(self, target: Locator, text: str) -> None:
        """A closed list takes the letters that are typed for the beginning of a choice."""
        self.reach(target)
        self._page.keyboard.type(text)

    def reach(self, target: Locator) -> None:
        """Press Tab until the focus is there; every stop on the way must be visible."""
        target.wait_for()
        for _ in range(FURTHEST):
            if target.evaluate("element => element === document.activeElement"):
                return
            self._page.keyboard.press("Tab")
            self.see_focus()
        raise AssertionError(f"{target} cannot be reached by Tab at {self._page.url}")

    def see_focus(self) -> None:
        stop = self._page.evaluate("() => document.activeElement.outerHTML.slice(0, 200)")
        assert self._page.evaluate(FOCUS_IS_SEEN), f"No visible focus at {self._page.url}: {stop}"
