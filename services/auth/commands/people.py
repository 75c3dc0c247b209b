"""Users after they are in: their time zone, their roles, and the demo user."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis import outbox
from chassis.errors import Conflict, Denied, NotFound
from services.auth import events
from services.auth.commands import confirmation, sessions, users
from services.auth.domain.accounts import DEMO_ACCOUNT, DEMO_NAME, DEMO_USER
from services.auth.domain.addresses import DEMO_EMAIL, Address
from services.auth.domain.passwords import PasswordHash
from services.auth.models import Account, User


def set_time_zone(session: Session, *, site_id: UUID, user_id: UUID, time_zone: str) -> None:
    """Set the zone in which the user reads times; nothing else ever changes it (ID-22)."""
    user = users.locked_by_id(session, site_id, user_id)
    if user is None:
        raise NotFound("user_unknown", "There is no such user.")
    if user.time_zone == time_zone:
        return
    user.time_zone = time_zone
    about = users.next_version_of(user)
    outbox.stage(session, events.UserChanged(time_zone=time_zone, **about))


def make_operator(session: Session, *, real: datetime, site_id: UUID, email: Address) -> None:
    """Make a confirmed user an operator; there is no other first operator (ID-21).

    Sessions end, because none may outlive a change of rights (SE-02). Raises NotFound, or Conflict
    for a user who is not confirmed or is an operator already.
    """
    user = users.locked_by_email(session, site_id, email.canonical)
    if user is None:
        raise NotFound("user_unknown", "Nobody has signed up with this address.")
    if user.confirmed_at is None:
        raise Conflict("not_confirmed", "This address is not confirmed yet.")
    if user.is_operator:
        raise Conflict("operator_already", "This user is an operator already.")
    user.is_operator = True
    sessions.end_all(session, real, user)


def seed_demo(
    session: Session, *, now: datetime, site_id: UUID, password: PasswordHash, is_sandbox: bool
) -> None:
    """Make the user who logs in as demo with the password demo; Denied outside sandbox mode."""
    if not is_sandbox:
        raise Denied("sandbox_only", "The demo user exists in sandbox mode only.")
    account = {"account_id": DEMO_ACCOUNT, "site_id": site_id, "created_at": now}
    session.execute(insert(Account).values(account).on_conflict_do_nothing())
    person = {"email": DEMO_EMAIL, "email_canonical": DEMO_EMAIL, "name": DEMO_NAME}
    demo = {"user_id": DEMO_USER, "time_zone": "UTC", "password_hash": password}
    made = insert(User).values(**account, **person, **demo).on_conflict_do_nothing()
    if session.execute(made.returning(User.user_id)).first():
        _welcome_demo(session, now, site_id)


def _welcome_demo(session: Session, now: datetime, site_id: UUID) -> None:
    """Tell of the demo user what is told of everybody, so that the other services know it."""
    user = users.locked_by_id(session, site_id, DEMO_USER)
    if user is None:
        raise NotFound("user_unknown", "The demo user is on another site.")
    outbox.stage(session, events.UserSignedUp(visit_id=None, **users.next_version_of(user)))
    confirmation.mark_confirmed(session, now, user)
    user.is_operator = True
