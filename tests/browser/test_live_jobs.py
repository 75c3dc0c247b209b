"""The jobs area in real Chromium: it follows the cluster and disturbs nobody who uses it."""

import secrets

from playwright.sync_api import expect

from tests.browser.hands import Keyboard
from tests.browser.operating import Operator
from tests.browser.world import World

AREA = "/operator/jobs"


def test_a_new_job_appears_by_itself_and_the_focus_stays(operator: Operator, world: World):
    tag = f"live-{secrets.token_hex(4)}"
    first = world.jobs.made(tags=[tag])
    with operator(f"{AREA}/list?tag={tag}") as page:
        link = page.locator(f"#job-{first}")
        link.focus()
        page.evaluate("window.isTheSamePage = true")
        second = world.jobs.made(tags=[tag])

        expect(page.locator(f"#job-{second}")).to_be_visible()
        expect(link).to_be_focused()
        assert page.evaluate("window.isTheSamePage")


def test_an_open_dialog_outlives_what_it_is_about(operator: Operator, world: World):
    uid = world.jobs.made()
    with operator(f"{AREA}/{uid}") as page:
        page.get_by_role("button", name="Cancel").click()
        dialog = page.get_by_role("dialog")
        world.suite.ask("jobs", "cancel_job", job_id=uid)

        expect(page.locator(".state-line .badge-word")).to_have_text("Cancelled")
        expect(dialog).to_be_visible()
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)


def test_what_was_typed_and_unfolded_stays(operator: Operator, world: World):
    tag = f"live-{secrets.token_hex(4)}"
    with operator(f"{AREA}/list?tag={tag}") as page:
        page.get_by_label("Account").fill("half an id")
        new = world.jobs.made(tags=[tag])

        expect(page.locator(f"#job-{new}")).to_be_visible()
        expect(page.get_by_label("Account")).to_have_value("half an id")
        expect(page.get_by_label("Account")).to_be_focused()


def test_a_paused_page_stands_still_until_it_goes_on(operator: Operator, world: World):
    tag = f"live-{secrets.token_hex(4)}"
    with operator(f"{AREA}/list?tag={tag}") as page:
        mark = page.locator("[data-live-mark]")
        mark.click()
        expect(mark).to_have_text("Updates paused")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        new = world.jobs.made(tags=[tag])
        page.evaluate("htmx.trigger('#live', 'live-now')")
        assert asked == []
        mark.click()

        expect(page.locator(f"#job-{new}")).to_be_visible()
        expect(mark).to_have_text("Live updates")


def test_a_job_is_cancelled_by_keyboard_alone(operator: Operator, world: World):
    uid = world.jobs.made()
    with operator(f"{AREA}/{uid}") as page:
        hands = Keyboard(page)
        hands.press(page.get_by_role("button", name="Cancel"))
        hands.press(page.get_by_role("button", name="Cancel the job"))

        expect(page.locator(".state-line .badge-word")).to_have_text("Cancelled")


def test_a_dead_job_is_tried_again_by_keyboard_alone(operator: Operator, world: World):
    uid = world.jobs.dead()
    with operator(f"{AREA}/dead") as page:
        hands = Keyboard(page)
        row = page.locator(f"#row-{uid}")
        hands.press(row.get_by_role("button", name="Retry"))
        hands.press(page.get_by_role("dialog").get_by_role("button", name="Retry"))

        expect(page.get_by_text("The job is tried again.")).to_be_visible()


def test_without_javascript_a_job_is_cancelled_and_the_page_loaded_again(
    operator: Operator, world: World
):
    uid = world.jobs.made()
    with operator(f"{AREA}/{uid}", java_script_enabled=False) as page:
        expect(page.get_by_role("link", name="Load again")).to_be_visible()
        page.get_by_role("button", name="Cancel").click()
        page.get_by_role("button", name="Cancel the job").click()

        expect(page.locator(".state-line .badge-word")).to_have_text("Cancelled")
