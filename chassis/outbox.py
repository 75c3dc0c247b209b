"""What a command tells the world, written in the same transaction as what it changed."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from chassis import clock
from chassis.context import Caller
from chassis.database import put_off
from chassis.errors import Invalid
from chassis.events import Event, instant_text
from chassis.ids import new_id

MOST_JOBS = 500  # of one event
MOST_ARGUMENTS = 262_144  # bytes of JSON, of one job
MOST_ARGUMENTS_TOGETHER = 4_194_304  # bytes of JSON, of all jobs of one event
MOST_TAGS = 20
MOST_NEEDS = 100
MOST_VERSION = 32_767

_STAGE = "INSERT INTO outbox (message_id, wire, headers, body) VALUES (%s, %s, %s, %s)"
_KIND = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
_TAG = re.compile(r"[\w.:@/-]{1,50}")


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
    tags: Sequence[str] = (),
    needs: Sequence[UUID] = (),
    group_id: UUID | None = None,
    version: int | None = None,
) -> UUID:
    """Ask for offline work: the job named `kind` runs at least once if the transaction commits.

    `uid` makes the request idempotent; `run_at` is real time; a lower `priority` (1 to 4) runs
    earlier, the kind's own is taken where none is given. The job waits until all `needs` have
    succeeded. `group_id` names a group that is open. `version` is the one of the arguments, the
    kind's newest where none is given. Raises Invalid for what the jobs service would refuse: by
    then the transaction is history, and nobody would hear of it.
    """
    options = _options(kind, run_at, priority, tags, needs, group_id, version)
    args = dict(args)
    _size(args, "/args")
    body = {"uid": str(uid), "kind": kind, "args": args, **options}
    return _stage(session, f"{_asker(session, kind)}.job_requested", 1, body, None)


def enqueue_many(
    session: Session,
    kind: str,
    jobs: Iterable[tuple[UUID, Mapping[str, Any]]],
    *,
    run_at: datetime | None = None,
    priority: int | None = None,
    tags: Sequence[str] = (),
    needs: Sequence[UUID] = (),
    group_id: UUID | None = None,
    version: int | None = None,
) -> UUID:
    """Ask for up to 500 jobs of one kind, each as (uid, arguments), in one event.

    All of them are accepted or none. The options are each job's; for them and for what raises
    Invalid see `enqueue`.
    """
    options = _options(kind, run_at, priority, tags, needs, group_id, version)
    described: list[dict[str, Any]] = [{"uid": str(uid), "args": dict(args)} for uid, args in jobs]
    if not 1 <= len(described) <= MOST_JOBS:
        raise _refused("/jobs", f"From 1 to {MOST_JOBS} jobs can be asked for at once.")
    if len({job["uid"] for job in described}) < len(described):
        raise _refused("/jobs", "Each job needs a uid of its own.")
    sizes = [_size(job["args"], f"/jobs/{place}/args") for place, job in enumerate(described)]
    if sum(sizes) > MOST_ARGUMENTS_TOGETHER:
        most = MOST_ARGUMENTS_TOGETHER
        raise _refused("/jobs", f"Have {sum(sizes)} bytes of arguments, at most {most} are taken.")
    body = {"kind": kind, "jobs": described, **options}
    return _stage(session, f"{_asker(session, kind)}.jobs_requested", 1, body, None)


def _options(
    kind: str,
    run_at: datetime | None,
    priority: int | None,
    tags: Sequence[str],
    needs: Sequence[UUID],
    group_id: UUID | None,
    version: int | None,
) -> dict[str, Any]:
    """What was said beside kind and arguments, as it is told."""
    if not _KIND.fullmatch(kind) or len(kind) > 100:
        raise _refused("/kind", "Must be <service>.<work> in lower case.")
    if priority is not None and not 1 <= priority <= 4:
        raise _refused("/priority", "Must be from 1 (first) to 4 (last).")
    if isinstance(tags, str) or len(tags) > MOST_TAGS or not all(map(_TAG.fullmatch, tags)):
        most = f"At most {MOST_TAGS} tags of 1 to 50 letters, digits and .:@/- are taken."
        raise _refused("/tags", most)
    if len(needs) > MOST_NEEDS:
        raise _refused("/needs", f"A job waits for {MOST_NEEDS} others at most.")
    if version is not None and not 1 <= version <= MOST_VERSION:
        raise _refused("/version", f"Versions count from 1 to {MOST_VERSION}.")
    return {
        "run_at": instant_text(run_at) if run_at else None,
        "priority": priority,
        "tags": list(tags),
        "needs": [str(need) for need in needs],
        "group_id": _text(group_id),
        "version": version,
    }


def _size(args: Mapping[str, Any], place: str) -> int:
    """Bytes of the arguments as JSON, which have to fit and be storable."""
    try:
        text = json.dumps(args, ensure_ascii=False, allow_nan=False)
        size = len(text.encode())
    except (TypeError, ValueError, RecursionError) as error:
        raise _refused(place, "Holds what cannot be written as JSON.") from error
    if size > MOST_ARGUMENTS:
        raise _refused(place, f"Has {size} bytes as JSON, at most {MOST_ARGUMENTS} are taken.")
    # The escape may also stand for a backslash followed by "u0000"; only the value itself tells.
    if "\\u0000" in text and _holds_nul(args):
        raise _refused(place, "Holds the character NUL, which cannot be stored.")
    return size


def _holds_nul(value: Any) -> bool:
    match value:
        case str():
            return "\x00" in value
        case dict():
            return any(_holds_nul(each) for pair in value.items() for each in pair)
        case list() | tuple():
            return any(_holds_nul(each) for each in value)
    return False


def _refused(place: str, message: str) -> Invalid:
    return Invalid("job_refused", message, {place: [message]})


def _asker(session: Session, kind: str) -> str:
    """Who tells: the service whose transaction it is. No service may publish as another."""
    own: str | None = session.info.get("service")
    return own or kind.split(".", maxsplit=1)[0]


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
    told = json.dumps(body, separators=(",", ":")).encode()
    put_off(session, _STAGE, (str(message_id), wire, json.dumps(headers), told))
    session.info["staged"] = True
    return message_id


def _text(value: UUID | None) -> str | None:
    return str(value) if value else None
