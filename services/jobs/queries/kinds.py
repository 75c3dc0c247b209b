"""Kinds with their numbers; counting stops at 10,000, and every count goes by an index."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.errors import NotFound
from services.jobs.domain.limits import OVERRIDABLE, effective
from services.jobs.models import Kind, KindReport
from services.jobs.queries.listing import Plain

COUNT_TO = 10_000
"""Counting further would read a table that an operator only wants to know to be long."""

_LINES = """
SELECT k.name, k.timeout_s AS timeout, k.max_attempts, k.max_assigned, k.paused_at,
    ready.n AS ready, coalesce(scheduled.n, 0) AS scheduled, coalesce(running.n, 0) AS running,
    coalesce(blocked.n, 0) AS blocked, dead.n AS dead, nodes.n AS nodes, slots.n AS slots,
    coalesce(recent.ended, 0) / 5.0 AS rate_per_minute,
    1000 * recent.run_s / nullif(recent.ended, 0) AS run_ms,
    1000 * recent.wait_s / nullif(recent.ended, 0) AS wait_ms
FROM kind k
CROSS JOIN LATERAL (SELECT count(*) AS n FROM (SELECT FROM live j
    WHERE j.state = 1 AND j.kind_id = k.kind_id LIMIT :most) x) ready
CROSS JOIN LATERAL (SELECT count(*) AS n FROM (SELECT FROM done d
    WHERE d.outcome = 2 AND d.kind_id = k.kind_id LIMIT :most) x) dead
CROSS JOIN LATERAL (SELECT count(*) AS n FROM node_kind c JOIN node_session s
    USING (session_id) WHERE c.kind_id = k.kind_id AND s.state = 'live') nodes
CROSS JOIN LATERAL (SELECT coalesce(sum(a.slots), 0) AS n FROM allocation a
    WHERE a.kind_id = k.kind_id) slots
CROSS JOIN LATERAL (SELECT sum(m.succeeded + m.failed) AS ended, sum(m.run_s) AS run_s,
    sum(m.wait_s) AS wait_s FROM kind_minute m WHERE m.kind_id = k.kind_id
    AND m.minute >= date_trunc('minute', clock_timestamp()) - interval '5 minutes'
    AND m.minute < date_trunc('minute', clock_timestamp())) recent
LEFT JOIN (SELECT kind_id, count(*) AS n FROM (SELECT kind_id FROM live
    WHERE state = 2 LIMIT :most) x GROUP BY kind_id) running USING (kind_id)
LEFT JOIN (SELECT kind_id, count(*) AS n FROM (SELECT kind_id FROM live
    WHERE state = 0 LIMIT :most) x GROUP BY kind_id) scheduled USING (kind_id)
LEFT JOIN (SELECT kind_id, count(*) AS n FROM (SELECT kind_id FROM live
    WHERE state = 3 LIMIT :most) x GROUP BY kind_id) blocked USING (kind_id)
WHERE CAST(:name AS text) IS NULL OR k.name = :name
ORDER BY k.name
"""

_MINUTES = """
SELECT m.minute, m.succeeded, m.failed,
    1000 * m.run_s / nullif(m.succeeded + m.failed, 0) AS run_ms,
    1000 * m.wait_s / nullif(m.succeeded + m.failed, 0) AS wait_ms
FROM kind_minute m
WHERE m.kind_id = :kind_id AND m.minute > clock_timestamp() - interval '1 hour'
ORDER BY m.minute
"""

_ALLOCATION = """
SELECT s.node_name AS node, coalesce(a.slots, 0) AS slots, coalesce(r.running, 0) AS running
FROM node_session s
LEFT JOIN allocation a ON a.session_id = s.session_id AND a.kind_id = :kind_id
LEFT JOIN (SELECT j.session_id, count(*) AS running FROM live j
    WHERE j.state = 2 AND j.kind_id = :kind_id GROUP BY j.session_id) r
    ON r.session_id = s.session_id
WHERE s.ended_at IS NULL AND (a.slots > 0 OR r.running > 0)
ORDER BY s.node_name, s.session_id
"""


def kind_lines(session: Session, name: str | None = None) -> list[Plain]:
    """Every kind, or the one of that name, with how many of its jobs are where."""
    rows = session.execute(text(_LINES), {"most": COUNT_TO, "name": name})
    return [dict(row) for row in rows.mappings()]


def kinds(session: Session) -> Mapping[str, Any]:
    """All kinds, by name."""
    return {"items": kind_lines(session)}


def kind(session: Session, *, name: str) -> Mapping[str, Any]:
    """One kind with its limits, its last hour and its nodes; raises NotFound."""
    lines = kind_lines(session, name)
    if not lines:
        raise NotFound("kind_unknown", f"No service declares jobs of the kind {name}.")
    kept = session.query(Kind).filter_by(name=name).one()
    report = session.get(KindReport, kept.kind_id)
    counts = effective(kept.declared, kept.override)
    return {
        **lines[0],
        "declared": {limit: kept.declared.get(limit) for limit in OVERRIDABLE},
        "override": kept.override,
        "effective": {limit: counts.get(limit) for limit in OVERRIDABLE},
        "hooks": kept.hooks,
        "minutes": _rows(session, _MINUTES, kept.kind_id),
        "allocation": _rows(session, _ALLOCATION, kept.kind_id),
        "report": {"counts": report.counts, "at": report.at} if report else None,
    }


def _rows(session: Session, statement: str, kind_id: int) -> list[Plain]:
    found = session.execute(text(statement), {"kind_id": kind_id})
    return [dict(row) for row in found.mappings()]
