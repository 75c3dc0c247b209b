"""A forgotten password: a link by mail, a new password, and every session over."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from chassis import outbox
from services.auth import events
from services.auth.commands import confirmation, sessions, tokens, tries, users
from services.auth.domain.addresses import Address
from services.auth.domain.passwords import PasswordHash
from services.auth.domain.tokens import Purpose


def request_password_reset(
    session: Session, *, real: datetime, keys: Sequence[bytes], site_id: UUID, email: Address
) -> None:
    """Mail a link to a known address, confirmed or not; an unknown one notices nothing."""
    user = users.locked_by_email(session, site_id, email.canonical)
    if user is not None:
        tokens.mail_token(session, real=real, keys=keys, user=user, purpose=Purpose.RESET)


def reset_password(
    session: Session,
    *,
    now: datetime,
    real: datetime,
    site_id: UUID,
    token: str,
    password: PasswordHash,
) -> None:
    """Set the password by the link; raises Denied when it is not live. Logs nobody in (ID-09).

    Every session ends and every token is void (ID-07, ID-08). The mailed link proves the address,
    so an unconfirmed user is confirmed, and what was chosen before is gone (ID-12).
    """
    user, _ = tokens.redeem(session, real=real, site_id=site_id, purpose=Purpose.RESET, token=token)
    user.password_hash = password
    user.password_version += 1
    tokens.void(session, real, user)
    tries.forget_logins(session, site_id, user.email_canonical)
    outbox.stage(session, events.PasswordChanged(**users.next_version_of(user)))
    confirmation.mark_confirmed(session, now, user)
    sessions.end_all(session, real, user)
