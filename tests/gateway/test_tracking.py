"""An affiliate's link is noted without ever standing in a visitor's way."""

import pytest
from flask import Flask

from chassis.errors import Conflict, Denied, Failure, Invalid, NotFound, Unavailable
from gateway.aliases import MAIN_SITE
from gateway.app import create_app
from gateway.tracking import LONGEST_WAIT
from tests.gateway.browsing import HOST, Browser, browser, settings
from tests.gateway.recording import RecordingBus

COOKIE = "__Host-visit"
SIGN_UP = {
    "email": "ada@example.org",
    "password": "a long and winding road",
    "name": "Ada",
    "time_zone": "Europe/Berlin",
}


@pytest.fixture
def affiliates(bus: RecordingBus) -> RecordingBus:
    bus.answer("affiliates", "record_visit", {"accepted": True})
    bus.answer("auth", "sign_up", None)
    return bus


def visit_cookie(client: Browser) -> str | None:
    cookie = client.get_cookie(COOKIE, domain=HOST)
    return cookie.value if cookie else None


def test_a_visit_through_a_link_is_told_with_what_affiliates_needs(
    visitor: Browser, affiliates: RecordingBus
) -> None:
    visitor.get("/log-in?ref=ADA-1", headers={"User-Agent": "Firefox"})
    (asked,) = affiliates.calls("affiliates", "record_visit")
    assert asked.arguments["code"] == "ADA-1"
    assert asked.arguments["landing_path"] == "/log-in"
    assert asked.arguments["user_agent"] == "Firefox"
    assert asked.deadline == LONGEST_WAIT
    assert (asked.caller.site_id, asked.caller.user_id) == (MAIN_SITE, None)


def test_signing_up_names_the_visit_that_led_there(
    visitor: Browser, affiliates: RecordingBus
) -> None:
    visitor.get("/log-in?ref=ADA")
    visitor.post("/sign-up", data=SIGN_UP)
    (told,) = affiliates.calls("affiliates", "record_visit")
    (signed_up,) = affiliates.calls("auth", "sign_up")
    assert signed_up.arguments["visit_id"] == told.arguments["visit_id"]


def test_signing_up_without_a_link_names_no_visit(
    visitor: Browser, affiliates: RecordingBus
) -> None:
    visitor.post("/sign-up", data=SIGN_UP)
    (signed_up,) = affiliates.calls("auth", "sign_up")
    assert signed_up.arguments["visit_id"] is None


def test_a_cookie_that_somebody_changed_names_no_visit(
    visitor: Browser, affiliates: RecordingBus
) -> None:
    visitor.get("/log-in?ref=ADA")
    visitor.set_cookie(COOKIE, f"x{visit_cookie(visitor)}", domain=HOST, secure=True)
    assert visitor.post("/sign-up", data=SIGN_UP).status_code == 303
    (signed_up,) = affiliates.calls("auth", "sign_up")
    assert signed_up.arguments["visit_id"] is None


def test_a_cookie_of_an_older_key_still_counts(affiliates: RecordingBus, app: Flask) -> None:
    newest, oldest = settings().cookie_keys
    before = browser(create_app(settings(cookie_keys=(oldest,)), affiliates))
    before.get("/log-in?ref=ADA")
    now = browser(create_app(settings(cookie_keys=(newest, oldest)), affiliates))
    now.set_cookie(COOKIE, visit_cookie(before) or "", domain=HOST, secure=True)
    now.post("/sign-up", data=SIGN_UP)
    (signed_up,) = affiliates.calls("auth", "sign_up")
    assert signed_up.arguments["visit_id"] is not None


def test_the_same_link_again_is_the_same_visit(visitor: Browser, affiliates: RecordingBus) -> None:
    visitor.get("/log-in?ref=ADA")
    visitor.get("/log-in?ref=ADA")
    assert len(affiliates.calls("affiliates", "record_visit")) == 1


def test_another_link_is_another_visit(visitor: Browser, affiliates: RecordingBus) -> None:
    visitor.get("/log-in?ref=ADA")
    first = visit_cookie(visitor)
    visitor.get("/log-in?ref=BOB")
    assert visit_cookie(visitor) not in (None, first)


def test_nobody_s_code_leaves_no_cookie(visitor: Browser, bus: RecordingBus) -> None:
    bus.answer("affiliates", "record_visit", {"accepted": False})
    assert visitor.get("/log-in?ref=NOBODY").status_code == 200
    assert visit_cookie(visitor) is None


@pytest.mark.parametrize("kind", [Invalid, Denied, NotFound, Conflict, Unavailable])
def test_no_failure_of_affiliates_breaks_a_page(
    visitor: Browser, bus: RecordingBus, kind: type[Failure]
) -> None:
    bus.answer("affiliates", "record_visit", kind("no", "No."))
    assert visitor.get("/log-in?ref=ADA").status_code == 200


def test_a_visit_that_could_not_be_told_is_told_at_the_next_click(
    visitor: Browser, bus: RecordingBus
) -> None:
    visitor.get("/log-in?ref=ADA")
    visitor.get("/log-in?ref=ADA")
    assert len(bus.calls("affiliates", "record_visit")) == 2


@pytest.mark.parametrize("code", ["", "a" * 41, "a b", "<script>", "a/b", "é"])
def test_what_can_be_no_code_is_not_told(visitor: Browser, bus: RecordingBus, code: str) -> None:
    assert visitor.get("/log-in", query_string={"ref": code}).status_code == 200
    assert not bus.calls("affiliates", "record_visit")


@pytest.mark.parametrize(
    "path", ["/healthz?ref=ADA", "/static/css/theme.css?ref=ADA", "/api/v1/openapi.json?ref=ADA"]
)
def test_only_pages_count(visitor: Browser, bus: RecordingBus, path: str) -> None:
    visitor.get(path).close()
    assert not bus.calls("affiliates", "record_visit")


def test_who_visits_is_told_as_a_hash_that_differs_between_visitors(
    app: Flask, affiliates: RecordingBus
) -> None:
    for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2"):
        browser(app).get("/log-in?ref=ADA", environ_overrides={"REMOTE_ADDR": address})
    first, again, other = (
        each.arguments["visitor_hash"] for each in affiliates.calls("affiliates", "record_visit")
    )
    assert first == again != other
    assert "192.0.2.1" not in first
