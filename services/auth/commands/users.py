"""What the other commands need of a user's row."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.auth.models import User


def locked_by_email(session: Session, site_id: UUID, canonical: str) -> User | None:
    """The site's user with that canonical address, locked."""
    which = select(User).where(User.site_id == site_id, User.email_canonical == canonical)
    return session.scalars(which.with_for_update()).one_or_none()


def locked_by_id(session: Session, site_id: UUID, user_id: UUID) -> User | None:
    """The site's user with that id, locked."""
    which = select(User).where(User.site_id == site_id, User.user_id == user_id)
    return session.scalars(which.with_for_update()).one_or_none()


def next_version_of(user: User) -> dict[str, Any]:
    """The fields that every event about a user has, with a version that no event had before."""
    user.version += 1
    return {
        "user_id": user.user_id,
        "account_id": user.account_id,
        "email": user.email,
        "name": user.name,
        "version": user.version,
    }
