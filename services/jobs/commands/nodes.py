"""What operators say of a node; it holds whenever a node of that name is there."""

from typing import Any

from sqlalchemy import func, update
from sqlalchemy.orm import Session

from chassis.errors import NotFound
from services.jobs.models import Node


def pause_node(session: Session, *, node: str) -> None:
    """Have it start no more jobs; what runs goes on. Raises NotFound."""
    _write(session, node, paused_at=func.coalesce(Node.paused_at, func.clock_timestamp()))


def resume_node(session: Session, *, node: str) -> None:
    """Let it start jobs again. Raises NotFound."""
    _write(session, node, paused_at=None)


def change_node(session: Session, *, node: str, workers: int | None) -> None:
    """Have it run so many workers; None: as many as it was started with. Raises NotFound."""
    _write(session, node, slots_wanted=workers)


def _write(session: Session, node: str, **values: Any) -> None:
    changed = session.execute(
        update(Node).where(Node.name == node).values(**values).returning(Node.name)
    )
    if changed.first() is None:
        message = f"No node called {node} was ever here."
        raise NotFound("node_unknown", message, {"/node": ["is not known"]})
