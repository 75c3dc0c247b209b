"""Which addresses a job may connect to: public ones, judged at the moment of connecting.

A partner gives us a URL; where it leads is the partner's choice, and may change between two looks.
Therefore a name is resolved once, every address that it has is judged, and the connection goes to
a judged address. The request still names the host, in its Host header and in TLS.
"""

import os
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from chassis import config
from chassis.config import PRODUCTION, SANDBOX, SettingsError, parse_mode, setting

MOST_URL = 2_000  # characters

# What Python's ipaddress takes for public in one version or another, and is not for us to reach.
_FURTHER = tuple(
    ip_network(each)
    for each in (
        "100.64.0.0/10",  # shared address space; one cloud's metadata is at 100.100.100.200
        "168.63.129.16/32",  # another cloud's host, seen from each of its machines
        "192.0.0.0/24",  # protocol assignments; a third cloud's metadata is at 192.0.0.192
        "192.88.99.0/24",  # 6to4 relays
        "::/96",  # IPv4 in IPv6's clothes, as it was before ::ffff:
        "64:ff9b:1::/48",  # translation to addresses of a local network
        "2001::/32",  # Teredo and
        "2002::/16",  # 6to4 tunnels lead to an IPv4 address that is not looked at
        "fec0::/10",  # site-local
    )
)
_NAT64 = ip_network("64:ff9b::/96")


class Forbidden(Exception):
    """The URL leads where a job may not go; the message says what is wrong with it."""


def _parse_hosts(text: str) -> frozenset[str]:
    return frozenset(part.strip().lower() for part in text.split(",") if part.strip())


@dataclass(frozen=True, kw_only=True)
class Reach:
    """What a node's environment says of where jobs may connect to.

    `sandbox_hosts` (MEMBERHALL_NODE_SANDBOX_HOSTS, for example "127.0.0.1:8099,partner.test") lets
    development and tests reach stand-ins on the own machine. In production it is refused.
    """

    principal: str
    mode: str = setting(default=PRODUCTION, shared=True, parse=parse_mode)
    sandbox_hosts: frozenset[str] = setting(default=frozenset(), parse=_parse_hosts)

    def allows(self, host: str, port: int) -> bool:
        """Whether the host is reached without a look at its address."""
        if self.sandbox_hosts and self.mode != SANDBOX:
            raise SettingsError("MEMBERHALL_NODE_SANDBOX_HOSTS is for sandbox mode only")
        host = host.lower()
        return not self.sandbox_hosts.isdisjoint({host, f"{host}:{port}"})


def check_url(url: str) -> str:
    """The host of an address that can be asked at all; raises Forbidden for any other."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise Forbidden(f"The URL cannot be read: {error}.") from error
    if parts.scheme not in ("http", "https") or not host:
        raise Forbidden("The URL must begin with http:// or https:// and name a host.")
    if parts.username is not None or parts.password is not None:
        raise Forbidden("The URL must not hold a name or a password: jobs are kept and shown.")
    if len(url) > MOST_URL or any(letter <= " " or letter == "\x7f" for letter in url):
        raise Forbidden(f"The URL must have {MOST_URL} characters at most, and no spaces.")
    return host


def is_public(address: str) -> bool:
    """Whether the numeric address is one of the open internet's."""
    read = ip_address(address.split("%", maxsplit=1)[0])
    if isinstance(read, IPv6Address):
        if read.ipv4_mapped is not None:
            return is_public(str(read.ipv4_mapped))
        if read in _NAT64:
            return is_public(str(IPv4Address(int(read) & 0xFFFFFFFF)))
    if any(read in network for network in _FURTHER if network.version == read.version):
        return False
    return read.is_global and not read.is_multicast and not read.is_reserved


def connect(host: str, port: int, seconds: float | None) -> socket.socket:
    """Connect to one of the host's addresses, all of which must be public.

    Raises Forbidden, and OSError where nobody answers.
    """
    reach = config.load(Reach, "node", os.environ)
    is_allowed = reach.allows(host, port)
    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    for *_, target in found:
        if not is_allowed and not is_public(str(target[0])):
            raise Forbidden(f"{host} is at {target[0]}, which is not a public address.")
    problem: OSError = OSError(f"{host} has no address")
    for family, kind, protocol, _, target in found:
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(seconds)
            connection.connect(target)
        except OSError as error:
            connection.close()
            problem = error
        else:
            return connection
    raise problem
