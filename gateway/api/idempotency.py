"""`Idempotency-Key`: a creating POST that is sent again does not create again.

The key becomes the call id, under which the service keeps its answer for 24 hours; whoever asks and
what is asked belong to it, so that one client's key never meets another's. The same key with other
content is a Conflict.
"""

import re
from dataclasses import dataclass
from uuid import UUID, uuid5

from flask import request

from chassis.errors import Invalid
from chassis.ids import new_id
from gateway import access

_KEYS = UUID("018f0000-0000-7000-8000-0000000000a1")
_KEY = re.compile(r"[\x21-\x7e]{1,64}")


@dataclass(frozen=True, kw_only=True)
class Creation:
    """The call id of a creating call and the id of what it creates; a repeat has the same ones."""

    call_id: UUID
    created_id: UUID

    def another(self, name: str) -> UUID:
        """The id of a second thing created by the same call."""
        return uuid5(self.call_id, name)


def creation() -> Creation:
    """From the request's Idempotency-Key; fresh ids where it has none."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return Creation(call_id=new_id(), created_id=new_id())
    if not _KEY.fullmatch(key):
        raise Invalid("idempotency_key_wrong", "Idempotency-Key is 1 to 64 printable characters.")
    view = access.me()
    asker = view.user_id if view else "visitor"
    call_id = uuid5(_KEYS, f"{asker} {request.method} {request.path} {key}")
    return Creation(call_id=call_id, created_id=uuid5(call_id, "created"))
