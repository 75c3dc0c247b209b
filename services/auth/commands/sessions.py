"""Logging in and out. Only the SHA-256 of a session's secret is ever here (SE-01)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis import outbox
from chassis.errors import Conflict, Denied
from chassis.ids import new_id
from services.auth import events
from services.auth.commands import tries, users
from services.auth.domain.sessions import SEEN_EVERY, Proof, is_live, login_wrong
from services.auth.models import User, UserSession


def log_in(
    session: Session,
    *,
    real: datetime,
    site_id: UUID,
    proof: Proof,
    session_hash: str,
    user_agent: str,
    ip: str,
) -> None:
    """Begin a session for a user who gave the right password.

    Raises Denied when the password was changed since it was checked, or the address is not
    confirmed; Conflict when the session's secret is another user's. The time zone stays as it is.
    """
    user = users.locked_by_id(session, site_id, proof.user_id)
    if user is None or user.password_version != proof.password_version:
        raise login_wrong()
    if user.confirmed_at is None:
        raise Denied("not_confirmed", "Confirm your e-mail address first.")
    if proof.fresh_hash is not None:
        user.password_hash = proof.fresh_hash
    tries.forget_logins(session, site_id, user.email_canonical)
    _begin(session, real, user, session_hash, user_agent=user_agent, ip=ip)


def see_session(session: Session, *, real: datetime, site_id: UUID, session_hash: str) -> None:
    """Note that a live session is in use, once a minute at most; a dead one stays dead."""
    due = (
        select(UserSession, User.is_operator)
        .join(User, User.user_id == UserSession.user_id)
        .where(UserSession.session_hash == session_hash, User.site_id == site_id)
        .where(UserSession.last_seen_at <= real - SEEN_EVERY)
        .with_for_update(of=UserSession)
    )
    for seen, is_operator in session.execute(due):
        if is_live(real, seen, is_operator=is_operator):
            seen.last_seen_at = real


def log_out(session: Session, *, real: datetime, site_id: UUID, session_hash: str) -> None:
    """End one session; one that is over or unknown stays so."""
    which = select(UserSession.user_id).where(UserSession.session_hash == session_hash)
    owner = session.scalar(which)
    user = users.locked_by_id(session, site_id, owner) if owner else None
    if user is not None:
        _end(session, real, user, UserSession.session_hash == session_hash)


def end_all(session: Session, real: datetime, user: User) -> None:
    """End every session of a user whose row is locked."""
    _end(session, real, user, UserSession.user_id == user.user_id)


def _begin(session: Session, real: datetime, user: User, session_hash: str, **client: str) -> None:
    begun = insert(UserSession).values(
        session_id=new_id(),
        session_hash=session_hash,
        user_id=user.user_id,
        authenticated_at=real,
        last_seen_at=real,
        **client,
    )
    session.execute(begun.on_conflict_do_nothing(index_elements=["session_hash"]))
    owner = select(UserSession.user_id).where(UserSession.session_hash == session_hash)
    if session.scalar(owner) != user.user_id:
        raise Conflict("session_hash_taken", "This session belongs to somebody else.")


def _end(session: Session, real: datetime, user: User, which: ColumnElement[bool]) -> None:
    ended = update(UserSession).where(which, UserSession.ended_at.is_(None)).values(ended_at=real)
    hashes = session.scalars(ended.returning(UserSession.session_hash)).all()
    if hashes:
        version = users.next_version_of(user)["version"]
        told = events.SessionsEnded(
            user_id=user.user_id, session_hashes=tuple(sorted(hashes)), version=version
        )
        outbox.stage(session, told)
