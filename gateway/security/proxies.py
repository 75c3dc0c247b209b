"""Who really asks, when proxies stand in front (GW-02 of the identity reference).

Only a peer in the trusted networks may say for whom it forwards; from anybody else those headers
are taken away before the application sees them.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING

from gateway.settings import Network

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SPOKEN_FOR = (
    "HTTP_FORWARDED",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_PREFIX",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_SSL",
    "HTTP_X_REAL_IP",
    "HTTP_X_ORIGINAL_URL",
    "HTTP_X_REWRITE_URL",
    "HTTP_X_HTTP_METHOD_OVERRIDE",
    "HTTP_X_SCRIPT_NAME",
)


class TrustedProxies:
    """WSGI middleware: sets REMOTE_ADDR and the scheme from trusted proxies, drops all else."""

    def __init__(self, application: "WSGIApplication", networks: tuple[Network, ...]) -> None:
        self._application = application
        self._networks = networks

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        peer = _address(environ.get("REMOTE_ADDR", "")) if self._networks else None
        if peer and self._trusts(peer):
            environ["REMOTE_ADDR"] = str(
                self._client(environ.get("HTTP_X_FORWARDED_FOR", ""), peer)
            )
            scheme = environ.get("HTTP_X_FORWARDED_PROTO", "")
            if scheme in ("http", "https"):
                environ["wsgi.url_scheme"] = scheme
        for name in SPOKEN_FOR:
            environ.pop(name, None)
        return self._application(environ, start_response)

    def _client(
        self, forwarded_for: str, peer: IPv4Address | IPv6Address
    ) -> IPv4Address | IPv6Address:
        """The last address that no trusted proxy has; what stands left of it may be invented."""
        client = peer
        for text in reversed(forwarded_for.split(",")):
            address = _address(text.strip())
            if address is None:
                return client
            client = address
            if not self._trusts(address):
                return client
        return client

    def _trusts(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in network for network in self._networks)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
