"""Kinds: what code declares of them, and what operators change while they run."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from chassis.errors import Conflict, Invalid, NotFound
from services.jobs.commands.core import as_json
from services.jobs.domain.limits import changes, faults
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


def change_kind(
    session: Session,
    *,
    kind: str,
    override: Mapping[str, Any],
    instead_of: Mapping[str, Any] | None = None,
) -> None:
    """Have these limits count instead of the declared ones; {} takes all changes back.

    With `instead_of`, only as long as that is what stands. Raises NotFound, Conflict with what was
    changed meanwhile, and Invalid with the pointer of what does not go with the kind.
    """
    found = session.execute(
        select(Kind.declared, Kind.override).where(Kind.name == kind).with_for_update()
    ).one_or_none()
    if found is None:
        raise _unknown(kind)
    if instead_of is not None and override != found.override:
        _check_stands(instead_of, found.override)
    wrong = _at_fields(faults(found.declared, override))
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


def _check_stands(seen: Mapping[str, Any], stands: Mapping[str, Any]) -> None:
    """Of two operators who change a kind at once the second shall know what the first one did."""
    if meanwhile := _at_fields(changes(seen, stands)):
        message = "Somebody else changed the limits meanwhile, so nothing was saved."
        raise Conflict("override_changed", message, meanwhile)


def _at_fields(said: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    return {f"/override/{name}": [f"It {what}."] for name, what in said}


def _write(session: Session, kind: str, **values: Any) -> None:
    changed = update(Kind).where(Kind.name == kind).values(**values)
    if session.execute(changed.returning(Kind.name)).first() is None:
        raise _unknown(kind)


def _unknown(kind: str) -> NotFound:
    message = f"No service declares jobs of the kind {kind}."
    return NotFound("kind_unknown", message, {"/kind": ["is not declared by any service"]})
