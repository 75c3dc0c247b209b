"""What the jobs service can tell."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    DateTime,
    Row,
    Select,
    Text,
    cast,
    column,
    literal,
    null,
    select,
    text,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from chassis.errors import NotFound
from services.jobs.domain import Outcome, State, live_state, may_see
from services.jobs.models import Attempt, Done, EnqueueReceipt, Kind, Live, NodeSession

Plain = dict[str, Any]

COUNT_TO = 10_000
"""Counting further would read a table that an operator only wants to know to be long."""

NODES_SHOWN_FOR = "1 hour"  # after their end


def job(
    session: Session, *, uid: UUID, account_id: UUID | None, is_insider: bool
) -> Mapping[str, Any]:
    """One job with its history; raises NotFound also where it is not the caller's to see."""
    receipt = session.get(EnqueueReceipt, uid)
    found = _find(session, receipt.job_id) if receipt else None
    if found is None or not may_see(
        is_insider=is_insider, account_id=account_id, job_account_id=found.account_id
    ):
        raise NotFound("job_unknown", "There is no such job.")
    return {**_plain(found), "attempts": _attempts(session, found.id)}


def jobs(
    session: Session, *, state: str | None, limit: int, cursor: str | None, **wanted: Any
) -> Mapping[str, Any]:
    """A page of jobs, newest first; `wanted` are filters, of which those not None narrow it."""
    pages = []
    for lines, table in _lines_in(state):
        page = lines.where(table.id < int(cursor)) if cursor else lines
        page = page.where(*_narrowing(table, wanted))
        pages.append(select(page.order_by(table.id.desc()).limit(limit + 1).subquery()))
    listed = union_all(*pages).subquery()
    rows = session.execute(select(listed).order_by(listed.c.id.desc()).limit(limit + 1)).all()
    more = len(rows) > limit
    return {
        "items": [_plain(row) for row in rows[:limit]],
        "next_cursor": str(rows[limit - 1].id) if more else None,
    }


def overview(session: Session) -> Mapping[str, Any]:
    """Nodes and kinds, with counts."""
    return {"nodes": _nodes(session), "kinds": _kinds(session)}


def _nodes(session: Session) -> list[Plain]:
    rows = session.execute(
        text(
            "SELECT s.node_name AS name, s.state, s.slots, s.labels, s.version, s.host,"
            " s.started_at, s.lease_until,"
            " (SELECT count(*) FROM live j WHERE j.state = 2 AND j.session_id = s.session_id)"
            "   AS running"
            " FROM node_session s WHERE s.ended_at IS NULL"
            f" OR s.ended_at > clock_timestamp() - interval '{NODES_SHOWN_FOR}'"
            " ORDER BY s.ended_at IS NOT NULL, s.node_name, s.session_id DESC"
        )
    )
    return [dict(row) for row in rows.mappings()]


def _kinds(session: Session) -> list[Plain]:
    rows = session.execute(
        text(
            "SELECT k.name, k.timeout_s AS timeout, k.max_attempts, ready.n AS ready,"
            " coalesce(scheduled.n, 0) AS scheduled, coalesce(running.n, 0) AS running,"
            " dead.n AS dead, nodes.n AS nodes FROM kind k"
            " CROSS JOIN LATERAL (SELECT count(*) AS n FROM (SELECT FROM live j"
            "   WHERE j.state = 1 AND j.kind_id = k.kind_id LIMIT :most) x) ready"
            " CROSS JOIN LATERAL (SELECT count(*) AS n FROM (SELECT FROM done d"
            "   WHERE d.outcome = 2 AND d.kind_id = k.kind_id LIMIT :most) x) dead"
            " CROSS JOIN LATERAL (SELECT count(*) AS n FROM node_kind c JOIN node_session s"
            "   USING (session_id) WHERE c.kind_id = k.kind_id AND s.state = 'live') nodes"
            " LEFT JOIN (SELECT kind_id, count(*) AS n FROM live WHERE state = 2"
            "   GROUP BY kind_id) running USING (kind_id)"
            " LEFT JOIN (SELECT kind_id, count(*) AS n FROM (SELECT kind_id FROM live"
            "   WHERE state = 0 LIMIT :most) x GROUP BY kind_id) scheduled USING (kind_id)"
            " ORDER BY k.name"
        ),
        {"most": COUNT_TO},
    )
    return [dict(row) for row in rows.mappings()]


def _narrowing(table: type[Live | Done], wanted: Mapping[str, Any]) -> list[Any]:
    """The conditions of the filters that are given: kind, tag, group_id, node, account_id."""
    conditions = {
        "kind": Kind.name == wanted.get("kind"),
        "node": NodeSession.node_name == wanted.get("node"),
        "account_id": table.account_id == wanted.get("account_id"),
        "tag": column("tags").contains(cast([wanted.get("tag")], ARRAY(Text))),
        "group_id": column("group_id") == wanted.get("group_id"),
    }
    return [conditions[name] for name, value in wanted.items() if value is not None]


def _lines_in(state: str | None) -> list[tuple[Select[Any], type[Live | Done]]]:
    """The tables that may hold jobs of that state, each with its lines."""
    live = _lines(Live, Live.state, cast(null(), DateTime(timezone=True)))
    done = _lines(Done, Done.outcome, Done.finished_at)
    if state is None:
        return [
            (live.add_columns(null().label("error")), Live),
            (done.add_columns(Done.error), Done),
        ]
    if (wanted := live_state(state)) is not None:
        return [(live.add_columns(null().label("error")).where(Live.state == wanted), Live)]
    return [(done.add_columns(Done.error).where(Done.outcome == Outcome[state.upper()]), Done)]


def _lines(table: type[Live | Done], code: Any, finished_at: Any) -> Select[Any]:
    return (
        select(
            table.id,
            table.uid,
            Kind.name.label("kind"),
            code.label("code"),
            literal(table is Done).label("has_ended"),
            table.priority,
            table.attempt,
            table.max_attempts,
            NodeSession.node_name.label("node"),
            table.account_id,
            table.run_at,
            table.created_at,
            table.claimed_at,
            finished_at.label("finished_at"),
        )
        .join(Kind, Kind.kind_id == table.kind_id)
        .outerjoin(NodeSession, NodeSession.session_id == table.session_id)
    )


def _plain(row: Row[Any]) -> Plain:
    word = Outcome(row.code) if row.has_ended else State(row.code)
    return {**row._mapping, "state": word.name.lower()}


def _find(session: Session, job_id: int) -> Row[Any] | None:
    live, done = (lines for lines, _ in _lines_in(None))
    for details in (
        live.add_columns(Live.args, Live.request_id, null().label("result")).where(
            Live.id == job_id
        ),
        done.add_columns(Done.args, Done.request_id, Done.result).where(Done.id == job_id),
    ):
        if found := session.execute(details).first():
            return found
    return None


def _attempts(session: Session, job_id: int) -> Sequence[Plain]:
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
