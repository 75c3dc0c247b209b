"""Kinds: what code declares of them, and what operators change while they run."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from chassis.errors import Invalid, NotFound
from services.jobs.commands.core import as_json
from services.jobs.domain.limits import faults
from services.jobs.models import Kind


def declare_kinds(session: Session, kinds: Iterable[Mapping[str, Any]]) -> None:
    """Make the kinds of this build known, and what they now say of limits and schedules."""
    session.execute(
        text("SELECT declare_kinds(CAST(:kinds AS jsonb), true)"), {"kinds": as_json(list(kinds))}
    )


def pause_kind(session: Session, *, kind: str) -> None:
    """Have no more of its jobs start; what runs goes on. Raises NotFound."""
    paused_at = func.coalesce(Kind.paused_at, func.clock_timestamp())
    _write(session, kind, paused_at=paused_at)


def resume_kind(session: Session, *, kind: str) -> None:
    """Let its jobs start again. Raises NotFound."""
    _write(session, kind, paused_at=None)


def change_kind(session: Session, *, kind: str, override: Mapping[str, Any]) -> None:
    """Have these limits count instead of the declared ones; {} takes all changes back.

    Raises NotFound, and Invalid with the pointer of what does not go with the kind.
    """
    declared = session.execute(
        select(Kind.declared).where(Kind.name == kind).with_for_update()
    ).scalar_one_or_none()
    if declared is None:
        raise _unknown(kind)
    wrong = {f"/override/{name}": [f"It {fault}."] for name, fault in faults(declared, override)}
    if wrong:
        raise Invalid("override_wrong", "The change does not go with the kind.", wrong)
    try:
        session.execute(
            text("SELECT override_kind(:kind, CAST(:override AS jsonb))"),
            {"kind": kind, "override": as_json(override)},
        )
    except (DataError, IntegrityError) as error:
        # PostgreSQL reads regular expressions in its own way, which is the one that counts.
        reason = str(error.orig).splitlines()[0]
        wrong = {"/override": [reason]}
        raise Invalid("override_wrong", "The change is refused.", wrong) from error


def _write(session: Session, kind: str, **values: Any) -> None:
    changed = update(Kind).where(Kind.name == kind).values(**values)
    if session.execute(changed.returning(Kind.name)).first() is None:
        raise _unknown(kind)


def _unknown(kind: str) -> NotFound:
    message = f"No service declares jobs of the kind {kind}."
    return NotFound("kind_unknown", message, {"/kind": ["is not declared by any service"]})
