"""What is mailed to prove that somebody reads an address: a long token in a link, a short code.

Both are derived from the token's id by a key from the settings, so that neither has to be stored or
sent about: the sender asks for them when it writes the mail. Of the token the database holds the
SHA-256, to find it by; of the code nothing, for 40 bits could be guessed from their hash.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from chassis.errors import Denied

# Crockford's base 32: no letter in it looks like another letter or a digit.
CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 8
CODE_TRIES = 10

_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1", " ": None, "-": None})

MAILS_WITHIN = timedelta(hours=1)
MAILS = 10  # to one address within that time (ID-03)


class Purpose(StrEnum):
    """What a token may be used for, and for nothing else."""

    CONFIRM = "confirm"
    RESET = "reset"


LIFETIME = {Purpose.CONFIRM: timedelta(hours=48), Purpose.RESET: timedelta(hours=1)}


def token_text(key: bytes, token_id: UUID) -> str:
    """The token in the link: 256 bits, 43 characters that need no quoting in a URL."""
    return base64.urlsafe_b64encode(_derived(key, b"token", token_id)).rstrip(b"=").decode()


def token_hash(text: str) -> bytes:
    """What of a token is stored; any text at all has one."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def code_text(key: bytes, token_id: UUID) -> str:
    """The code to type instead of following the link: 8 characters, 40 bits."""
    drawn = _derived(key, b"code", token_id)[:CODE_LENGTH]
    return "".join(CODE_ALPHABET[byte % len(CODE_ALPHABET)] for byte in drawn)


def is_code_of(token_id: UUID, typed: str, keys: Sequence[bytes]) -> bool:
    """Whether somebody typed this token's code; case, spaces, hyphens and O for 0 do not matter."""
    read = typed.upper().translate(_MISREAD).encode("utf-8", "surrogatepass")
    matches = [hmac.compare_digest(code_text(key, token_id).encode(), read) for key in keys]
    return any(matches)


def key_of(token_id: UUID, stored_hash: bytes, keys: Sequence[bytes]) -> bytes | None:
    """The key a token was made with, None when it is no longer among the settings' keys."""
    for key in keys:
        if hmac.compare_digest(token_hash(token_text(key, token_id)), stored_hash):
            return key
    return None


def token_unusable() -> Denied:
    return Denied("token_unusable", "This link was used, replaced, or is too old. Ask for another.")


def _derived(key: bytes, use: bytes, token_id: UUID) -> bytes:
    return hmac.digest(key, use + b":" + token_id.bytes, hashlib.sha256)
