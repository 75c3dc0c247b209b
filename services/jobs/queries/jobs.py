"""One job with all there is to know about it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, literal, null, select, union_all
from sqlalchemy.orm import Session

from chassis.errors import NotFound
from services.jobs.domain import BlockedBy, first_line, may_see
from services.jobs.models import (
    Attempt,
    Dependency,
    Document,
    Done,
    EnqueueReceipt,
    JobLog,
    Live,
    NodeSession,
    Progress,
)
from services.jobs.queries.listing import Plain, done_lines, live_lines, plain_line

MOST_LOG_LINES = 2_000


def job(
    session: Session, *, uid: UUID, account_id: UUID | None, is_insider: bool
) -> Mapping[str, Any]:
    """One job with its history; raises NotFound also where it is not the caller's to see.

    A uid that was answered with the live job of the same unique values shows that one.
    """
    receipt = session.get(EnqueueReceipt, uid)
    found = _find(session, receipt.job_id) if receipt else None
    if found is None or not may_see(
        is_insider=is_insider, account_id=account_id, job_account_id=found.account_id
    ):
        raise NotFound("job_unknown", "There is no such job.")
    attempts, progress = _attempts(session, found.id), _progress(session, found.id)
    return {
        **plain_line(found),
        "blocked_by": BlockedBy(found.blocked_by).name.lower() if found.blocked_by else None,
        "attempts": attempts,
        "progress": progress,
        "needs": _needs(session, found.id),
        "log": _log(session, found.id),
        "document": _document(session, found.uid),
        "timeline": _timeline(found, attempts, progress),
    }


def _find(session: Session, job_id: int) -> Row[Any] | None:
    live = _further(live_lines(), Live).add_columns(
        null().label("result"), Live.blocked_by, Live.cancel_requested
    )
    done = _further(done_lines(), Done).add_columns(
        Done.result, null().label("blocked_by"), literal(False).label("cancel_requested")
    )
    for details in (live.where(Live.id == job_id), done.where(Done.id == job_id)):
        if found := session.execute(details).first():
            return found
    return None


def _further(lines: Select[Any], table: type[Live | Done]) -> Select[Any]:
    return lines.add_columns(
        table.args, table.request_id, table.version, table.group_id, table.run_no
    )


def _attempts(session: Session, job_id: int) -> list[Plain]:
    rows = session.execute(
        select(
            Attempt.run_no,
            NodeSession.node_name.label("node"),
            Attempt.started_at,
            Attempt.ended_at,
            Attempt.outcome,
            Attempt.error,
        )
        .outerjoin(NodeSession, NodeSession.session_id == Attempt.session_id)
        .where(Attempt.job_id == job_id)
        .order_by(Attempt.run_no)
    )
    return [dict(row) for row in rows.mappings()]


def _progress(session: Session, job_id: int) -> Plain | None:
    row = session.execute(
        select(Progress.percent, Progress.note, Progress.at).where(Progress.job_id == job_id)
    ).first()
    return dict(row._mapping) if row else None


def _needs(session: Session, job_id: int) -> Sequence[UUID]:
    """The jobs it still waits for."""
    uids = [
        select(table.uid)
        .join(Dependency, Dependency.needs_id == table.id)
        .where(Dependency.job_id == job_id)
        for table in (Live, Done)
    ]
    return session.execute(union_all(*uids)).scalars().all()


def _log(session: Session, job_id: int) -> list[Plain]:
    rows = session.execute(
        select(JobLog.at, JobLog.run_no, JobLog.text)
        .where(JobLog.job_id == job_id)
        .order_by(JobLog.run_no.desc(), JobLog.line_no.desc())
        .limit(MOST_LOG_LINES)
    )
    return [dict(row) for row in reversed(rows.mappings().all())]


def _document(session: Session, uid: UUID) -> Plain | None:
    row = session.execute(
        select(Document.name, Document.content_type).where(Document.uid == uid)
    ).first()
    return dict(row._mapping) if row else None


def _timeline(job: Row[Any], attempts: Iterable[Plain], progress: Plain | None) -> list[Plain]:
    """What happened, oldest first."""
    moments = [_moment(job.created_at, "enqueued")]
    for attempt in attempts:
        moments.append(_moment(attempt["started_at"], "started", attempt["node"]))
        reason = first_line(attempt["error"])
        moments.append(_moment(attempt["ended_at"], attempt["outcome"], reason))
    told_of = {attempt["run_no"] for attempt in attempts}
    if job.claimed_at and job.run_no not in told_of:
        moments.append(_moment(job.claimed_at, "started", job.node))
    if progress:
        said = ", ".join(filter(None, (f"{progress['percent']:g} %", progress["note"])))
        moments.append(_moment(progress["at"], "progress", said))
    if job.finished_at:
        ended = plain_line(job)["state"]
        moments.append(_moment(job.finished_at, ended, first_line(job.error or "") or None))
    return sorted(moments, key=lambda each: each["at"])


def _moment(at: Any, what: str, detail: str | None = None) -> Plain:
    return {"at": at, "what": what, "detail": detail}
