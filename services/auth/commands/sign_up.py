"""Signing up: the answer is the same for every address, only the mail differs (ID-01, ID-03)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis import outbox
from chassis.errors import Conflict
from services.auth import events
from services.auth.commands import tokens, tries, users
from services.auth.domain.accounts import sign_up_fingerprint
from services.auth.domain.addresses import Address
from services.auth.domain.passwords import PasswordHash
from services.auth.domain.tokens import Purpose
from services.auth.models import Account, SignUpReceipt, User


def sign_up(
    session: Session,
    *,
    now: datetime,
    real: datetime,
    keys: Sequence[bytes],
    site_id: UUID,
    user_id: UUID,
    account_id: UUID,
    email: Address,
    password: PasswordHash,
    name: str,
    time_zone: str,
    visit_id: UUID | None,
) -> None:
    """Make an account with its first user, unless the address has one.

    The same user id again with the same content does nothing; with other content it raises
    Conflict, as do ids that belong to somebody else.
    """
    fingerprint = sign_up_fingerprint(site_id, account_id, email.canonical, name, time_zone)
    if not _received(session, real, user_id, fingerprint):
        return
    user = users.locked_by_email(session, site_id, email.canonical)
    if user is None:
        made = {"user_id": user_id, "account_id": account_id, "site_id": site_id, "created_at": now}
        person = {"name": name, "time_zone": time_zone, "password_hash": password}
        is_new = _made(session, email=email, **made, **person)
        user = users.locked_by_email(session, site_id, email.canonical)
        if user is None:
            raise _taken("user_id")
        if is_new:
            about = users.next_version_of(user)
            outbox.stage(session, events.UserSignedUp(visit_id=visit_id, **about))
    _mail(session, real, keys, user, password)


def _received(session: Session, real: datetime, user_id: UUID, fingerprint: bytes) -> bool:
    """Whether this sign-up is new; raises Conflict when its user id had other content before."""
    receipt = insert(SignUpReceipt).values(
        user_id=user_id, fingerprint=fingerprint, received_at=real
    )
    if session.execute(receipt.on_conflict_do_nothing().returning(SignUpReceipt.user_id)).first():
        return True
    known = select(SignUpReceipt.fingerprint).where(SignUpReceipt.user_id == user_id)
    if session.scalar(known) != fingerprint:
        raise _taken("user_id")
    return False


def _made(session: Session, *, email: Address, **values: object) -> bool:
    """Make account and user; False, and no account, when somebody was first with the address."""
    of_account = {each: values[each] for each in ("account_id", "site_id", "created_at")}
    account = insert(Account).values(of_account).on_conflict_do_nothing()
    if not session.execute(account.returning(Account.account_id)).first():
        raise _taken("account_id")
    user = insert(User).values(email=email.typed, email_canonical=email.canonical, **values)
    if session.execute(user.on_conflict_do_nothing().returning(User.user_id)).first():
        return True
    session.execute(delete(Account).where(Account.account_id == values["account_id"]))
    return False


def _mail(
    session: Session, real: datetime, keys: Sequence[bytes], user: User, password: PasswordHash
) -> None:
    """Tell the confirmed owner, or mail a confirmation that carries the password just chosen."""
    if user.confirmed_at is None:
        user.password_hash = password
        tokens.mail_token(
            session,
            real=real,
            keys=keys,
            user=user,
            purpose=Purpose.CONFIRM,
            password_hash=password,
        )
    elif tries.may_mail(session, real, user.site_id, user.email_canonical):
        outbox.stage(session, events.SignUpRepeated(**users.next_version_of(user)))


def _taken(what: str) -> Conflict:
    return Conflict(f"{what}_taken", f"This {what} was used before for something else.")
