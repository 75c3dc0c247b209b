"""The operator's jobs area: for operators only, every act asked of jobs, errors at the field."""

import re
from typing import Any

import pytest

from chassis.errors import Denied
from tests.gateway.browsing import Browser, field
from tests.gateway.recording import RecordingBus
from tests.gateway.sample_pages import work

pytestmark = pytest.mark.usefixtures("cluster")

AREA = "/operator/jobs"
ID = "018f0000-0000-7000-8000-00000000e001"
KIND = "billing.render_invoice"
SCHEDULE = work.SCHEDULES[0]["schedule_id"]
PAGES = [
    *("", "/list", "/dead", "/kinds", f"/kinds/{KIND}", f"/kinds/{KIND}/limits"),
    *("/nodes", "/nodes/n1", "/schedules", "/schedules/new", f"/schedules/{SCHEDULE}"),
    *(f"/{ID}", f"/groups/{ID}"),
]
WANTED = {
    "name": "Each New Year",
    "kind": KIND,
    "cron": "0 0 1 jan *",
    "time_zone": "Asia/Tokyo",
    "missed": "skip",
}


@pytest.mark.parametrize("path", PAGES)
def test_operators_see_it_and_members_do_not(
    operator: Browser, member: Browser, bus: RecordingBus, path: str
) -> None:
    assert member.get(AREA + path).status_code == 403
    assert "jobs" not in {each.service for each in bus.asked}


@pytest.mark.parametrize("path", PAGES)
def test_an_operator_sees_it(operator: Browser, path: str) -> None:
    assert operator.get(AREA + path).status_code == 200


@pytest.mark.parametrize("path", ["", "/list", "/kinds", "/nodes", f"/{ID}"])
def test_a_page_says_that_it_is_live_and_can_be_loaded_again(operator: Browser, path: str) -> None:
    text = operator.get(AREA + path).text
    assert 'hx-trigger="every 2s, live-now"' in text
    assert "data-live-mark" in text
    assert re.search(r'<noscript><a [^>]*href="">', text)


def test_what_was_left_to_be_said_is_not_said_to_a_page_that_updates_itself(
    operator: Browser, bus: RecordingBus
) -> None:
    bus.answer("jobs", "pause_kind", None)
    operator.post(f"{AREA}/kinds/{KIND}/pause")
    said = f"{KIND} is paused"
    assert said not in operator.get(AREA, headers={"HX-Request": "true"}).text
    assert said in operator.get(AREA).text


def test_filters_reach_the_service(operator: Browser, bus: RecordingBus) -> None:
    query = f"state=dead&kind={KIND}&tag=eu&node=n1&group_id={ID}&account_id={ID}&other=1"
    assert operator.get(f"{AREA}/list?{query}").status_code == 200
    (asked,) = bus.calls("jobs", "jobs")
    assert asked.arguments == {
        "limit": 25,
        "state": "dead",
        "kind": KIND,
        "tag": "eu",
        "node": "n1",
        "group_id": ID,
        "account_id": ID,
    }


def test_a_wrong_filter_is_said_at_its_field_and_kept(operator: Browser, bus: RecordingBus) -> None:
    answer = operator.get(f"{AREA}/list?group_id=7&tag=a+b")
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in field(answer, "group_id")
    assert 'value="7"' in field(answer, "group_id")
    assert "This is not an id" in answer.text
    assert 'aria-invalid="true"' in field(answer, "tag")
    assert not bus.calls("jobs", "jobs")


