"""After logging in one stays on this site, whatever `next` says (SE-13)."""

from urllib.parse import urljoin, urlsplit

import pytest

from gateway.security.own_paths import own_path

OWN = (
    "/",
    "/dashboard",
    "/invoices/018f0000-0000-7000-8000-000000000001",
    "/invoices/018f0000-0000-7000-8000-000000000001.pdf",
    "/operator/payments?state=unmatched&cursor=abc",
    "/pricing?ref=ADA_1-x",
)
NOT_OWN = (
    "",
    " ",
    "dashboard",
    "./dashboard",
    "../dashboard",
    "//evil.test",
    "///evil.test",
    "////evil.test",
    "//evil.test/dashboard",
    "/\\evil.test",
    "\\/evil.test",
    "\\\\evil.test",
    "/\\/evil.test",
    "\\evil.test",
    "/%5Cevil.test",
    "/%5cevil.test",
    "/%2Fevil.test",
    "/%2F/evil.test",
    "/%2e%2e//evil.test",
    "/\tevil.test",
    "/\t/evil.test",
    "/\n/evil.test",
    "/\r/evil.test",
    "\t//evil.test",
    "\n//evil.test",
    " //evil.test",
    "/ /evil.test",
    "/\x00/evil.test",
    "\x00//evil.test",
    "/\x0b/evil.test",
    "/..//evil.test",
    "/.//evil.test",
    "/../../evil.test",
    "/..",
    "/.",
    "/dashboard//evil.test",
    "/dashboard/../..//evil.test",
    "https:evil.test",
    "https:/evil.test",
    "https://evil.test",
    "HTTPS://evil.test",
    "http:evil.test",
    "https:///evil.test",
    "https:\\\\evil.test",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "mailto:x@evil.test",
    "@evil.test",
    "/@evil.test",
    "/dashboard@evil.test",
    "members.test@evil.test",
    "https://members.test@evil.test",
    "https://members.test.evil.test",
    "//members.test@evil.test",
    "\uff0f\uff0fevil.test",
    "/\uff0fevil.test",
    "/\uff3cevil.test",
    "\u2215\u2215evil.test",
    "/\u2028/evil.test",
    "/\u00a0/evil.test",
    "/evil\u3002test",
    "/;@evil.test",
    "/#//evil.test",
    "/dashboard\r\nSet-Cookie: a=b",
    "/dashboard\n",
    "?next=//evil.test",
    "/" + "a" * 600,
)


@pytest.mark.parametrize("wanted", OWN)
def test_our_own_pages_can_be_wanted(wanted: str) -> None:
    assert own_path(wanted, "/dashboard") == wanted


@pytest.mark.parametrize("wanted", NOT_OWN)
def test_anything_else_leads_to_the_dashboard(wanted: str) -> None:
    assert own_path(wanted, "/dashboard") == "/dashboard"


def test_nothing_wanted_leads_to_the_dashboard() -> None:
    assert own_path(None, "/dashboard") == "/dashboard"


@pytest.mark.parametrize("wanted", OWN + NOT_OWN)
def test_what_comes_out_stays_on_the_origin_it_is_read_on(wanted: str) -> None:
    led_to = urljoin("https://members.test/log-in", own_path(wanted, "/dashboard"))
    assert urlsplit(led_to)[:2] == ("https", "members.test")
