"""What a command tells the world, written in the same transaction as what it changed."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from chassis import clock, plumbing
from chassis.context import Caller
from chassis.events import Event, instant_text
from chassis.ids import new_id


def stage(session: Session, event: Event) -> UUID:
    """Put an event into the outbox of the open transaction; returns its message id.

    The envelope's site, actor, request id and cause come from `session.info`, which the bus
    prepared; the account is the event's own where it has one.
    """
    account_id = getattr(event, "account_id", None)
    return _stage(session, event.wire, event.version, event.to_body(), account_id)


def enqueue(
    session: Session,
    kind: str,
    args: Mapping[str, Any],
    *,
    uid: UUID,
    run_at: datetime | None = None,
    priority: int | None = None,
) -> UUID:
    """Ask for offline work: the job named `kind` runs at least once if the transaction commits.

    `uid` makes the request idempotent; `run_at` is real time; a lower `priority` runs earlier, the
    kind's own is taken where none is given.
    """
    service = kind.split(".", maxsplit=1)[0]
    body = {
        "uid": str(uid),
        "kind": kind,
        "args": dict(args),
        "run_at": instant_text(run_at) if run_at else None,
        "priority": priority,
    }
    return _stage(session, f"{service}.job_requested", 1, body, None)


def _stage(
    session: Session, wire: str, version: int, body: Mapping[str, Any], account_id: UUID | None
) -> UUID:
    caller: Caller | None = session.info.get("caller")
    message_id = new_id()
    headers = {
        "occurred_at": instant_text(clock.now()),
        "version": version,
        "site_id": _text(caller.site_id if caller else None),
        "account_id": _text(account_id or (caller.account_id if caller else None)),
        "actor": caller.actor if caller else f"service:{wire.split('.', maxsplit=1)[0]}",
        "request_id": caller.request_id if caller else str(message_id),
        "causation_id": _text(session.info.get("causation_id")),
    }
    session.execute(
        insert(plumbing.outbox),
        {
            "message_id": message_id,
            "wire": wire,
            "headers": headers,
            "body": json.dumps(body, separators=(",", ":")).encode(),
        },
    )
    session.info["staged"] = True
    return message_id


def _text(value: UUID | None) -> str | None:
    return str(value) if value else None
