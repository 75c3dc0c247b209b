"""Accepting jobs, singly and many at once, each uid once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.context import Caller
from chassis.errors import Conflict, Failure, NotFound
from services.jobs.commands.core import as_json

Asked = Mapping[str, Any]
"""A job as the shapes describe it: uid, kind, args, and what it may carry beside."""

_ENQUEUE = text("SELECT uid, verdict, duplicate_of FROM enqueue(CAST(:jobs AS jsonb))")
_OPEN = text(
    "SELECT open_group(:group_id, CAST(:callback AS jsonb), :account_id, :site_id) AS verdict"
)
_SEAL = text("SELECT seal_group(:group_id)")


@dataclass(frozen=True)
class Accepted:
    """accepted; repeated: it had been before; duplicate: the live job `duplicate_of` stands for
    it."""

    uid: UUID
    verdict: str
    duplicate_of: UUID | None = None

    @property
    def is_repeated(self) -> bool:
        return self.verdict == "repeated"

    @property
    def is_new(self) -> bool:
        return self.verdict == "accepted"


def enqueue(session: Session, *, caller: Caller, **job: Any) -> Accepted:
    """Accept a job.

    Raises NotFound for a kind nobody declared or a job it needs that nobody knows, which as an
    event is tried again later: the service may be newer than this one, the other event late.
    Raises Conflict for a uid that stands for other content, and for a group that is sealed.
    """
    [accepted] = enqueue_all(session, [job], caller=caller, place="")
    return accepted


def enqueue_many(
    session: Session, *, jobs: Sequence[Asked], group: Asked | None = None, caller: Caller
) -> list[Accepted]:
    """Accept all of the jobs or, with the failures of `enqueue`, none.

    With `group` (group_id, callback, sealed) they belong to it; it is opened where it is not.
    """
    if group:
        _open(session, group, caller)
        jobs = [{**job, "group_id": group["group_id"]} for job in jobs]
    accepted = enqueue_all(session, jobs, caller=caller, place="/jobs/{}") if jobs else []
    if group and group["sealed"]:
        session.execute(_SEAL, {"group_id": group["group_id"]})
    return accepted


def enqueue_all(
    session: Session, jobs: Sequence[Asked], *, caller: Caller, place: str
) -> list[Accepted]:
    """One statement for all of them; `place` is the JSON pointer of the job numbered {}."""
    described = [described_for(caller, job) for job in jobs]
    rows = session.execute(_ENQUEUE, {"jobs": as_json(described)})
    by_uid = {row.uid: Accepted(row.uid, row.verdict, row.duplicate_of) for row in rows}
    accepted = [by_uid[job["uid"]] for job in jobs]
    for number, (job, each) in enumerate(zip(jobs, accepted, strict=True)):
        if failure := refusal(each.verdict, job, place.format(number)):
            raise failure
    return accepted


def described_for(caller: Caller, job: Asked) -> Asked:
    """The job with whose it is and where it came from."""
    whose = {
        "site_id": caller.site_id,
        "account_id": caller.account_id,
        "request_id": caller.request_id,
    }
    return {**whose, **{name: value for name, value in job.items() if value not in (None, [])}}


def refusal(verdict: str, job: Asked, place: str) -> Failure | None:
    """Why the core did not take a job, as the asker is told; None where it did."""
    match verdict:
        case "unknown_kind":
            message = f"No service declares jobs of the kind {job['kind']}."
            fields = {f"{place}/kind": ["is not declared by any service"]}
            return NotFound("kind_unknown", message, fields)
        case "unknown_need":
            message = "A job that this one needs is not known."
            return NotFound("need_unknown", message, {f"{place}/needs": ["names an unknown job"]})
        case "conflict":
            fields = {f"{place}/uid": ["stands for another job"]}
            return Conflict("uid_taken", "This uid stands for another job.", fields)
        case "group_sealed":
            message = "The group is sealed and takes no more jobs."
            return Conflict("group_sealed", message, {f"{place}/group_id": ["is sealed"]})
    return None


def _open(session: Session, group: Asked, caller: Caller) -> None:
    callback = group["callback"]
    whose = {"account_id": caller.account_id, "site_id": caller.site_id}
    verdict = session.execute(
        _OPEN,
        {
            "group_id": group["group_id"],
            "callback": as_json(described_for(caller, callback)) if callback else None,
            **whose,
        },
    ).scalar_one()
    if verdict == "conflict":
        message = "This group was opened before with another callback."
        raise Conflict("group_taken", message, {"/group/callback": ["is another than before"]})
    if failure := refusal(verdict, callback or {}, "/group/callback"):
        raise failure
