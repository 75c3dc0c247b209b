"""Identifiers in PayPal's shapes."""

from __future__ import annotations

import hashlib
import secrets
import string

_CAPITALS = string.ascii_uppercase + string.digits
_SIGNS = string.ascii_letters + string.digits + "-."


def _drawn(alphabet: str, length: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))


def subscription_id() -> str:
    return "I-" + _drawn(_CAPITALS, 12)


def transaction_id() -> str:
    return _drawn(_CAPITALS, 17)


def verify_sign() -> str:
    return _drawn(_SIGNS, 56)


def track_id() -> str:
    return secrets.token_hex(7)[:13]


def account_id(email: str) -> str:
    """The 13 characters of a buyer's or merchant's account: always the same for one address."""
    number = int.from_bytes(hashlib.sha256(email.lower().encode()).digest())
    letters = []
    for _ in range(13):
        number, place = divmod(number, len(_CAPITALS))
        letters.append(_CAPITALS[place])
    return "".join(letters)
