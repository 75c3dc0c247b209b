"""`/api/v1/jobs`: all that the pages can, created only once, wrong fields by pointer."""

from typing import Any

import pytest
from flask import Flask

from chassis.errors import Conflict
from tests.gateway.browsing import TOKEN, Browser, browser, know_session
from tests.gateway.recording import RecordingBus

API = "/api/v1/jobs"
ID = "018f0000-0000-7000-8000-00000000e001"
KIND = "billing.render_invoice"
SCHEDULE = {"name": "Nightly", "kind": KIND, "cron": "0 3 * * *"}


@pytest.fixture
def operating(app: Flask, bus: RecordingBus) -> Browser:
    client = browser(app)
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {TOKEN}"
    know_session(bus, "api", roles=["member", "operator"])
    return client


@pytest.mark.parametrize(
    ("verb", "path", "method", "arguments"),
    [
        ("GET", "/overview", "overview", {}),
        ("GET", f"/{ID}", "job", {"uid": ID}),
        ("GET", f"/groups/{ID}", "group", {"group_id": ID}),
        ("POST", f"/{ID}/retries", "retry_job", {"job_id": ID}),
        ("POST", f"/{ID}/cancellations", "cancel_job", {"job_id": ID}),
        ("POST", "/retries", "retry_dead", {}),
        ("GET", "/kinds", "kinds", {}),
        ("GET", f"/kinds/{KIND}", "kind", {"name": KIND}),
        ("PUT", f"/kinds/{KIND}/pause", "pause_kind", {"kind": KIND}),
        ("DELETE", f"/kinds/{KIND}/pause", "resume_kind", {"kind": KIND}),
        ("DELETE", f"/kinds/{KIND}/override", "change_kind", {"kind": KIND, "override": {}}),
        ("GET", "/nodes", "nodes", {}),
        ("PUT", "/nodes/n1/pause", "pause_node", {"node": "n1"}),
        ("DELETE", "/nodes/n1/pause", "resume_node", {"node": "n1"}),
        ("GET", "/schedules", "schedules", {}),
        ("DELETE", f"/schedules/{ID}", "remove_schedule", {"schedule_id": ID}),
        ("PUT", f"/schedules/{ID}/pause", "pause_schedule", {"schedule_id": ID}),
        ("DELETE", f"/schedules/{ID}/pause", "resume_schedule", {"schedule_id": ID}),
    ],
)
def test_an_operation_is_asked_of_jobs(
    operating: Browser,
    bus: RecordingBus,
    verb: str,
    path: str,
    method: str,
    arguments: dict[str, Any],
) -> None:
    bus.answer("jobs", method, {"told": True})
    answer = operating.open(API + path, method=verb)
    assert answer.status_code in (200, 204), answer.text
    assert answer.status_code == 204 or answer.json == {"told": True}
    assert [each.arguments for each in bus.calls("jobs", method)] == [arguments]


@pytest.mark.parametrize(
    ("path", "body", "method", "given"),
    [
        ("", {"kind": KIND, "args": {"a": 1}, "tags": ["eu"]}, "enqueue", "uid"),
        ("/schedules", SCHEDULE, "save_schedule", "schedule_id"),
        (f"/schedules/{ID}/fires", {}, "fire_now", "uid"),
    ],
)
def test_the_same_key_creates_once(
    operating: Browser,
    bus: RecordingBus,
    path: str,
    body: dict[str, Any],
    method: str,
    given: str,
) -> None:
    bus.answer("jobs", method, {"uid": ID})
    for key in ("key-1", "key-1", "key-2"):
        answer = operating.post(API + path, json=body, headers={"Idempotency-Key": key})
        assert answer.status_code == 201
    first, again, other = bus.calls("jobs", method)
    assert (first.call_id, first.arguments) == (again.call_id, again.arguments)
    assert first.arguments[given] != other.arguments[given]


def test_a_schedule_s_id_is_told(operating: Browser, bus: RecordingBus) -> None:
    bus.answer("jobs", "save_schedule", None)
    answer = operating.post(f"{API}/schedules", json=SCHEDULE)
    (asked,) = bus.calls("jobs", "save_schedule")
    assert answer.json == {"schedule_id": asked.arguments["schedule_id"]}


