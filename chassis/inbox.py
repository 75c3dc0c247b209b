"""Effects happen once: what was handled or answered is remembered in the same transaction."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.database import put_off
from chassis.errors import Conflict
from chassis.plumbing import inbox, reply

# Put together once: that costs more than to run them.
_RECORD = (
    insert(inbox)
    .on_conflict_do_nothing(index_elements=["message_id"])
    .returning(inbox.c.message_id)
)
_RESERVE = (
    insert(reply).on_conflict_do_nothing(index_elements=["call_id"]).returning(reply.c.call_id)
)
_ANSWER = "UPDATE reply SET answer = %s WHERE call_id = %s"


@dataclass(frozen=True)
class Asked:
    """What a call id stands for; the actor belongs to it, so that nobody reads another's answer."""

    method: str
    actor: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Answered:
    """The stored answer of a call; it may be anything, also nothing."""

    answer: Any


def first_delivery(session: Session, message_id: UUID, wire: str) -> bool:
    """Record the message; False when its effect is already there."""
    recorded = session.execute(_RECORD, {"message_id": message_id, "wire": wire})
    return recorded.first() is not None


def answered_once(
    session: Session,
    call_id: UUID | None,
    asked: Asked,
    answer: Callable[[], Any],
) -> Any:
    """The answer of a mutating call: the stored one when this call id was answered before.

    Two deliveries at the same moment meet at the primary key: the second waits for the first to
    commit and then reads its answer. Raises Conflict when the id comes back with other content.
    """
    if call_id is None:
        return answer()
    if not _reserve(session, call_id, asked.method, _fingerprint(asked)):
        earlier = earlier_answer(session, call_id, asked)
        assert earlier is not None
        return earlier.answer
    result = answer()
    put_off(session, _ANSWER, (json.dumps(result), str(call_id)))
    return result


def earlier_answer(session: Session, call_id: UUID | None, asked: Asked) -> Answered | None:
    """How this call was answered before, None when it was not.

    Raises Conflict when the id stands for other content.
    """
    row = session.execute(
        select(reply.c.fingerprint, reply.c.answer).where(reply.c.call_id == call_id)
    ).one_or_none()
    if row is None:
        return None
    if row.fingerprint != _fingerprint(asked):
        raise Conflict("call_id_reused", "This call id was used before for another request.")
    return Answered(row.answer)


def _reserve(session: Session, call_id: UUID, method: str, fingerprint: bytes) -> bool:
    values = {"call_id": call_id, "method": method, "fingerprint": fingerprint}
    reserved = session.execute(_RESERVE, values)
    return reserved.first() is not None


def _fingerprint(asked: Asked) -> bytes:
    text = json.dumps([asked.method, asked.actor, asked.arguments], sort_keys=True)
    return hashlib.sha256(text.encode()).digest()
