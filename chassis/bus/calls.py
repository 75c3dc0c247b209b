"""A call as it came off the wire."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis.context import Caller


@dataclass(frozen=True, kw_only=True)
class IncomingCall:
    """Its context is verified; its arguments are not yet loaded."""

    caller: Caller
    arguments: dict[str, Any]
    call_id: UUID | None
