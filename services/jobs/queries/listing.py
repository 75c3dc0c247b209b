"""Jobs in lists: where they are, whose they are, what became of them."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    DateTime,
    Row,
    Select,
    Text,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, aliased

from services.jobs.domain import Outcome, State, live_state
from services.jobs.models import Done, Kind, Live, NodeSession

Plain = dict[str, Any]
Table = type[Live | Done]


def jobs(
    session: Session, *, state: str | None, limit: int, cursor: str | None, **wanted: Any
) -> Mapping[str, Any]:
    """A page of jobs, newest first; `wanted` are filters, of which those not None narrow it."""
    pages = []
    for lines, table in lines_in(state):
        page = lines.where(table.id < int(cursor)) if cursor else lines
        page = page.where(*_narrowing(table, wanted))
        pages.append(select(page.order_by(table.id.desc()).limit(limit + 1).subquery()))
    listed = union_all(*pages).subquery()
    rows = session.execute(select(listed).order_by(listed.c.id.desc()).limit(limit + 1)).all()
    more = len(rows) > limit
    return {
        "items": [plain_line(row) for row in rows[:limit]],
        "next_cursor": str(rows[limit - 1].id) if more else None,
    }


def lines_in(state: str | None) -> list[tuple[Select[Any], Table]]:
    """The tables that may hold jobs of that state, each with its lines."""
    live, done = live_lines(), done_lines()
    if state is None:
        return [(live, Live), (done, Done)]
    if (wanted := live_state(state)) is not None:
        return [(live.where(Live.state == wanted), Live)]
    return [(done.where(Done.outcome == Outcome[state.upper()]), Done)]


def live_lines() -> Select[Any]:
    never = cast(null(), DateTime(timezone=True))
    return _lines(Live, Live.state, never).add_columns(null().label("error"))


def done_lines() -> Select[Any]:
    return _lines(Done, Done.outcome, Done.finished_at).add_columns(Done.error)


def plain_line(row: Row[Any]) -> Plain:
    word = Outcome(row.code) if row.has_ended else State(row.code)
    return {**row._mapping, "state": word.name.lower(), "tags": row.tags or []}


def _narrowing(table: Table, wanted: Mapping[str, Any]) -> list[Any]:
    """The conditions of the filters that are given: kind, tag, group_id, node, account_id."""
    sessions = aliased(NodeSession)
    of_node = select(sessions.session_id).where(sessions.node_name == wanted.get("node"))
    kind_id = select(Kind.kind_id).where(Kind.name == wanted.get("kind")).scalar_subquery()
    conditions = {
        "kind": table.kind_id == kind_id,
        "node": table.session_id.in_(of_node),
        "account_id": table.account_id == wanted.get("account_id"),
        "tag": table.tags.op("@>")(cast([wanted.get("tag")], ARRAY(Text))),
        "group_id": table.group_id == wanted.get("group_id"),
    }
    return [conditions[name] for name, value in wanted.items() if value is not None]


def _lines(table: Table, code: Any, finished_at: Any) -> Select[Any]:
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
            func.coalesce(table.tags, cast([], ARRAY(Text))).label("tags"),
            table.run_at,
            table.created_at,
            table.claimed_at,
            finished_at.label("finished_at"),
        )
        .join(Kind, Kind.kind_id == table.kind_id)
        .outerjoin(NodeSession, NodeSession.session_id == table.session_id)
    )
