"""Jobs connect to public addresses only, whatever a name says now or later."""

import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from chassis.config import SettingsError
from services.jobs.tasks import addresses, web
from services.jobs.tasks.addresses import Forbidden, check_url, is_public
from tests.jobs.web_server import Page, WebServer, web_server

Resolve = Callable[..., None]


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch) -> Resolve:
    """Lets every name have these addresses, first those, at the next look the next ones."""

    def say(*looks: list[str]) -> list[str]:
        asked: list[str] = []

        def getaddrinfo(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
            asked.append(host)
            look = looks[min(len(asked), len(looks)) - 1]
            return [
                (
                    socket.AF_INET6 if ":" in each else socket.AF_INET,
                    socket.SOCK_STREAM,
                    socket.IPPROTO_TCP,
                    "",
                    (each, port, 0, 0) if ":" in each else (each, port),
                )
                for each in look
            ]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        return asked

    return say  # type: ignore[return-value]


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Notes where a connection was tried, and lets none come about."""
    tried: list[Any] = []

    def connect(self: socket.socket, target: Any) -> None:
        tried.append(target)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket.socket, "connect", connect)
    return tried


@pytest.fixture
def server() -> Iterator[WebServer]:
    with web_server() as server:
        yield server


def ask(url: str) -> web.Answer:
    return web.ask("GET", url, seconds=5, most=1_000)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "192.168.1.1",
        "0.0.0.0",  # noqa: S104 - nothing is bound to it
        "169.254.169.254", "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192",
        "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250",
        "240.0.0.1", "255.255.255.255", "192.88.99.1",
        "::1", "::", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
        "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "fe80::1", "fe80::1%eth0",
        "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1", "2001::1",
        "2002:7f00:1::", "100::1",
    ],
)  # fmt: skip
def test_an_address_that_is_not_the_open_internets_is_refused(
    address: str, resolve: Resolve, nowhere: list[Any]
) -> None:
    resolve([address])
    with pytest.raises(Forbidden, match="not a public address"):
        ask("http://partner.test/hook")
    assert nowhere == []


@pytest.mark.parametrize(
    "address",
    ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "::ffff:8.8.8.8", "64:ff9b::808:808"],
)
def test_public_addresses_are_connected_to(
    address: str, resolve: Resolve, nowhere: list[Any]
) -> None:
    resolve([address])
    with pytest.raises(web.Unanswered, match="Connection refused"):
        ask("http://partner.test:8080/hook")
    assert [target[:2] for target in nowhere] == [(address, 8080)]


def test_one_private_address_among_public_ones_is_enough_to_refuse(
    resolve: Resolve, nowhere: list[Any]
) -> None:
    resolve(["93.184.216.34", "10.0.0.1"])
    with pytest.raises(Forbidden, match=r"partner\.test is at 10\.0\.0\.1"):
        ask("https://partner.test/hook")
    assert nowhere == []


def test_a_name_that_leads_elsewhere_at_a_second_look_gets_no_second_look(
    resolve: Resolve, nowhere: list[Any]
) -> None:
    asked = resolve(["93.184.216.34"], ["127.0.0.1"])
    with pytest.raises(web.Unanswered):
        ask("http://partner.test/hook")
    assert asked == ["partner.test"]
    assert nowhere == [("93.184.216.34", 80)]


@pytest.mark.parametrize(
    "host", ["localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]", "0"]
)
def test_no_spelling_of_this_machine_is_reached(host: str, server: WebServer) -> None:
    with pytest.raises(Forbidden):
        ask(f"http://{host}:{server.port}/")
    assert server.seen == []


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_alike_in_all_its_ipv6_forms(address: Any) -> None:
    number = int(address)
    forms = [f"::ffff:{address}", f"64:ff9b::{number >> 16:x}:{number & 0xFFFF:x}"]
    assert {is_public(form) for form in forms} == {is_public(str(address))}


@given(st.ip_addresses())
def test_every_address_can_be_judged(address: Any) -> None:
    assert is_public(str(address)) in (True, False)
    assert not (is_public(str(address)) and (address.is_loopback or address.is_private))


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://partner.test/", "gopher://partner.test/", "partner.test/hook",
        "http://", "http:///path", "http://user:secret@partner.test/", "http://partner.test:99999/",
        "http://partner.test/a b", "http://partner.test/\r\nHost: other", "http://[::1/",
        "http://partner.test/" + "x" * 2_000, "",
    ],
)  # fmt: skip
def test_a_url_that_cannot_be_asked_is_refused(url: str) -> None:
    with pytest.raises(Forbidden):
        check_url(url)


def test_a_stand_in_is_reached_where_the_sandbox_allows_it(
    server: WebServer, monkeypatch: pytest.MonkeyPatch, resolve: Resolve
) -> None:
    monkeypatch.setenv("MEMBERHALL_MODE", "sandbox")
    monkeypatch.setenv("MEMBERHALL_NODE_SANDBOX_HOSTS", f"partner.test:{server.port}, other.test")
    server.pages["/"] = Page(body=b"hello")
    resolve(["127.0.0.1"])
    assert ask(f"http://Partner.test:{server.port}/").body == b"hello"
    assert server.seen[0].headers["Host"] == f"Partner.test:{server.port}".lower()
    with pytest.raises(Forbidden):
        ask("http://partner.test:1/")


@pytest.mark.parametrize("mode", ["production", None])
def test_production_refuses_the_sandboxes_way_in(
    mode: str | None, server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MEMBERHALL_MODE", raising=False)
    if mode:
        monkeypatch.setenv("MEMBERHALL_MODE", mode)
    monkeypatch.setenv("MEMBERHALL_NODE_SANDBOX_HOSTS", server.host)
    with pytest.raises(SettingsError, match="sandbox mode only"):
        ask(server.url("/"))
    assert server.seen == []


def test_no_proxy_of_the_environment_stands_between(
    server: WebServer, monkeypatch: pytest.MonkeyPatch, resolve: Resolve
) -> None:
    monkeypatch.setenv("http_proxy", server.url(""))
    resolve(["10.0.0.1"])
    with pytest.raises(Forbidden):
        ask("http://partner.test/")
    assert server.seen == []


def a_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for partner.test that nobody has signed, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "partner.test")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("partner.test")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    pem = serialization.Encoding.PEM
    paths[0].write_bytes(certificate.public_bytes(pem))
    paths[1].write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


@pytest.fixture
def tls(tmp_path: Path) -> Iterator[tuple[WebServer, list[str | None], Path]]:
    """A server with TLS, the names that it was asked for, and the authority behind it."""
    certificate, key = a_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    names: list[str | None] = []
    context.sni_callback = lambda _, name, __: names.append(name)
    with web_server(lambda listening: context.wrap_socket(listening, server_side=True)) as server:
        server.pages["/"] = Page(body=b"hello")
        yield server, names, certificate


def test_tls_asks_for_the_host_and_trusts_nobody_unknown(
    tls: tuple[WebServer, list[str | None], Path],
    monkeypatch: pytest.MonkeyPatch,
    resolve: Resolve,
) -> None:
    server, names, _ = tls
    monkeypatch.setenv("MEMBERHALL_MODE", "sandbox")
    monkeypatch.setenv("MEMBERHALL_NODE_SANDBOX_HOSTS", "partner.test")
    resolve(["127.0.0.1"])
    with pytest.raises(web.Unanswered, match="CERTIFICATE_VERIFY_FAILED"):
        ask(f"https://partner.test:{server.port}/")
    assert names == ["partner.test"]
    assert server.seen == []


def test_tls_holds_the_certificate_to_the_hosts_name(
    tls: tuple[WebServer, list[str | None], Path],
    monkeypatch: pytest.MonkeyPatch,
    resolve: Resolve,
) -> None:
    server, _, authority = tls
    monkeypatch.setenv("MEMBERHALL_MODE", "sandbox")
    monkeypatch.setenv("MEMBERHALL_NODE_SANDBOX_HOSTS", "partner.test,other.test")
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(authority))
    resolve(["127.0.0.1"])
    assert ask(f"https://partner.test:{server.port}/").body == b"hello"
    with pytest.raises(web.Unanswered, match=r"'other\.test'"):
        ask(f"https://other.test:{server.port}/")


def test_a_socket_that_does_not_connect_is_closed_and_the_next_address_tried(
    server: WebServer, monkeypatch: pytest.MonkeyPatch, resolve: Resolve
) -> None:
    monkeypatch.setenv("MEMBERHALL_MODE", "sandbox")
    monkeypatch.setenv("MEMBERHALL_NODE_SANDBOX_HOSTS", "partner.test")
    resolve(["127.0.0.2", "127.0.0.1"])
    with addresses.connect("partner.test", server.port, 5) as connected:
        assert connected.getpeername() == ("127.0.0.1", server.port)
