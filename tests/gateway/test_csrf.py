"""Other sites cannot make a browser change anything here (SE-10)."""

from itertools import product

import pytest
from flask import Flask

from gateway.security.csrf import is_own
from tests.gateway.browsing import HOST, browser, signed_in
from tests.gateway.recording import RecordingBus

OWN = f"https://{HOST}"
SITES = (None, "same-origin", "same-site", "cross-site", "none", "Same-Origin", "")
ORIGINS = (
    None,
    OWN,
    "null",
    "",
    f"https://evil.{HOST}",
    f"https://{HOST}.evil.test",
    f"http://{HOST}",
)


def expected(site: str | None, origin: str | None, has_cookies: bool) -> bool:
    """The rule, said once more as a table."""
    match site, origin:
        case "same-origin" | "none", _:
            return True
        case None, _ if origin == OWN:
            return True
        case None, None:
            return not has_cookies
    return False


@pytest.mark.parametrize(
    ("site", "origin", "has_cookies"), list(product(SITES, ORIGINS, (True, False)))
)
def test_every_combination_of_signals(
    site: str | None, origin: str | None, has_cookies: bool
) -> None:
    verdict = is_own(site=site, origin=origin, has_cookies=has_cookies, own_origin=OWN)
    assert verdict is expected(site, origin, has_cookies)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "none"}, 303),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": OWN}, 403),
        ({"Origin": OWN}, 303),
        ({"Origin": "https://evil.test"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 403),
    ],
)
def test_logging_out_from_another_site(
    app: Flask, bus: RecordingBus, headers: dict[str, str], status: int
) -> None:
    client = signed_in(browser(app), bus)
    del client.environ_base["HTTP_SEC_FETCH_SITE"]
    answer = client.post("/log-out", headers={"Accept": "application/json", **headers})
    assert answer.status_code == status
    assert bool(bus.calls("auth", "log_out")) is (status == 303)


def test_logging_somebody_in_from_another_site_is_refused(app: Flask, bus: RecordingBus) -> None:
    client = browser(app)
    client.environ_base["HTTP_SEC_FETCH_SITE"] = "cross-site"
    typed = {"login": "mallory@example.test", "password": "theirs"}
    answer = client.post("/log-in", data=typed, headers={"Accept": "application/json"})
    assert answer.status_code == 403
    assert not bus.asked


def test_reading_from_another_site_is_allowed(app: Flask) -> None:
    client = browser(app)
    client.environ_base["HTTP_SEC_FETCH_SITE"] = "cross-site"
    assert client.get("/healthz").status_code == 200


def test_a_cookie_does_not_count_at_the_api(app: Flask, bus: RecordingBus) -> None:
    client = signed_in(browser(app), bus)
    assert client.get("/api/v1/sessions/current").status_code == 401


def test_a_bearer_token_does_not_count_at_a_page(app: Flask, bus: RecordingBus) -> None:
    client = browser(app)
    answer = client.get("/dashboard", headers={"Authorization": "Bearer whatever"})
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/log-in?next=")
