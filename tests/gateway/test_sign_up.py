"""From visitor to member and back: signing up, confirming, logging in and out, recovering."""

from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask

from chassis.errors import Denied, Invalid, Unavailable
from gateway.aliases import MAIN_SITE
from gateway.session import token_hash
from tests.gateway.browsing import HOST, TOKEN, Browser, browser, session_answer, signed_in
from tests.gateway.recording import RecordingBus

SIGN_UP = {
    "email": "ada@example.org",
    "password": "a long and winding road",
    "name": "Ada <Lovelace>",
    "time_zone": "Europe/Berlin",
}
LOG_IN = {"login": "ada@example.org", "password": "a long and winding road"}
COOKIE = "__Host-session"


@pytest.fixture(autouse=True)
def auth(bus: RecordingBus) -> RecordingBus:
    for method in (
        "sign_up",
        "resend_confirmation",
        "confirm",
        "confirm_code",
        "request_password_reset",
        "reset_password",
    ):
        bus.answer("auth", method, None)
    bus.answer("auth", "log_in", session_answer())
    return bus


def test_signing_up_asks_auth_with_new_ids_and_leads_on(
    visitor: Browser, bus: RecordingBus
) -> None:
    answer = visitor.post("/sign-up", data=SIGN_UP)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-up/done")
    (asked,) = bus.calls("auth", "sign_up")
    sent = dict(asked.arguments)
    assert UUID(sent.pop("user_id")) != UUID(sent.pop("account_id"))
    assert sent == {**SIGN_UP, "visit_id": None}
    assert asked.caller.site_id == MAIN_SITE
    assert "ada@example.org" in visitor.get("/sign-up/done").text


def test_every_wrong_field_is_told_and_what_was_typed_is_kept(
    visitor: Browser, bus: RecordingBus
) -> None:
    typed = {**SIGN_UP, "email": "nobody at all", "password": "short-secret", "time_zone": ""}
    typed["password"] = "short"
    answer = visitor.post("/sign-up", data=typed)
    assert answer.status_code == 422
    assert "This is not an e-mail address." in answer.text
    assert "Use at least 8 characters." in answer.text
    assert 'value="nobody at all"' in answer.text
    assert "Ada &lt;Lovelace&gt;" in answer.text
    assert 'value="short"' not in answer.text
    assert not bus.asked


def test_an_empty_form_is_told_in_words_for_people(visitor: Browser) -> None:
    answer = visitor.post("/sign-up", data={})
    assert answer.status_code == 422
    assert answer.text.count("Please fill this in.") >= 3
    assert "Missing data" not in answer.text


def test_what_only_the_service_can_see_stands_beside_its_field_too(
    visitor: Browser, bus: RecordingBus
) -> None:
    wrong = Invalid("password_refused", "Choose another.", {"/password": ["Too well known."]})
    bus.answer("auth", "sign_up", wrong)
    answer = visitor.post("/sign-up", data=SIGN_UP)
    assert answer.status_code == 422
    assert "Too well known." in answer.text


def test_nothing_typed_is_lost_while_auth_is_away(visitor: Browser, bus: RecordingBus) -> None:
    bus.answer("auth", "sign_up", Unavailable("auth_away", "The auth service does not answer."))
    answer = visitor.post("/sign-up", data=SIGN_UP)
    assert answer.status_code == 503
    assert "The auth service does not answer." in answer.text
    assert "ada@example.org" in answer.text
    assert SIGN_UP["password"] not in answer.text


def test_following_the_mailed_link_confirms_nothing(visitor: Browser, bus: RecordingBus) -> None:
    answer = visitor.get("/confirm?token=mailed")
    assert answer.status_code == 200
    assert 'value="mailed"' in answer.text
    assert not bus.asked


@pytest.mark.parametrize(
    ("typed", "method"),
    [
        ({"token": "mailed"}, "confirm"),
        ({"email": "ada@example.org", "code": "123456"}, "confirm_code"),
    ],
)
def test_confirming_by_link_or_by_code(
    visitor: Browser, bus: RecordingBus, typed: dict[str, str], method: str
) -> None:
    answer = visitor.post("/confirm", data=typed)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/log-in")
    assert [each.arguments for each in bus.calls("auth", method)] == [typed]
    assert "Your address is confirmed." in visitor.get("/log-in").text


def test_a_wrong_code_is_told_on_the_page(visitor: Browser, bus: RecordingBus) -> None:
    bus.answer("auth", "confirm_code", Denied("code_wrong", "This code is not right."))
    answer = visitor.post("/confirm", data={"email": "ada@example.org", "code": "1"})
    assert answer.status_code == 422
    assert "This code is not right." in answer.text
    assert "ada@example.org" in answer.text


