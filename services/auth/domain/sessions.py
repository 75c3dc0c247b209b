"""Who may log in, and how long a session lasts. All instants here are real time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from chassis.errors import Denied
from services.auth.domain.passwords import PasswordHash

MEMBER = "member"
OPERATOR = "operator"

# A session is noted as seen at most this often, so that reading pages does not become writing rows.
SEEN_EVERY = timedelta(minutes=1)

LOGIN_TRIES = 10
LOGIN_TRIES_WITHIN = timedelta(minutes=15)


@dataclass(frozen=True)
class Lifetime:
    """A session ends `idle` after it was last seen, and `absolute` after the login in any case."""

    idle: timedelta
    absolute: timedelta


# NIST SP 800-63B asks for a new login after 30 days at most; operators can do more harm (SE-04).
OF_MEMBERS = Lifetime(idle=timedelta(days=14), absolute=timedelta(days=30))
OF_OPERATORS = Lifetime(idle=timedelta(hours=1), absolute=timedelta(hours=12))


class HeldSession(Protocol):
    """What is held of a session, as far as its end depends on it."""

    @property
    def authenticated_at(self) -> datetime: ...

    @property
    def last_seen_at(self) -> datetime: ...

    @property
    def ended_at(self) -> datetime | None: ...


@dataclass(frozen=True)
class Credentials:
    """What is held of a user whose password is to be checked."""

    user_id: UUID
    password_hash: PasswordHash
    password_version: int


@dataclass(frozen=True)
class Check:
    """How a password compared; `fresh_hash` where the stored hash has outdated parameters."""

    is_right: bool
    fresh_hash: PasswordHash | None = None


@dataclass(frozen=True)
class Proof:
    """A user gave the right password, and it was this one of the passwords that the user had."""

    user_id: UUID
    password_version: int
    fresh_hash: PasswordHash | None


def proved(held: Credentials | None, check: Check) -> Proof:
    """Raise Denied, in the same words for an unknown login and a wrong password (ID-01)."""
    if held is None or not check.is_right:
        raise login_wrong()
    return Proof(held.user_id, held.password_version, check.fresh_hash)


def login_wrong() -> Denied:
    return Denied("login_wrong", "The e-mail address or the password is not right.")


def require_tries_left(tries: int) -> None:
    """Raise Denied from the eleventh try on, whether its password is right or wrong (ID-20)."""
    if tries > LOGIN_TRIES:
        minutes = int(LOGIN_TRIES_WITHIN / timedelta(minutes=1))
        raise Denied(
            "too_many_tries",
            f"Too many failed logins. Try again in {minutes} minutes, or reset the password.",
        )


def expires_at(held: HeldSession, *, is_operator: bool) -> datetime:
    """When a session ends by itself, as far as is known now."""
    lifetime = OF_OPERATORS if is_operator else OF_MEMBERS
    return min(held.authenticated_at + lifetime.absolute, held.last_seen_at + lifetime.idle)


def is_live(real: datetime, held: HeldSession, *, is_operator: bool) -> bool:
    """Whether a session may still be used; one that ran out cannot be revived by being seen."""
    return held.ended_at is None and real < expires_at(held, is_operator=is_operator)


def roles_of(*, is_operator: bool) -> tuple[str, ...]:
    """The roles of a user, sorted."""
    return (MEMBER, OPERATOR) if is_operator else (MEMBER,)
