"""Only our own hosts are answered, and nothing is built from what the Host header says (GW-01)."""

from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.test import create_environ, run_wsgi_app

from gateway.aliases import MAIN_SITE, Aliases, normalised_host
from tests.gateway.browsing import HOST, settings

OURS = (HOST, HOST.upper(), f"{HOST}.", f"{HOST}:443", f"{HOST}:8080", f"{HOST.title()}.:80")
NOT_OURS = (
    "",
    " ",
    "other.test",
    f"evil.{HOST}",
    f"{HOST}.evil.test",
    f"{HOST}..",
    f".{HOST}",
    f"user@{HOST}",
    f"user:password@{HOST}",
    f"{HOST}@evil.test",
    f"{HOST}:",
    f"{HOST}:0",
    f"{HOST}:65536",
    f"{HOST}:999999",
    f"{HOST}:port",
    f"{HOST}:80:80",
    f"{HOST}/path",
    f"{HOST}?query",
    f"{HOST}#fragment",
    f"{HOST},other.test",
    f"{HOST} other.test",
    f" {HOST}",
    f"{HOST}\t",
    f"https://{HOST}",
    "members_test",
    "members.test%00",
    "members.test\\evil",
    "-members.test",
    "members.tést",
    "xn--mmbers-cva.test",
    "m" * 64 + ".test",
    "192.0.2.7",
    "[2001:db8::7]",
    "[::1",
    "::1",
    "2130706433",
    "0x7f.1",
)
LOOPBACK = ("localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:8080", "[::1]", "[::1]:8080")


@pytest.mark.parametrize("header", OURS)
def test_our_host_in_any_spelling_is_the_main_site(header: str) -> None:
    site = Aliases(settings()).find(header)
    assert site is not None
    assert (site.site_id, site.origin) == (MAIN_SITE, f"https://{HOST}")


@pytest.mark.parametrize("header", NOT_OURS)
def test_another_host_is_nobody_s(header: str) -> None:
    assert Aliases(settings(mode="sandbox")).find(header) is None


@pytest.mark.parametrize("header", LOOPBACK)
def test_loopback_is_served_in_sandbox_mode_only(header: str) -> None:
    assert Aliases(settings(mode="production")).find(header) is None
    site = Aliases(settings(mode="sandbox")).find(header)
    assert site is not None
    assert site.origin == f"http://{header.lower()}"


def test_an_international_name_is_found_in_both_spellings() -> None:
    aliases = Aliases(settings(public_url="https://bücher.test"))
    assert aliases.find("bücher.test") == aliases.find("xn--bcher-kva.test") == aliases.main


def test_an_address_may_be_the_public_url() -> None:
    aliases = Aliases(settings(public_url="http://[2001:DB8::7]:8080"))
    assert aliases.find("[2001:db8:0::7]:8080") == aliases.main
    assert aliases.main.origin == "http://[2001:db8::7]:8080"


def test_a_port_is_read() -> None:
    assert normalised_host("Members.Test.:8080") == ("members.test", 8080)


@pytest.mark.parametrize("header", ["other.test", "", f"user@{HOST}", "127.0.0.1"])
def test_a_request_for_another_host_is_misdirected(app: Flask, header: str) -> None:
    answer = app.test_client().get("/log-in", environ_overrides={"HTTP_HOST": header})
    assert answer.status_code == 421
    assert answer.content_type == "text/plain"
    assert "Memberhall" not in answer.text
    assert "Set-Cookie" not in answer.headers


def test_a_request_without_a_host_is_misdirected(app: Flask) -> None:
    environ = create_environ("/log-in", f"https://{HOST}")
    del environ["HTTP_HOST"]
    _, status, _ = run_wsgi_app(app, environ)
    assert status.startswith("421")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_are_answered_at_any_host(app: Flask, path: str) -> None:
    answer = app.test_client().get(path, environ_overrides={"HTTP_HOST": "10.1.2.3:8080"})
    assert answer.status_code == 200


def test_a_redirect_names_no_host(build: Callable[..., Flask]) -> None:
    client = build(mode="sandbox", public_url=f"http://{HOST}").test_client()
    answer = client.get("/dashboard", environ_overrides={"HTTP_HOST": "localhost:8080"})
    assert answer.headers["Location"] == "/log-in?next=/dashboard"