def test_logging_in_opens_a_session_that_only_the_browser_can_name(
    visitor: Browser, bus: RecordingBus
) -> None:
    answer = visitor.post("/log-in", data=LOG_IN, headers={"User-Agent": "Firefox"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/dashboard")
    cookie = visitor.get_cookie(COOKIE, domain=HOST)
    assert cookie is not None
    (asked,) = bus.calls("auth", "log_in")
    assert asked.arguments == {
        **LOG_IN,
        "session_hash": token_hash("page", cookie.value),
        "user_agent": "Firefox",
        "ip": "127.0.0.1",
    }


@pytest.mark.parametrize(
    ("wanted", "led_to"),
    [
        ("/checkout/018f0000-0000-7000-8000-000000000001", None),
        ("//evil.test", "/dashboard"),
        ("", "/dashboard"),
    ],
)
def test_logging_in_leads_where_one_wanted_to_go(
    visitor: Browser, wanted: str, led_to: str | None
) -> None:
    answer = visitor.post("/log-in", data={**LOG_IN, "next": wanted})
    assert answer.headers["Location"] == (led_to or wanted)


def test_a_wrong_password_opens_nothing(visitor: Browser, bus: RecordingBus) -> None:
    bus.answer("auth", "log_in", Denied("login_wrong", "The address or the password is not right."))
    answer = visitor.post("/log-in", data={**LOG_IN, "next": "/invoices"})
    assert answer.status_code == 422
    assert "The address or the password is not right." in answer.text
    assert 'value="ada@example.org"' in answer.text
    assert 'value="/invoices"' in answer.text
    assert LOG_IN["password"] not in answer.text
    assert visitor.get_cookie(COOKIE, domain=HOST) is None


def test_logging_in_again_ends_the_session_before(app: Flask, bus: RecordingBus) -> None:
    client = signed_in(browser(app), bus)
    client.post("/log-in", data=LOG_IN)
    (ended,) = bus.calls("auth", "log_out")
    assert ended.arguments == {"session_hash": token_hash("page", TOKEN)}
    cookie = client.get_cookie(COOKIE, domain=HOST)
    assert cookie is not None
    assert cookie.value != TOKEN


def test_a_planted_session_is_not_the_one_that_is_opened(
    visitor: Browser, bus: RecordingBus
) -> None:
    visitor.set_cookie(COOKIE, "planted", domain=HOST, secure=True)
    bus.answer("auth", "log_out", None)
    visitor.post("/log-in", data=LOG_IN)
    cookie = visitor.get_cookie(COOKIE, domain=HOST)
    assert cookie is not None
    assert cookie.value != "planted"


def test_logging_out_ends_the_session_everywhere(member: Browser, bus: RecordingBus) -> None:
    member.get("/settings")
    answer = member.post("/log-out")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert len(bus.calls("auth", "log_out")) == 1
    assert member.get_cookie(COOKIE, domain=HOST) is None
    signed_in(member, bus)
    assert member.get("/settings").status_code == 303


@pytest.mark.parametrize("path", ["/log-in", "/sign-up", "/log-in?next=/dashboard"])
def test_who_is_logged_in_need_not_do_it_again(member: Browser, path: str) -> None:
    answer = member.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/dashboard")


def test_a_visitor_is_sent_to_log_in_and_back(visitor: Browser) -> None:
    answer = visitor.get("/invoices?cursor=abc")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/log-in?next=/invoices?cursor%3Dabc"
    assert 'value="/invoices?cursor=abc"' in visitor.get(answer.headers["Location"]).text


def test_recovering_says_the_same_for_every_address(visitor: Browser, bus: RecordingBus) -> None:
    answer = visitor.post("/recover", data={"email": "ada@example.org"})
    assert answer.status_code == 303
    assert "If we know this address" in visitor.get(answer.headers["Location"]).text
    (asked,) = bus.calls("auth", "request_password_reset")
    assert asked.arguments == {"email": "ada@example.org"}


def test_a_new_password_is_set_by_the_mailed_token(visitor: Browser, bus: RecordingBus) -> None:
    assert 'value="mailed"' in visitor.get("/reset?token=mailed").text
    typed = {"token": "mailed", "password": " a long and winding road "}
    assert visitor.post("/reset", data=typed).status_code == 303
    (asked,) = bus.calls("auth", "reset_password")
    assert asked.arguments == typed


def test_a_weak_new_password_keeps_the_token_in_the_form(visitor: Browser) -> None:
    answer = visitor.post("/reset", data={"token": "mailed", "password": "short"})
    assert answer.status_code == 422
    assert 'value="mailed"' in answer.text
    assert "Use at least 8 characters." in answer.text


def test_sandbox_mode_is_said_on_every_page(build: Callable[..., Flask]) -> None:
    loud = browser(build(mode="sandbox"))
    quiet = browser(build(mode="production"))
    for path in ("/", "/log-in", "/sign-up", "/nowhere"):
        assert "Payments and mail are not real here." in loud.get(path).text
        assert "Payments and mail are not real here." not in quiet.get(path).text
