"""Which site a request is for: host to site, by exact match of the normalised name.

Nothing is ever built from the Host header: links, cookies and redirects come from the site found.
"""

import ipaddress
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import urlsplit
from uuid import UUID

from gateway.accents import DEFAULT_ACCENT
from gateway.settings import Settings

MAIN_SITE = UUID("018f0000-0000-7000-8000-000000000001")
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_HOST = re.compile(r"(?P<name>\[[0-9a-fA-F:.]+\]|[^:\[\]]+)(?::(?P<port>[0-9]{1,5}))?")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, kw_only=True)
class Site:
    """A shop as its visitors see it; its own pages send `origin` as Origin."""

    site_id: UUID
    name: str
    accent: str  # "#rrggbb"
    origin: str


class Aliases:
    """The hosts that this gateway serves."""

    def __init__(self, settings: Settings) -> None:
        self._public = _name_in(settings.public_url)
        self._main = Site(
            site_id=MAIN_SITE,
            name="Memberhall",
            accent=DEFAULT_ACCENT,
            origin=_origin(settings.public_url),
        )
        self._serves_loopback = settings.is_sandbox
        # Every request asks, nearly always for one of a few; strangers' inventions push out others.
        self.find = lru_cache(maxsize=256)(self._find)

    @property
    def main(self) -> Site:
        return self._main

    def _find(self, host_header: str) -> Site | None:
        """The site of a Host header; None for a host that nobody here serves."""
        host = normalised_host(host_header)
        if host is None:
            return None
        name, port = host
        if name == self._public:
            return self._main
        if self._serves_loopback and name in _LOOPBACK:
            # A developer's own machine: same site, but its pages are of the origin they came from.
            origin = f"http://{name}:{port}" if port else f"http://{name}"
            return replace(self._main, origin=origin)
        return None


def normalised_host(header: str) -> tuple[str, int | None] | None:
    """Lower-case name without its final dot, and the port; None for what is no host and port."""
    found = _HOST.fullmatch(header)
    if found is None:
        return None
    port = int(found["port"]) if found["port"] else None
    if port is not None and not 0 < port < 65536:
        return None
    name = _normalised_name(found["name"])
    return (name, port) if name else None


def _normalised_name(name: str) -> str:
    """In IDNA's ASCII form; empty for what cannot be a name."""
    if name.startswith("["):
        return _address(name)
    try:
        ascii_name = name.encode("idna").decode() if not name.isascii() else name
    except UnicodeError:
        return ""
    lowered = ascii_name.lower().removesuffix(".")
    labels = lowered.split(".")
    return lowered if all(_LABEL.fullmatch(label) for label in labels) else ""


def _address(name: str) -> str:
    try:
        return f"[{ipaddress.IPv6Address(name[1:-1])}]"
    except ValueError:
        return ""


def _name_in(url: str) -> str:
    name = urlsplit(url).hostname or ""
    return _normalised_name(f"[{name}]" if ":" in name else name)


def _origin(url: str) -> str:
    """Scheme, host and port as browsers write them (RFC 6454): the default port left out."""
    parts = urlsplit(url)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    port = f":{parts.port}" if parts.port and parts.port != default else ""
    return f"{parts.scheme}://{_name_in(url)}{port}"
