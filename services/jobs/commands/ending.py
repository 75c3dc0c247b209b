"""Ending jobs before their time, and bringing back the dead."""

from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from chassis.errors import Conflict, NotFound
from services.jobs.domain import Outcome
from services.jobs.models import Done, EnqueueReceipt, Kind

RETRY_AT_ONCE = 5_000


def cancel_job(session: Session, *, job_id: UUID) -> str:
    """End a job that has not started ("cancelled"), or have its node stop it ("requested").

    Raises NotFound, and Conflict for a job that has ended.
    """
    job = _id_of(session, job_id)
    word: str = session.execute(text("SELECT cancel(:id)"), {"id": job}).scalar_one()
    if word == "ended":
        raise Conflict("job_ended", "The job has ended already.")
    return word


def retry_job(session: Session, *, job_id: UUID) -> str:
    """Give a dead job all its attempts anew; returns its kind. Raises NotFound, Conflict."""
    job = _id_of(session, job_id)
    kind = session.execute(
        select(Kind.name).join(Done, Done.kind_id == Kind.kind_id).where(Done.id == job)
    ).scalar_one_or_none()
    revived = session.execute(text("SELECT revive(:id)"), {"id": job}).scalar_one()
    if kind is None or not revived:
        message = "Only a dead job can be tried again, and none while another stands for it."
        raise Conflict("job_not_dead", message)
    return kind


def retry_dead(session: Session, *, kind: str | None) -> int:
    """Try the oldest 5,000 dead jobs again, of one kind or of all; returns how many."""
    dead = select(Done.id).where(Done.outcome == Outcome.DEAD)
    if kind is not None:
        dead = dead.where(Done.kind_id == kind_id_of(session, kind))
    ids = list(session.execute(dead.order_by(Done.id).limit(RETRY_AT_ONCE)).scalars())
    revived = session.execute(
        text("SELECT count(*) FILTER (WHERE revive(id)) FROM unnest(CAST(:ids AS bigint[])) AS id"),
        {"ids": ids},
    )
    return int(revived.scalar_one())


def kind_id_of(session: Session, kind: str) -> int:
    """The kind's id; raises NotFound."""
    kind_id = session.execute(select(Kind.kind_id).where(Kind.name == kind)).scalar_one_or_none()
    if kind_id is None:
        message = f"No service declares jobs of the kind {kind}."
        raise NotFound("kind_unknown", message, {"/kind": ["is not declared by any service"]})
    return kind_id


def _id_of(session: Session, uid: UUID) -> int:
    receipt = session.get(EnqueueReceipt, uid)
    if receipt is None:
        raise NotFound("job_unknown", "There is no such job.")
    return receipt.job_id
