"""The headers on every answer, and the cookies' flags over TLS and without."""

import re
from collections.abc import Callable
from http.cookies import SimpleCookie

import pytest
from flask import Flask

from gateway.tracking import KEPT_SECONDS
from tests.gateway.browsing import HOST, Browser, browser, session_answer
from tests.gateway.recording import RecordingBus

ON_EVERY_ANSWER = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000",
}
ON_EVERY_PAGE = {
    **ON_EVERY_ANSWER,
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-NONCE'; style-src 'self' 'nonce-NONCE'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


@pytest.mark.parametrize(
    ("path", "guards"),
    [
        ("/healthz", ON_EVERY_ANSWER),
        ("/api/v1/nowhere", ON_EVERY_ANSWER),
        ("/log-in", ON_EVERY_PAGE),
        ("/nowhere", ON_EVERY_PAGE),
    ],
)
def test_every_answer_has_its_guards_once(
    visitor: Browser, path: str, guards: dict[str, str]
) -> None:
    headers = visitor.get(path).headers
    assert {name: headers.getlist(name) for name in guards} == {
        name: [value] for name, value in guards.items()
    }
    for name in ("Content-Security-Policy", "Cache-Control", "X-Request-Id"):
        assert len(headers.getlist(name)) == 1


def test_a_page_may_run_and_load_only_what_is_ours(visitor: Browser) -> None:
    answer = visitor.get("/log-in")
    (nonce,) = set(re.findall(r"'nonce-([^']+)'", answer.headers["Content-Security-Policy"]))
    assert answer.headers["Content-Security-Policy"].replace(nonce, "NONCE") == POLICY
    assert f'nonce="{nonce}"' in answer.text
    assert nonce not in visitor.get("/log-in").text


def test_what_is_no_page_may_load_nothing(visitor: Browser) -> None:
    policy = visitor.get("/healthz").headers["Content-Security-Policy"]
    assert policy == "default-src 'none'; frame-ancestors 'none'"


def test_plain_http_promises_no_tls(build: Callable[..., Flask]) -> None:
    client = browser(build(public_url=f"http://{HOST}"), f"http://{HOST}")
    assert "Strict-Transport-Security" not in client.get("/healthz").headers


@pytest.mark.parametrize("path", ["/confirm?token=secret", "/reset?token=secret"])
def test_a_page_whose_address_is_a_secret_tells_and_keeps_nothing(
    visitor: Browser, path: str
) -> None:
    headers = visitor.get(path).headers
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"


def test_every_answer_has_an_id_of_our_own(visitor: Browser) -> None:
    first = visitor.get("/healthz", headers={"X-Request-Id": "theirs"}).headers["X-Request-Id"]
    second = visitor.get("/healthz").headers["X-Request-Id"]
    assert len({first, second, "theirs"}) == 3
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", first)


def test_services_are_asked_under_the_id_that_is_answered(
    visitor: Browser, bus: RecordingBus
) -> None:
    answer = visitor.get("/api/v1/plans")
    (asked,) = bus.calls("billing", "pricing")
    assert asked.caller.request_id == answer.headers["X-Request-Id"]


@pytest.mark.parametrize(
    ("origin", "name", "is_secure"),
    [(f"https://{HOST}", "__Host-session", True), (f"http://{HOST}", "session", False)],
)
def test_the_session_cookie(
    build: Callable[..., Flask], bus: RecordingBus, origin: str, name: str, is_secure: bool
) -> None:
    bus.answer("auth", "log_in", session_answer())
    client = browser(build(public_url=origin), origin)
    answer = client.post("/log-in", data={"login": "ada@example.org", "password": "right"})
    cookie = SimpleCookie(answer.headers["Set-Cookie"])[name]
    assert bool(cookie["secure"]) is is_secure
    assert (cookie["path"], cookie["domain"], cookie["samesite"]) == ("/", "", "Lax")
    assert cookie["httponly"]
    assert len(cookie.value) == 43


@pytest.mark.parametrize(
    ("origin", "name", "is_secure"),
    [(f"https://{HOST}", "__Host-visit", True), (f"http://{HOST}", "visit", False)],
)
def test_the_visit_cookie(
    build: Callable[..., Flask], bus: RecordingBus, origin: str, name: str, is_secure: bool
) -> None:
    bus.answer("affiliates", "record_visit", {"accepted": True})
    answer = browser(build(public_url=origin), origin).get("/log-in?ref=ADA")
    cookie = SimpleCookie(answer.headers["Set-Cookie"])[name]
    assert bool(cookie["secure"]) is is_secure
    assert (cookie["path"], cookie["domain"], cookie["samesite"]) == ("/", "", "Lax")
    assert cookie["httponly"]
    assert cookie["max-age"] == str(KEPT_SECONDS)


@pytest.mark.parametrize(
    ("query", "caching"), [("?v=abc", "public, max-age=31536000, immutable"), ("", "no-cache")]
)
def test_static_files_are_kept_for_long_where_their_address_says_what_they_hold(
    visitor: Browser, query: str, caching: str
) -> None:
    with visitor.get(f"/static/css/theme.css{query}") as answer:
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == caching