def test_many_jobs_are_enqueued_under_ids_of_one_s_own(
    operating: Browser, bus: RecordingBus
) -> None:
    bus.answer("jobs", "enqueue_many", {"items": [{"uid": ID, "verdict": "accepted"}]})
    body = {"jobs": [{"uid": ID, "kind": KIND}], "group": {"group_id": ID}}
    answer = operating.post(f"{API}/batches", json=body)
    assert (answer.status_code, answer.json["items"][0]["verdict"]) == (201, "accepted")
    (asked,) = bus.calls("jobs", "enqueue_many")
    assert asked.arguments == body


def test_changed_limits_are_told_as_they_count_now(operating: Browser, bus: RecordingBus) -> None:
    bus.answer("jobs", "change_kind", None)
    bus.answer("jobs", "kind", {"name": KIND, "effective": {"timeout_s": 90}})
    answer = operating.put(f"{API}/kinds/{KIND}/override", json={"timeout_s": 90})
    assert answer.json["effective"] == {"timeout_s": 90}
    (asked,) = bus.calls("jobs", "change_kind")
    assert asked.arguments == {"kind": KIND, "override": {"timeout_s": 90}, "instead_of": None}


def test_limits_that_somebody_else_changed_meanwhile_are_a_conflict(
    operating: Browser, bus: RecordingBus
) -> None:
    meanwhile = {"/override/timeout_s": ["It was set to 30."]}
    bus.answer("jobs", "change_kind", Conflict("override_changed", "Not saved.", meanwhile))
    body = {"timeout_s": 90, "instead_of": {"timeout_s": 60}}
    answer = operating.put(f"{API}/kinds/{KIND}/override", json=body)
    assert (answer.status_code, answer.json["code"]) == (409, "override_changed")
    assert answer.json["errors"] == [
        {"pointer": "/override/timeout_s", "detail": "It was set to 30."}
    ]
    (asked,) = bus.calls("jobs", "change_kind")
    assert asked.arguments["override"] == {"timeout_s": 90}
    assert asked.arguments["instead_of"] == {"timeout_s": 60}


@pytest.mark.parametrize(
    ("verb", "path", "body", "pointers"),
    [
        ("POST", "", {"args": [], "priority": 9}, {"/kind", "/args", "/priority"}),
        ("POST", "", {"kind": KIND, "uid": ID}, {"/uid"}),
        ("POST", "/batches", {"jobs": [{"uid": ID}]}, {"/jobs/0/kind"}),
        ("PUT", f"/kinds/{KIND}/override", {"weight": 0, "speed": 1}, {"/weight", "/speed"}),
        ("PUT", "/nodes/n1/workers", {}, {"/workers"}),
        ("PUT", "/nodes/n1/workers", {"workers": 0}, {"/workers"}),
        (
            "POST",
            "/schedules",
            {**SCHEDULE, "cron": "now", "time_zone": "Mars"},
            {"/cron", "/time_zone"},
        ),
        ("GET", "?state=lost&group_id=7", None, {"/state", "/group_id"}),
    ],
)
def test_what_is_wrong_is_told_by_pointer_and_asked_of_nobody(
    operating: Browser,
    bus: RecordingBus,
    verb: str,
    path: str,
    body: Any,
    pointers: set[str],
) -> None:
    answer = operating.open(API + path, method=verb, json=body)
    assert answer.status_code == 422
    assert {each["pointer"] for each in answer.json["errors"]} == pointers
    assert "jobs" not in {each.service for each in bus.asked}


def test_a_node_s_workers_may_be_as_it_was_started(operating: Browser, bus: RecordingBus) -> None:
    bus.answer("jobs", "change_node", None)
    assert operating.put(f"{API}/nodes/n1/workers", json={"workers": None}).status_code == 204
    (asked,) = bus.calls("jobs", "change_node")
    assert asked.arguments == {"node": "n1", "workers": None}


def test_a_member_fetches_a_document_through_jobs(app: Flask, bus: RecordingBus) -> None:
    client = browser(app)
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {TOKEN}"
    know_session(bus, "api")
    found = {"name": "a.csv", "content_type": "text/csv", "content": "YSxi"}
    bus.answer("jobs", "document", found)
    answer = client.get(f"{API}/{ID}/document")
    assert (answer.data, answer.status_code) == (b"a,b", 200)
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert client.get(f"{API}/{ID}").status_code == 403
