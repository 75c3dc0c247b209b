"""What auth needs to know beside what every service does."""

import base64
from dataclasses import dataclass

from chassis.config import ServiceSettings, setting

SHORTEST_KEY = 32  # bytes


def parse_token_keys(text: str) -> tuple[bytes, ...]:
    """Comma separated base64 keys, newest first: the first makes tokens, all are accepted."""
    return tuple(_key(part.strip()) for part in text.split(","))


def _key(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise ValueError("is not a comma separated list of base64 keys") from error
    if len(key) < SHORTEST_KEY:
        raise ValueError(f"has a key of {len(key)} bytes, each must have at least {SHORTEST_KEY}")
    return key


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings):
    """MEMBERHALL_AUTH_*; the token keys make the texts of mailed links and codes."""

    token_keys: tuple[bytes, ...] = setting(parse=parse_token_keys)
