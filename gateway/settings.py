"""The gateway's settings, read from the environment."""

import os
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from urllib.parse import urlsplit

from chassis.config import BusSettings, setting

Network = IPv4Network | IPv6Network

SHORTEST_KEY = 32  # characters


def parse_keys(text: str) -> tuple[str, ...]:
    """Comma separated, newest first: the first signs, all verify."""
    keys = tuple(key.strip() for key in text.split(",") if key.strip())
    if not keys or min(len(key) for key in keys) < SHORTEST_KEY:
        raise ValueError(f"holds a key shorter than {SHORTEST_KEY} characters")
    return keys


def parse_networks(text: str) -> tuple[Network, ...]:
    """Comma separated CIDR networks, such as "10.0.0.0/8,fd00::/8"."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


@dataclass(frozen=True, kw_only=True)
class Settings(BusSettings):
    """What the gateway needs to know."""

    bind: str = setting(default="127.0.0.1:8080")
    cookie_keys: tuple[str, ...] = setting(parse=parse_keys)
    # Only a peer in these networks may say for whom it forwards.
    trusted_proxies: tuple[Network, ...] = setting(default=(), parse=parse_networks)
    workers: int = setting(default=os.cpu_count() or 2)
    threads: int = setting(default=12)
    largest_body: int = setting(default=256 * 1024)  # bytes
    largest_notification: int = setting(default=64 * 1024)  # bytes of a payment provider's message

    # Where the sandbox shows the mail it caught; every page of the sandbox links to it.
    mailbox_url: str = setting(default="")

    @property
    def is_https(self) -> bool:
        return urlsplit(self.public_url).scheme == "https"
