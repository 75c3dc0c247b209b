"""An operator steers the cluster from its pages, and the cluster does as told."""

import secrets

from playwright.sync_api import Page, expect

from tests.browser.operating import Operator
from tests.browser.work import KIND
from tests.browser.world import World

AREA = "/operator/jobs"


def confirm(page: Page, button: str) -> None:
    """Press a button that asks before it acts, and say yes."""
    page.get_by_role("button", name=button).click()
    page.get_by_role("dialog").get_by_role("button", name=button).click()


def test_limits_are_changed_and_taken_back(operator: Operator, world: World):
    with operator(f"{AREA}/kinds/{KIND}") as page:
        page.get_by_role("link", name="Change limits").click()
        page.get_by_label("Time-out").fill("90")
        page.get_by_label("Running at once", exact=True).fill("7")
        page.get_by_role("button", name="Save limits").click()

        expect(page.get_by_role("row", name="Time-out")).to_contain_text("1 min 30 s")
        effective = world.suite.ask("jobs", "kind", name=KIND)["effective"]
        assert (effective["timeout_s"], effective["max_assigned"]) == (90, 7)

        page.get_by_role("link", name="Change limits").click()
        confirm(page, "As declared")
        expect(page.get_by_text("The limits are as declared.")).to_be_visible()
        assert world.suite.ask("jobs", "kind", name=KIND)["override"] == {}


def test_limits_that_somebody_else_changes_meanwhile_are_told_before_they_are_overwritten(
    operator: Operator, world: World
):
    kind = "jobs.make_report"
    with operator(f"{AREA}/kinds/{kind}/limits", expected=(409,)) as page:
        world.suite.ask("jobs", "change_kind", kind=kind, override={"priority": 4})
        page.get_by_label("Weight").fill("2")
        page.get_by_role("button", name="Save limits").click()

        expect(page.get_by_role("alert")).to_contain_text("Somebody else changed the limits")
        expect(page.get_by_role("alert")).to_contain_text("Priority: It was set to 4.")
        page.get_by_role("button", name="Save limits").click()
        expect(page.get_by_text("The limits count from now on.")).to_be_visible()
        assert world.suite.ask("jobs", "kind", name=kind)["override"] == {"weight": 2}
        world.suite.ask("jobs", "change_kind", kind=kind, override={})


def test_a_kind_is_paused_and_resumed(operator: Operator, world: World):
    with operator(f"{AREA}/kinds/jobs.fetch_page") as page:
        confirm(page, "Pause")
        expect(page.locator(".state-line .badge-word")).to_have_text("Paused")
        confirm(page, "Resume")
        expect(page.locator(".state-line .badge-word")).to_have_text("Active")


def test_a_node_is_paused_resumed_and_given_workers(operator: Operator, world: World):
    node = world.jobs.node
    with operator(f"{AREA}/nodes/{node}") as page:
        confirm(page, "Pause")
        expect(page.locator(".state-line")).to_contain_text("Paused")
        confirm(page, "Resume")
        expect(page.locator(".state-line")).not_to_contain_text("Paused")

        page.get_by_label("Workers at once").fill("3")
        page.get_by_role("button", name="Save").click()
        expect(page.locator(".slots")).to_contain_text("of 3", timeout=30_000)
        page.get_by_label("Workers at once").fill("")
        page.get_by_role("button", name="Save").click()
        expect(page.locator(".slots")).to_contain_text("of 2", timeout=30_000)


def test_a_schedule_is_made_changed_fired_and_removed(operator: Operator, world: World):
    name = f"Nightly {secrets.token_hex(4)}"
    with operator(f"{AREA}/schedules") as page:
        page.get_by_role("link", name="New schedule").click()
        page.get_by_label("Name").fill(name)
        page.get_by_label("Kind").select_option(KIND)
        page.get_by_label("When").fill("0 3 * * *")
        page.get_by_label("Time zone").select_option("Asia/Tokyo")
        page.get_by_label("Arguments").fill('{"invoice_id": "none"}')
        page.get_by_role("button", name="Make the schedule").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        page.get_by_label("When").fill("30 4 * * *")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("04:30 Asia/Tokyo")).to_be_visible()

        confirm(page, "Do it now")
        expect(page.get_by_role("heading", level=1)).to_have_text(KIND)
        expect(page.locator("pre", has_text='"invoice_id": "none"')).to_be_visible()
        # There is no such invoice: the job fails, and would be tried again for a while.
        state = page.locator(".state-line").get_by_role("status")
        expect(state).to_contain_text("scheduled", ignore_case=True, timeout=30_000)
        confirm(page, "Cancel")
        expect(state).to_contain_text("cancelled", ignore_case=True)

        page.get_by_role("link", name="Schedules").click()
        page.get_by_role("link", name=name).click()
        confirm(page, "Remove")
        expect(page.get_by_text("The schedule is gone.")).to_be_visible()
        expect(page.get_by_role("link", name=name)).to_have_count(0)


def test_a_report_is_its_owner_s_to_download_and_nobody_else_s(operator: Operator, world: World):
    uid = world.jobs.report(world.account_of("member"))
    path = f"{world.suite.site}/documents/{uid}"
    with operator(f"{AREA}/{uid}") as page, page.expect_download() as file:
        page.get_by_role("link", name="Download All").click()
        expect(page.get_by_text('"rows"')).to_be_visible()
    assert file.value.suggested_filename.endswith(".csv")

    answers = {
        reader: world.cookies_of(reader).get(path, allow_redirects=False)
        for reader in ("member", "refunded", "visitor")
    }
    assert {each: told.status_code for each, told in answers.items()} == {
        "member": 200,
        "refunded": 404,
        "visitor": 303,
    }
    assert '"Number","State"' in answers["member"].text
    assert answers["member"].headers["Content-Disposition"].startswith("attachment;")
