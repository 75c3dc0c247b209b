"""What auth can tell: reads that return plain values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis.errors import NotFound
from services.auth.domain import sessions, tokens
from services.auth.domain.accounts import RECENTLY, Overview
from services.auth.domain.passwords import PasswordHash
from services.auth.models import MailedToken, User, UserSession


@dataclass(frozen=True, kw_only=True)
class Person:
    """What is told of a user everywhere."""

    user_id: UUID
    account_id: UUID
    site_id: UUID
    email: str
    name: str
    roles: tuple[str, ...]
    time_zone: str


@dataclass(frozen=True, kw_only=True)
class UserView(Person):
    """A user, as others see one."""

    is_confirmed: bool


@dataclass(frozen=True, kw_only=True)
class SessionView(Person):
    """A live session with its user; `expires_at` moves on while the session is seen."""

    session_id: UUID
    authenticated_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class MailSecret:
    """The texts of a mailed token, for the mail and nowhere else."""

    token: str
    code: str


def session(db: Session, *, real: datetime, site_id: UUID, session_hash: str) -> SessionView:
    """The live session of that hash on that site; raises NotFound."""
    which = (
        select(UserSession, User)
        .join(User, User.user_id == UserSession.user_id)
        .where(UserSession.session_hash == session_hash, User.site_id == site_id)
    )
    found = db.execute(which).one_or_none()
    if found is None or not sessions.is_live(real, found[0], is_operator=found[1].is_operator):
        raise NotFound("session_unknown", "There is no such session, or it is over.")
    held, owner = found
    return SessionView(
        session_id=held.session_id,
        authenticated_at=held.authenticated_at,
        expires_at=sessions.expires_at(held, is_operator=owner.is_operator),
        **_of_user(owner),
    )


def user(db: Session, *, site_id: UUID, user_id: UUID) -> UserView:
    """The site's user of that id; raises NotFound."""
    which = select(User).where(User.site_id == site_id, User.user_id == user_id)
    found = db.scalars(which).one_or_none()
    if found is None:
        raise user_unknown()
    return UserView(is_confirmed=found.confirmed_at is not None, **_of_user(found))


def user_unknown() -> NotFound:
    return NotFound("user_unknown", "There is no such user.")


def credentials(
    db: Session, *, site_id: UUID, canonical: str | None
) -> sessions.Credentials | None:
    """What a login is checked against, None for an address that nobody has.

    It asks the database for what cannot be an address too, so that the answer takes as long.
    """
    held = select(User.user_id, User.password_hash, User.password_version).where(
        User.site_id == site_id, User.email_canonical == (canonical or "")
    )
    row = db.execute(held).one_or_none()
    if row is None:
        return None
    return sessions.Credentials(row[0], PasswordHash(row[1]), row[2])


def address_to_reset(db: Session, *, real: datetime, site_id: UUID, token: str) -> str:
    """The canonical address that a reset token is for; raises Denied when it is not live."""
    which = (
        select(User.email_canonical)
        .join(MailedToken, MailedToken.user_id == User.user_id)
        .where(User.site_id == site_id, MailedToken.token_hash == tokens.token_hash(token))
        .where(MailedToken.purpose == tokens.Purpose.RESET, MailedToken.is_live(real))
    )
    address = db.scalar(which)
    if address is None:
        raise tokens.token_unusable()
    return address


def mail_secret(
    db: Session, *, real: datetime, keys: Sequence[bytes], token_id: UUID
) -> MailSecret:
    """The texts to mail for a token; raises NotFound when it is used, void, too old or unknown."""
    which = select(MailedToken.token_hash).where(
        MailedToken.token_id == token_id, MailedToken.is_live(real)
    )
    stored = db.scalar(which)
    key = tokens.key_of(token_id, stored, keys) if stored else None
    if key is None:
        raise NotFound("token_unusable", "This token is used, void, too old or unknown.")
    return MailSecret(tokens.token_text(key, token_id), tokens.code_text(key, token_id))


def accounts_overview(db: Session, *, now: datetime, site_id: UUID) -> Overview:
    """How many users the site has, in one pass."""
    recent = User.created_at > now - RECENTLY
    counted = select(
        func.count(), func.count(User.confirmed_at), func.count().filter(recent)
    ).where(User.site_id == site_id)
    return Overview(*db.execute(counted).one())


def _of_user(found: User) -> dict[str, Any]:
    return {
        "user_id": found.user_id,
        "account_id": found.account_id,
        "site_id": found.site_id,
        "email": found.email,
        "name": found.name,
        "roles": sessions.roles_of(is_operator=found.is_operator),
        "time_zone": found.time_zone,
    }
