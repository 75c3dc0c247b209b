"""What comes of the questions that the leader puts to services about their kinds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.context import Caller
from chassis.errors import Conflict, NotFound
from chassis.ids import new_id
from services.jobs.commands.ending import retry_job
from services.jobs.commands.enqueueing import Accepted, enqueue_all
from services.jobs.models import Done, EnqueueReceipt, Kind, KindReport

PERMISSIONS_AT_ONCE = 1_000


@dataclass(frozen=True)
class Petitioner:
    """A job that may not start before its service allows it."""

    id: int
    uid: UUID
    kind: str
    account_id: UUID | None
    args: Mapping[str, Any]


def take_petitioners(session: Session, *, again_in: float) -> list[Petitioner]:
    """The jobs to ask for now; whoever is not allowed is asked for again after so many seconds.

    They are put off before anybody is asked, so that a service that does not answer holds up
    nobody else's jobs.
    """
    rows = session.execute(
        text("SELECT id, uid, kind, account_id, args FROM waiting_for_permission(:most)"),
        {"most": PERMISSIONS_AT_ONCE},
    ).all()
    if rows:
        session.execute(
            text(
                "SELECT ask_again(CAST(:ids AS bigint[]),"
                " clock_timestamp() + make_interval(secs => :seconds))"
            ),
            {"ids": [row.id for row in rows], "seconds": again_in},
        )
    return [Petitioner(row.id, row.uid, row.kind, row.account_id, row.args) for row in rows]


def permit(session: Session, *, ids: Sequence[int]) -> list[str]:
    """Let these jobs start; returns the kinds of those that can."""
    permitted = session.execute(
        text("SELECT kind FROM permit(CAST(:ids AS bigint[]))"), {"ids": list(ids)}
    )
    return list(permitted.scalars())


def store_selected(
    session: Session, *, kind: str, items: Iterable[Mapping[str, Any]]
) -> list[Accepted]:
    """Enqueue what a kind's service selected, each under its own uid and the key it was given.

    A key whose job is live is answered with that one; after its end it may be selected again.
    """
    accepted = []
    for item in items:
        caller = Caller(
            principal="jobs",
            request_id=f"selected-{kind}",
            account_id=item["account_id"],
            site_id=item["site_id"],
        )
        job = {
            "uid": new_id(),
            "kind": kind,
            "args": item["args"],
            "priority": item["priority"],
            "unique_key": item["key"],
        }
        accepted += enqueue_all(session, [job], caller=caller, place="")
    return accepted


def relaunch(session: Session, *, kind: str, uids: Iterable[UUID]) -> int:
    """Try dead jobs of the kind again; what is not dead or not of the kind is passed over."""
    of_kind = session.execute(
        select(EnqueueReceipt.uid)
        .join(Done, Done.id == EnqueueReceipt.job_id)
        .join(Kind, Kind.kind_id == Done.kind_id)
        .where(EnqueueReceipt.uid.in_(list(uids)), Kind.name == kind)
    ).scalars()
    number = 0
    for uid in of_kind.all():
        try:
            retry_job(session, job_id=uid)
        except (Conflict, NotFound):
            continue
        number += 1
    return number


def keep_report(session: Session, *, kind_id: int, counts: Mapping[str, Any]) -> None:
    """Keep what a kind's service told of its work as a whole."""
    values = {"counts": dict(counts), "at": func.clock_timestamp()}
    session.execute(
        insert(KindReport)
        .values(kind_id=kind_id, **values)
        .on_conflict_do_update(index_elements=["kind_id"], set_=values)
    )