@pytest.mark.parametrize(
    ("path", "typed", "method", "arguments", "led_to"),
    [
        (f"/{ID}/retry", {}, "retry_job", {"job_id": ID}, f"/{ID}"),
        (f"/{ID}/retry", {"back": f"{AREA}/dead"}, "retry_job", {"job_id": ID}, "/dead"),
        (f"/{ID}/retry", {"back": "//evil.test"}, "retry_job", {"job_id": ID}, f"/{ID}"),
        (f"/{ID}/cancel", {}, "cancel_job", {"job_id": ID}, f"/{ID}"),
        ("/dead/retry", {}, "retry_dead", {"kind": None}, "/dead"),
        ("/dead/retry", {"kind": KIND}, "retry_dead", {"kind": KIND}, "/dead"),
        (f"/kinds/{KIND}/pause", {}, "pause_kind", {"kind": KIND}, f"/kinds/{KIND}"),
        (f"/kinds/{KIND}/resume", {}, "resume_kind", {"kind": KIND}, f"/kinds/{KIND}"),
        (
            f"/kinds/{KIND}/reset",
            {},
            "change_kind",
            {"kind": KIND, "override": {}},
            f"/kinds/{KIND}",
        ),
        ("/nodes/n1/pause", {}, "pause_node", {"node": "n1"}, "/nodes/n1"),
        ("/nodes/n1/resume", {"back": f"{AREA}/nodes"}, "resume_node", {"node": "n1"}, "/nodes"),
        ("/nodes/n1", {"workers": "8"}, "change_node", {"node": "n1", "workers": "8"}, "/nodes/n1"),
        (
            "/nodes/n1",
            {"workers": " "},
            "change_node",
            {"node": "n1", "workers": None},
            "/nodes/n1",
        ),
        (
            f"/schedules/{ID}/pause",
            {},
            "pause_schedule",
            {"schedule_id": ID},
            f"/schedules/{ID}",
        ),
        (
            f"/schedules/{ID}/resume",
            {},
            "resume_schedule",
            {"schedule_id": ID},
            f"/schedules/{ID}",
        ),
        (f"/schedules/{ID}/remove", {}, "remove_schedule", {"schedule_id": ID}, "/schedules"),
        (
            f"/schedules/{ID}/fire",
            {"uid": ID},
            "fire_now",
            {"schedule_id": ID, "uid": ID},
            f"/{ID}",
        ),
        (
            "/schedules/new",
            {**WANTED, "schedule_id": ID, "args": '{"days": 30}'},
            "save_schedule",
            {**WANTED, "schedule_id": ID, "args": {"days": 30}},
            f"/schedules/{ID}",
        ),
        (
            f"/schedules/{ID}",
            {**WANTED, "args": ""},
            "save_schedule",
            {**WANTED, "schedule_id": ID},
            f"/schedules/{ID}",
        ),
    ],
)
def test_an_act_is_asked_of_jobs_and_leads_back(
    operator: Browser,
    bus: RecordingBus,
    path: str,
    typed: dict[str, str],
    method: str,
    arguments: dict[str, Any],
    led_to: str,
) -> None:
    bus.answer("jobs", method, {"state": "requested", "number": 3, "uid": ID})
    answer = operator.post(AREA + path, data=typed)
    assert (answer.status_code, answer.headers["Location"]) == (303, AREA + led_to)
    assert [each.arguments for each in bus.calls("jobs", method)] == [arguments]


@pytest.mark.parametrize("state", ["cancelled", "requested", "ended"])
def test_a_cancelled_job_s_page_says_what_came_of_it(
    operator: Browser, bus: RecordingBus, state: str
) -> None:
    bus.answer("jobs", "cancel_job", {"state": state})
    answer = operator.post(f"{AREA}/{ID}/cancel", follow_redirects=True)
    said = {"cancelled": "never runs again", "requested": "told to stop", "ended": "had ended"}
    assert said[state] in answer.text


def test_a_kind_without_dead_jobs_says_nothing_of_the_others(
    operator: Browser, bus: RecordingBus
) -> None:
    bus.answer("jobs", "jobs", {"items": [], "next_cursor": None})
    page = operator.get(f"{AREA}/dead?kind={KIND}").text
    assert f"No job of the kind {KIND} is dead." in page
    assert "A job that fails at all its tries" not in page


def test_a_node_that_is_not_there_is_not_found(operator: Browser) -> None:
    assert operator.get(f"{AREA}/nodes/nobody").status_code == 404


def test_the_last_session_of_a_node_is_the_one_that_is_shown(
    operator: Browser, bus: RecordingBus
) -> None:
    older = work.node("n9", "dead", 0, started_at="2026-11-20T00:00:00Z", host="old.internal")
    newer = work.node("n9", "live", 0, started_at="2026-11-21T00:00:00Z", host="new.internal")
    bus.answer("jobs", "nodes", {"items": [newer, older]})
    assert "new.internal" in operator.get(f"{AREA}/nodes/n9").text


def test_a_declared_schedule_can_be_paused_but_not_changed(operator: Browser) -> None:
    text = operator.get(f"{AREA}/schedules/{work.SCHEDULES[1]['schedule_id']}").text
    assert "/pause" in text
    assert "/remove" not in text
    assert 'name="cron"' not in text


def test_rows_are_sorted_by_what_the_address_says(operator: Browser) -> None:
    text = operator.get(f"{AREA}/kinds?sort=ready&direction=down").text
    assert text.index(KIND) < text.index("affiliates.make_statement")
    text = operator.get(f"{AREA}/kinds?sort=name").text
    assert text.index("affiliates.make_statement") < text.index(KIND)


@pytest.mark.parametrize("sort", ["labels", "load", "nonsense", ""])
def test_a_sort_that_makes_no_sense_is_by_name(operator: Browser, sort: str) -> None:
    text = operator.get(f"{AREA}/nodes?sort={sort}").text
    assert text.index('id="row-n1"') < text.index('id="row-n3"')


def test_a_document_is_a_download_that_jobs_gives_or_refuses(
    member: Browser, bus: RecordingBus
) -> None:
    found = {"name": "Sales.csv", "content_type": "text/csv", "content": "YSxi"}
    bus.answer("jobs", "document", found)
    answer = member.get(f"/documents/{ID}")
    assert answer.data == b"a,b"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="Sales.csv"'
    assert bus.calls("jobs", "document")[0].caller.account_id is not None
    bus.answer("jobs", "document", Denied("document_denied", "This is not yours."))
    assert member.get(f"/documents/{ID}").status_code == 403
