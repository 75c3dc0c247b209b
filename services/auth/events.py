"""What auth tells. `version` is the user's version, which grows with each event about that user."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from chassis.events import Event


@dataclass(frozen=True, kw_only=True)
class UserSignedUp(Event):
    """An address that was unknown signed up; it is not yet confirmed."""

    wire: ClassVar[str] = "auth.user_signed_up"
    user_id: UUID
    account_id: UUID
    email: str
    name: str
    visit_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class SignUpRepeated(Event):
    """Somebody signed up with the address of a confirmed user, who should hear of it."""

    wire: ClassVar[str] = "auth.sign_up_repeated"
    user_id: UUID
    account_id: UUID
    email: str
    name: str


@dataclass(frozen=True, kw_only=True)
class ConfirmationRequested(Event):
    """A link and a code that confirm an address are to be mailed; `mail_secret` has the texts."""

    wire: ClassVar[str] = "auth.confirmation_requested"
    token_id: UUID
    user_id: UUID
    account_id: UUID
    email: str
    name: str
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class UserConfirmed(Event):
    """A user proved to read the address; told once for each user."""

    wire: ClassVar[str] = "auth.user_confirmed"
    user_id: UUID
    account_id: UUID
    email: str
    name: str
    time_zone: str


@dataclass(frozen=True, kw_only=True)
class UserChanged(Event):
    """Something that others keep of a confirmed user is different now."""

    wire: ClassVar[str] = "auth.user_changed"
    user_id: UUID
    account_id: UUID
    email: str
    name: str
    time_zone: str


@dataclass(frozen=True, kw_only=True)
class PasswordResetRequested(Event):
    """A link is to be mailed that sets a new password; `mail_secret` has its text."""

    wire: ClassVar[str] = "auth.password_reset_requested"
    token_id: UUID
    user_id: UUID
    account_id: UUID
    email: str
    name: str
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class PasswordChanged(Event):
    """A user has a new password; the owner of the address should hear of it."""

    wire: ClassVar[str] = "auth.password_changed"
    user_id: UUID
    account_id: UUID
    email: str
    name: str


@dataclass(frozen=True, kw_only=True)
class SessionsEnded(Event):
    """These sessions, named by the SHA-256 (hex) of their secrets, are over before their time."""

    wire: ClassVar[str] = "auth.sessions_ended"
    user_id: UUID
    session_hashes: tuple[str, ...]
