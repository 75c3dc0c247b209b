"""Making, redeeming and voiding what is mailed to users."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from chassis import outbox
from chassis.ids import new_id
from services.auth import events
from services.auth.commands import tries, users
from services.auth.domain.tokens import (
    CODE_TRIES,
    LIFETIME,
    Purpose,
    is_code_of,
    token_hash,
    token_text,
    token_unusable,
)
from services.auth.models import MailedToken, User

TELL = {
    Purpose.CONFIRM: events.ConfirmationRequested,
    Purpose.RESET: events.PasswordResetRequested,
}


def mail_token(
    session: Session,
    *,
    real: datetime,
    keys: Sequence[bytes],
    user: User,
    purpose: Purpose,
    password_hash: str | None = None,
) -> None:
    """Make a token, void what it replaces, and tell that it is to be mailed.

    Where the address has had too many mails lately nothing happens, and nobody is told so. A token
    replaces those with the same password: somebody else's sign-up voids no link of the owner's.
    """
    if not tries.may_mail(session, real, user.site_id, user.email_canonical):
        return
    same = MailedToken.password_hash.is_not_distinct_from(password_hash)
    void(session, real, user, MailedToken.purpose == purpose, same)
    token_id = new_id()
    expires_at = real + LIFETIME[purpose]
    session.add(
        MailedToken(
            token_id=token_id,
            user_id=user.user_id,
            purpose=purpose,
            token_hash=token_hash(token_text(keys[0], token_id)),
            password_hash=password_hash,
            created_at=real,
            expires_at=expires_at,
        )
    )
    about = users.next_version_of(user)
    outbox.stage(session, TELL[purpose](token_id=token_id, expires_at=expires_at, **about))


def redeem(
    session: Session, *, real: datetime, site_id: UUID, purpose: Purpose, token: str
) -> tuple[User, MailedToken]:
    """Use up a token; raises Denied unless it is live and for this purpose and site."""
    named = (MailedToken.token_hash == token_hash(token), MailedToken.purpose == purpose)
    owner = session.scalar(select(MailedToken.user_id).where(*named))
    user = users.locked_by_id(session, site_id, owner) if owner else None
    used = _use(session, real, *named) if user else None
    if user is None or used is None:
        raise token_unusable()
    return user, used


def redeem_code(
    session: Session, *, real: datetime, keys: Sequence[bytes], user: User, code: str
) -> MailedToken | None:
    """Use up the user's confirmation that this is the code of, None when there is none."""
    of_user = (MailedToken.user_id == user.user_id, MailedToken.purpose == Purpose.CONFIRM)
    may_try = (MailedToken.is_live(real), *of_user, MailedToken.code_tries <= CODE_TRIES)
    for token_id in session.scalars(select(MailedToken.token_id).where(*may_try)):
        if is_code_of(token_id, code, keys):
            return _use(session, real, MailedToken.token_id == token_id)
    return None


def void(session: Session, real: datetime, user: User, *which: ColumnElement[bool]) -> None:
    """Void the user's live tokens, all of them or those meant."""
    mine = (MailedToken.user_id == user.user_id, MailedToken.is_live(real), *which)
    session.execute(update(MailedToken).where(*mine).values(voided_at=real))


def _use(session: Session, real: datetime, *which: ColumnElement[bool]) -> MailedToken | None:
    """The one statement that decides who of several redeemers is first (ID-06)."""
    use = update(MailedToken).where(*which, MailedToken.is_live(real)).values(used_at=real)
    return session.scalars(use.returning(MailedToken)).one_or_none()
