"""How tests act on auth: commands called on an open session, at instants that the test gives."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

import services.auth
from chassis.ids import new_id
from chassis.plumbing import outbox
from services.auth import queries
from services.auth.adapters import Passwords
from services.auth.commands import confirmation, recovery, sessions, sign_up
from services.auth.domain.accounts import MAIN_SITE
from services.auth.domain.addresses import read_address
from services.auth.domain.passwords import PasswordHash
from services.auth.domain.sessions import proved
from services.auth.models import User

START = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
KEYS = (b"k" * 32,)
ANN = "ann@example.com"

# As cheap as argon2 goes: tests are about the rules around it.
PASSWORDS = Passwords(time_cost=1, memory_cost=8)


def migrations() -> Path:
    return Path(str(services.auth.__file__)).parent / "migrations"


def hashed(password: str) -> PasswordHash:
    return PASSWORDS.hash(password)


def session_hash(number: int = 1) -> str:
    return f"{number:064x}"


@dataclass
class Acting:
    """Commands with the usual arguments filled in; `later` moves real and business time."""

    session: Session
    now: datetime = START
    site_id: UUID = MAIN_SITE
    told_before: set[UUID] = field(default_factory=set)

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    def sign_up(self, email: str = ANN, password: str = "correct horse", **changed: Any) -> UUID:
        """Returns the user id that was proposed."""
        usual = {
            "user_id": new_id(),
            "account_id": new_id(),
            "password": hashed(password),
            "name": "Ann",
            "time_zone": "Europe/Berlin",
            "visit_id": None,
        }
        asked = {**usual, **changed}
        sign_up.sign_up(
            self.session,
            now=self.now,
            real=self.now,
            keys=KEYS,
            site_id=self.site_id,
            email=read_address(email),
            **asked,
        )
        user_id: UUID = asked["user_id"]
        return user_id

    def resend(self, email: str = ANN) -> None:
        confirmation.resend_confirmation(
            self.session,
            real=self.now,
            keys=KEYS,
            site_id=self.site_id,
            email=read_address(email),
        )

    def confirm(self, token: str) -> None:
        confirmation.confirm(
            self.session, now=self.now, real=self.now, site_id=self.site_id, token=token
        )

    def confirm_code(self, code: str, email: str = ANN) -> None:
        """What the door does: the try is counted, then the code compared."""
        address = read_address(email)
        confirmation.count_code_try(
            self.session, real=self.now, site_id=self.site_id, email=address
        )
        confirmation.confirm_code(
            self.session,
            now=self.now,
            real=self.now,
            keys=KEYS,
            site_id=self.site_id,
            email=address,
            code=code,
        )

    def ask_reset(self, email: str = ANN) -> None:
        recovery.request_password_reset(
            self.session,
            real=self.now,
            keys=KEYS,
            site_id=self.site_id,
            email=read_address(email),
        )

    def reset(self, token: str, password: str = "another horse") -> None:
        recovery.reset_password(
            self.session,
            now=self.now,
            real=self.now,
            site_id=self.site_id,
            token=token,
            password=hashed(password),
        )

    def log_in(
        self, password: str = "correct horse", email: str = ANN, number: int = 1
    ) -> queries.SessionView:
        held = queries.credentials(
            self.session, site_id=self.site_id, canonical=read_address(email).canonical
        )
        check = PASSWORDS.check(held.password_hash if held else None, password)
        sessions.log_in(
            self.session,
            real=self.now,
            site_id=self.site_id,
            proof=proved(held, check),
            session_hash=session_hash(number),
            user_agent="",
            ip="",
        )
        return self.seen(number)

    def seen(self, number: int = 1) -> queries.SessionView:
        return queries.session(
            self.session,
            real=self.now,
            site_id=self.site_id,
            session_hash=session_hash(number),
        )

    def member(self, email: str = ANN, password: str = "correct horse") -> User:
        """Somebody signed up and confirmed; what was told so far counts as read."""
        self.sign_up(email, password)
        self.confirm(self.mailed().token)
        self.told()
        return self.user(email)

    def user(self, email: str = ANN) -> User:
        self.session.flush()
        canonical = read_address(email).canonical
        return self.session.scalars(select(User).where(User.email_canonical == canonical)).one()

    def mailed(self) -> queries.MailSecret:
        """The texts of the newest mail."""
        tokens = [body["token_id"] for _, body in self._staged() if "token_id" in body]
        return queries.mail_secret(
            self.session, real=self.now, keys=KEYS, token_id=UUID(tokens[-1])
        )

    def told(self) -> list[tuple[str, dict[str, Any]]]:
        """The events staged since this was last asked: (wire name, body)."""
        return self._staged(new_only=True)

    def wires(self) -> list[str]:
        return [wire for wire, _ in self.told()]

    def _staged(self, *, new_only: bool = False) -> list[tuple[str, dict[str, Any]]]:
        self.session.flush()
        rows = self.session.execute(select(outbox).order_by(outbox.c.message_id)).all()
        kept = [row for row in rows if not new_only or row.message_id not in self.told_before]
        if new_only:
            self.told_before.update(row.message_id for row in rows)
        return [(row.wire, json.loads(row.body)) for row in kept]
