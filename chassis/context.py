"""Who is asking: the caller's context, signed for one service and for one minute (Ed25519).

The same keys sign events, so that a hearer knows which service told them.
"""

import base64
import binascii
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from chassis.errors import Denied

LIFETIME = 60  # seconds of real time; longer than any deadline, shorter than a log file's life


@dataclass(frozen=True, kw_only=True)
class Caller:
    """On whose behalf something is asked, and by which process (`principal`)."""

    principal: str
    request_id: str
    user_id: UUID | None = None
    account_id: UUID | None = None
    site_id: UUID | None = None
    roles: frozenset[str] = field(default_factory=frozenset)
    scopes: frozenset[str] = field(default_factory=frozenset)
    authenticated_at: datetime | None = None

    @property
    def actor(self) -> str:
        """Who did it, for event headers and audit: "user:<id>" or "service:<name>"."""
        return f"user:{self.user_id}" if self.user_id else f"service:{self.principal}"

    def site(self) -> UUID:
        """The site it is asked on; raises Denied where the caller is on none."""
        if self.site_id is None:
            raise Denied("site_missing", "This needs to be asked on a site.")
        return self.site_id

    def account(self) -> UUID:
        """The account it is asked for; raises Denied where nobody is logged in."""
        if self.account_id is None:
            raise Denied("log_in_first", "Log in first.")
        return self.account_id

    def user(self) -> UUID:
        """The user who asks; raises Denied where nobody is logged in."""
        if self.user_id is None:
            raise Denied("log_in_first", "Log in first.")
        return self.user_id

    def acting_as(self, principal: str) -> "Caller":
        """The same matter carried on by another process in its own name."""
        return replace(self, principal=principal)


class Signer:
    """Signs in the name of one principal."""

    def __init__(self, principal: str, private_key: bytes) -> None:
        self.principal = principal
        self._key = Ed25519PrivateKey.from_private_bytes(private_key)

    def context(self, caller: Caller, audience: str) -> str:
        """The token that carries `caller` to the service `audience`."""
        payload = json.dumps(_claims(caller, self.principal, audience)).encode()
        return f"{_text(payload)}.{_text(self._key.sign(payload))}"

    def signature(self, signed: bytes) -> str:
        return _text(self._key.sign(signed))


class Verifier:
    """Knows every principal's public keys; any of a principal's keys verifies."""

    def __init__(self, public_keys: Mapping[str, tuple[bytes, ...]]) -> None:
        self._keys = {
            name: tuple(Ed25519PublicKey.from_public_bytes(key) for key in keys)
            for name, keys in public_keys.items()
        }

    def caller(self, token: str, audience: str) -> Caller:
        """Read a context token; raises Denied when forged, expired or meant for another service."""
        try:
            payload, signature = (_bytes(part) for part in token.split("."))
            claims = json.loads(payload)
            principal = str(claims["principal"])
        except (ValueError, KeyError, TypeError) as error:
            raise Denied("context_unreadable", "The caller's context cannot be read.") from error
        self.check(principal, payload, signature)
        if claims["audience"] != audience:
            raise Denied("context_misdirected", "The caller's context is for another service.")
        if claims["expires"] < time.time():
            raise Denied("context_expired", "The caller's context has expired.")
        return _caller(claims)

    def check(self, principal: str, signed: bytes, signature: bytes | str) -> None:
        """Raise Denied unless one of the principal's keys made the signature."""
        raw = _bytes(signature) if isinstance(signature, str) else signature
        for key in self._keys.get(principal, ()):
            try:
                key.verify(raw, signed)
                return
            except InvalidSignature:
                continue
        raise Denied("signature_wrong", f"This was not signed by {principal}.")


def _claims(caller: Caller, principal: str, audience: str) -> dict[str, Any]:
    return {
        "principal": principal,
        "audience": audience,
        "expires": time.time() + LIFETIME,
        "request_id": caller.request_id,
        "user_id": str(caller.user_id) if caller.user_id else None,
        "account_id": str(caller.account_id) if caller.account_id else None,
        "site_id": str(caller.site_id) if caller.site_id else None,
        "roles": sorted(caller.roles),
        "scopes": sorted(caller.scopes),
        "authenticated_at": caller.authenticated_at.timestamp()
        if caller.authenticated_at
        else None,
    }


def _caller(claims: Mapping[str, Any]) -> Caller:
    authenticated = claims["authenticated_at"]
    return Caller(
        principal=claims["principal"],
        request_id=claims["request_id"],
        user_id=_id(claims["user_id"]),
        account_id=_id(claims["account_id"]),
        site_id=_id(claims["site_id"]),
        roles=frozenset(claims["roles"]),
        scopes=frozenset(claims["scopes"]),
        authenticated_at=datetime.fromtimestamp(authenticated, UTC) if authenticated else None,
    )


def _id(text: str | None) -> UUID | None:
    return UUID(text) if text else None


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise ValueError("not base64url") from error
