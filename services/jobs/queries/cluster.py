"""The cluster at a glance: nodes, kinds, who keeps house."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from services.jobs.domain import HOUSE
from services.jobs.models import Leader
from services.jobs.queries.kinds import kind_lines
from services.jobs.queries.listing import Plain

NODES_SHOWN_FOR = "1 hour"  # after their end
COUNTED = ("ready", "scheduled", "running", "blocked", "dead")


def overview(session: Session) -> Mapping[str, Any]:
    """Nodes, kinds, the leader, and all kinds' counts together."""
    lines = kind_lines(session)
    return {
        "nodes": node_lines(session),
        "kinds": lines,
        "leader": leader(session),
        "counts": {name: sum(line[name] for line in lines) for name in COUNTED},
    }


def nodes(session: Session) -> Mapping[str, Any]:
    """Who is there, and who was there within the last hour."""
    return {"items": node_lines(session)}


def leader(session: Session) -> Plain | None:
    """Who keeps house, unless nobody does."""
    found = session.execute(
        select(Leader.holder, Leader.term, Leader.elected_at.label("since")).where(
            Leader.name == HOUSE, Leader.expires_at > func.clock_timestamp()
        )
    ).first()
    return dict(found._mapping) if found else None


def node_lines(session: Session) -> list[Plain]:
    rows = session.execute(
        text(
            "SELECT s.node_name AS name, s.state, n.paused_at, s.slots, n.slots_wanted, s.load,"
            " s.labels, s.version, s.host, s.started_at, s.lease_until,"
            " (SELECT count(*) FROM live j WHERE j.state = 2 AND j.session_id = s.session_id)"
            "   AS running"
            " FROM node_session s LEFT JOIN node n ON n.name = s.node_name"
            " WHERE s.ended_at IS NULL"
            f" OR s.ended_at > clock_timestamp() - interval '{NODES_SHOWN_FOR}'"
            " ORDER BY s.ended_at IS NOT NULL, s.node_name, s.session_id DESC"
        )
    )
    return [dict(row) for row in rows.mappings()]
