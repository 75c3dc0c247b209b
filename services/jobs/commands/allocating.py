"""Giving kinds their slots on nodes."""

from sqlalchemy import RowMapping, select, text
from sqlalchemy.orm import Session

from services.jobs.commands.core import as_json
from services.jobs.domain.allocation import Demand, Host, Slots, allocate
from services.jobs.models import Allocation, Kind


def allocate_slots(session: Session, *, turn: int) -> int | None:
    """Compare demand and slots, and write the allocation anew where it has to change.

    Returns the epoch that was written, None where all stayed as it was. For `turn` see
    services.jobs.domain.allocation.allocate.
    """
    slots, told = _looked(session, turn)
    if slots == told:
        return None
    # Limits must not change between looking and writing; nothing was locked while all was well.
    session.execute(select(Kind.kind_id).order_by(Kind.kind_id).with_for_update(read=True)).all()
    slots, told = _looked(session, turn)
    rows = [
        {"kind_id": kind, "session_id": node, "slots": number}
        for (kind, node), number in sorted(slots.items())
    ]
    written = session.execute(
        text("SELECT write_allocation(CAST(:rows AS jsonb))"), {"rows": as_json(rows)}
    )
    epoch: int = written.scalar_one()
    return epoch


def _looked(session: Session, turn: int) -> tuple[Slots, Slots]:
    """The slots that should be, and those that are."""
    demands = [_demand(row) for row in session.execute(_DEMANDS).mappings()]
    hosts = [
        Host(row.session_id, row.slots, frozenset(row.kinds or ()))
        for row in session.execute(_HOSTS)
    ]
    told = {
        (row.kind_id, row.session_id): row.slots
        for row in session.execute(
            select(Allocation.kind_id, Allocation.session_id, Allocation.slots)
        )
    }
    return allocate(demands, hosts, told, turn), told


_DEMANDS = text(
    "SELECT kind_id, backlog, running, mean_seconds, weight, max_assigned, max_pending"
    " FROM demands() WHERE NOT is_paused"
)
_HOSTS = text("SELECT session_id, slots, kinds FROM hosts()")


def _demand(row: RowMapping) -> Demand:
    running = {int(session): number for session, number in (row["running"] or {}).items()}
    return Demand(**{**row, "running": running})
