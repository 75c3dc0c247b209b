"""The envelope of an event: what travels beside the body, and the signature over both."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.context import Caller, Signer, Verifier
from chassis.errors import Denied, Invalid

# The headers that the teller wrote; retries add others beside them, which nobody signed.
SIGNED = (
    "occurred_at",
    "version",
    "site_id",
    "account_id",
    "actor",
    "request_id",
    "causation_id",
)


@dataclass(frozen=True, kw_only=True)
class Message:
    """A delivered event's envelope."""

    id: UUID
    wire: str
    occurred_at: datetime
    version: int
    site_id: UUID | None
    account_id: UUID | None
    actor: str
    request_id: str
    causation_id: UUID | None

    def caller(self, principal: str) -> Caller:
        """The hearer acting on this event in its own name, for the event's account."""
        return Caller(
            principal=principal,
            request_id=self.request_id,
            site_id=self.site_id,
            account_id=self.account_id,
        )


def seal(
    signer: Signer, message_id: str, wire: str, headers: Mapping[str, Any], body: bytes
) -> dict[str, Any]:
    """The headers with the teller's signature added."""
    signature = signer.signature(_signed(message_id, wire, headers, body))
    return {**headers, "signature": signature}


def unseal(
    verifier: Verifier, message_id: str, wire: str, headers: Mapping[str, Any], body: bytes
) -> Message:
    """Read an envelope; raises Denied when the named service did not tell this event."""
    teller = wire.split(".", maxsplit=1)[0]
    signature = headers.get("signature")
    if not isinstance(signature, str):
        raise Denied("signature_missing", f"The event {wire} is not signed.")
    verifier.check(teller, _signed(message_id, wire, headers, body), signature)
    try:
        return Message(
            id=UUID(message_id),
            wire=wire,
            occurred_at=datetime.fromisoformat(headers["occurred_at"]),
            version=headers["version"],
            site_id=_id(headers["site_id"]),
            account_id=_id(headers["account_id"]),
            actor=headers["actor"],
            request_id=headers["request_id"],
            causation_id=_id(headers["causation_id"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Invalid("envelope_unreadable", f"The envelope of {wire} cannot be read.") from error


def _signed(message_id: str, wire: str, headers: Mapping[str, Any], body: bytes) -> bytes:
    told = [message_id, wire, [headers.get(name) for name in SIGNED]]
    return json.dumps(told, separators=(",", ":")).encode() + b"\n" + body


def _id(text: str | None) -> UUID | None:
    return UUID(text) if text else None
