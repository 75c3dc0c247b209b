"""Counting what must not be tried too often; the row's lock makes the count exact under races."""

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, case, delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.auth.domain import sessions, tokens
from services.auth.models import TryCount

LOG_IN = "log_in"
MAIL = "mail"


def count_login(session: Session, *, real: datetime, site_id: UUID, subject: str) -> None:
    """Count a login before its password is looked at; raises Denied from the eleventh on (AB-01).

    Committed by itself, ahead of the login, which takes it back when it succeeds.
    """
    window = sessions.LOGIN_TRIES_WITHIN
    sessions.require_tries_left(_count(session, real, site_id, LOG_IN, subject, window))


def forget_logins(session: Session, site_id: UUID, subject: str) -> None:
    """The person was here: a new count begins."""
    session.execute(delete(TryCount).where(*_which(site_id, LOG_IN, subject)))


def may_mail(session: Session, real: datetime, site_id: UUID, canonical: str) -> bool:
    """Count a mail to an address; False when it has had enough of them (ID-03)."""
    return _count(session, real, site_id, MAIL, canonical, tokens.MAILS_WITHIN) <= tokens.MAILS


def _count(
    session: Session, real: datetime, site_id: UUID, action: str, subject: str, window: timedelta
) -> int:
    """Add one and return how many there are since the window began; an old window begins anew."""
    first = insert(TryCount).values(
        site_id=site_id, action=action, subject_hash=_hash(subject), tries=1, since=real
    )
    is_over = TryCount.since <= real - window
    counted = first.on_conflict_do_update(
        index_elements=["site_id", "action", "subject_hash"],
        set_={
            "tries": case((is_over, 1), else_=TryCount.tries + 1),
            "since": case((is_over, real), else_=TryCount.since),
        },
    )
    return session.execute(counted.returning(TryCount.tries)).scalar_one()


def _which(site_id: UUID, action: str, subject: str) -> tuple[ColumnElement[bool], ...]:
    return (
        TryCount.site_id == site_id,
        TryCount.action == action,
        TryCount.subject_hash == _hash(subject),
    )


def _hash(subject: str) -> bytes:
    return hashlib.sha256(subject.encode("utf-8", "surrogatepass")).digest()
