"""Proving that somebody reads the address; this never logs anybody in (ID-05)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from chassis import outbox
from chassis.errors import Denied
from services.auth import events
from services.auth.commands import tokens, users
from services.auth.domain.addresses import Address
from services.auth.domain.tokens import CODE_TRIES, Purpose
from services.auth.models import MailedToken, User


def resend_confirmation(
    session: Session, *, real: datetime, keys: Sequence[bytes], site_id: UUID, email: Address
) -> None:
    """Mail another confirmation to an address that waits for one; no other address notices."""
    user = users.locked_by_email(session, site_id, email.canonical)
    if user is not None and user.confirmed_at is None:
        tokens.mail_token(
            session,
            real=real,
            keys=keys,
            user=user,
            purpose=Purpose.CONFIRM,
            password_hash=user.password_hash,
        )


def confirm(session: Session, *, now: datetime, real: datetime, site_id: UUID, token: str) -> None:
    """Confirm by the link; raises Denied when it is not live."""
    user, used = tokens.redeem(
        session, real=real, site_id=site_id, purpose=Purpose.CONFIRM, token=token
    )
    _confirm_with_password_of(session, now, real, user, used)


def count_code_try(session: Session, *, real: datetime, site_id: UUID, email: Address) -> None:
    """Count a try against every code it could be meant for.

    Committed by itself, ahead of the try: many tries at once have no more chances than ten.
    """
    owner = select(User.user_id).where(
        User.site_id == site_id, User.email_canonical == email.canonical
    )
    waiting = (MailedToken.user_id == owner.scalar_subquery(), MailedToken.is_live(real))
    confirming = MailedToken.purpose == Purpose.CONFIRM
    # From the eleventh on the code is dead, and counting on could only overflow.
    counted = MailedToken.code_tries <= CODE_TRIES
    session.execute(
        update(MailedToken)
        .where(*waiting, confirming, counted)
        .values(code_tries=MailedToken.code_tries + 1)
    )


def confirm_code(
    session: Session,
    *,
    now: datetime,
    real: datetime,
    keys: Sequence[bytes],
    site_id: UUID,
    email: Address,
    code: str,
) -> None:
    """Confirm by the typed code; raises Denied, in the same words whatever was wrong."""
    user = users.locked_by_email(session, site_id, email.canonical)
    used = tokens.redeem_code(session, real=real, keys=keys, user=user, code=code) if user else None
    if user is None or used is None:
        raise Denied("code_wrong", "This code is not right, was used, or is too old.")
    _confirm_with_password_of(session, now, real, user, used)


def mark_confirmed(session: Session, now: datetime, user: User) -> None:
    """The address is the user's own; told once."""
    if user.confirmed_at is None:
        user.confirmed_at = now
        about = users.next_version_of(user)
        outbox.stage(session, events.UserConfirmed(time_zone=user.time_zone, **about))


def _confirm_with_password_of(
    session: Session, now: datetime, real: datetime, user: User, used: MailedToken
) -> None:
    """A confirmation makes the password count that was chosen with it, and no other (ID-12)."""
    if used.password_hash is not None and user.password_hash != used.password_hash:
        user.password_hash = used.password_hash
        user.password_version += 1
    tokens.void(session, real, user, MailedToken.purpose == Purpose.CONFIRM)
    mark_confirmed(session, now, user)
