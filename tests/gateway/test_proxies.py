"""For whom a request is forwarded is believed of trusted proxies only (GW-02)."""

from collections.abc import Iterable
from ipaddress import ip_network
from typing import Any

import pytest

from gateway.security.proxies import SPOKEN_FOR, TrustedProxies

TRUSTED = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


def seen(peer: str, **headers: str) -> dict[str, Any]:
    """What the application sees of a request that came from `peer` with these headers."""
    got: dict[str, Any] = {}

    def application(environ: dict[str, Any], _: Any) -> Iterable[bytes]:
        got.update(environ)
        return []

    environ = {"REMOTE_ADDR": peer, "wsgi.url_scheme": "http", **headers}
    TrustedProxies(application, TRUSTED)(environ, lambda *_: lambda _: None)
    return got


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "client"),
    [
        ("192.0.2.1", "198.51.100.7", "192.0.2.1"),
        ("10.1.1.1", "198.51.100.7", "198.51.100.7"),
        ("10.1.1.1", "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        ("10.1.1.1", "198.51.100.7, 10.2.2.2", "198.51.100.7"),
        ("fd00::1", "2001:db8::7", "2001:db8::7"),
        ("10.1.1.1", "", "10.1.1.1"),
        ("10.1.1.1", "nonsense", "10.1.1.1"),
        ("10.1.1.1", "198.51.100.7:1234", "10.1.1.1"),
        ("10.1.1.1", "203.0.113.9, nonsense, 10.2.2.2", "10.2.2.2"),
        ("", "198.51.100.7", ""),
    ],
)
def test_the_client_is_the_last_address_that_no_proxy_of_ours_has(
    peer: str, forwarded_for: str, client: str
) -> None:
    assert seen(peer, HTTP_X_FORWARDED_FOR=forwarded_for)["REMOTE_ADDR"] == client


@pytest.mark.parametrize(
    ("peer", "said", "scheme"),
    [
        ("10.1.1.1", "https", "https"),
        ("10.1.1.1", "javascript", "http"),
        ("10.1.1.1", "https, http", "http"),
        ("192.0.2.1", "https", "http"),
    ],
)
def test_the_scheme_is_http_or_https_and_believed_of_proxies_only(
    peer: str, said: str, scheme: str
) -> None:
    assert seen(peer, HTTP_X_FORWARDED_PROTO=said)["wsgi.url_scheme"] == scheme


@pytest.mark.parametrize("peer", ["10.1.1.1", "192.0.2.1"])
def test_no_forwarding_header_reaches_the_application(peer: str) -> None:
    left = seen(peer, **dict.fromkeys(SPOKEN_FOR, "198.51.100.7"))
    assert not set(SPOKEN_FOR) & set(left)
