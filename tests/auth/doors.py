"""Auth's doors as the bus opens them, with a real database and cheap hashing that is counted."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from chassis.bus.calls import IncomingCall
from chassis.bus.runtime import Runtime
from chassis.config import SANDBOX, load
from chassis.context import Caller
from chassis.database import Database
from chassis.errors import Denied
from chassis.ids import new_id
from services.auth.domain.accounts import MAIN_SITE
from services.auth.domain.passwords import PasswordHash
from services.auth.domain.sessions import Check
from services.auth.domain.tokens import token_text
from services.auth.models import MailedToken
from services.auth.service import AuthService
from services.auth.settings import Settings
from tests.auth.acting import ANN, KEYS, PASSWORDS, session_hash

VISITOR = Caller(principal="gateway", request_id="r-1", site_id=MAIN_SITE)
PASSWORD = "correct horse"

ENVIRONMENT = {
    "MEMBERHALL_MODE": SANDBOX,
    "MEMBERHALL_PUBLIC_URL": "http://127.0.0.1:8080",
    "MEMBERHALL_PUBLIC_KEYS": "{}",
    "MEMBERHALL_AUTH_BROKER_URL": "amqp://127.0.0.1",
    "MEMBERHALL_AUTH_PRIVATE_KEY": "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=",
    "MEMBERHALL_AUTH_DATABASE_URL": "postgresql://127.0.0.1/memberhall",
    "MEMBERHALL_AUTH_TOKEN_KEYS": "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=",
}
# These doors ask nobody and publish nothing.
NOTHING: Any = None

SETTINGS = load(Settings, "auth", ENVIRONMENT)


class CountedPasswords:
    """Cheap hashing that remembers what it was asked to do."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def hash(self, password: str) -> PasswordHash:
        self.asked.append("hash")
        return PASSWORDS.hash(password)

    def check(self, held: PasswordHash | None, password: str) -> Check:
        self.asked.append("check")
        return PASSWORDS.check(held, password)


class Doors:
    """The service with a real database and no bus; every call has an id of its own."""

    def __init__(self, database: Database, settings: Settings = SETTINGS) -> None:
        self.database = database
        self.passwords = CountedPasswords()
        self.service: Any = AuthService()
        self.service.runtime = Runtime(
            settings=settings,
            database=database,
            client=NOTHING,
            publisher=NOTHING,
            signer=NOTHING,
            verifier=NOTHING,
        )
        self.service.passwords = self.passwords
        self.service.off_loop = lambda work, *args: work(*args)

    def ask(
        self, method: str, caller: Caller = VISITOR, call_id: UUID | None = None, **arguments: Any
    ) -> Any:
        call = IncomingCall(caller=caller, arguments=arguments, call_id=call_id or new_id())
        return getattr(self.service, method)(call)

    def sign_up(self, email: str = ANN, **changed: Any) -> Any:
        ids = {"user_id": str(new_id()), "account_id": str(new_id())}
        asked = {**ids, "email": email, "password": PASSWORD, "name": "Ann", **changed}
        return self.ask("sign_up", **asked)

    def member(self) -> None:
        self.sign_up()
        self.ask("confirm", token=token_text(KEYS[0], self.token_id()))

    def log_in(self, login: str = ANN, password: str = PASSWORD, number: int = 1) -> Any:
        return self.ask("log_in", session_hash=session_hash(number), login=login, password=password)

    def token_id(self) -> UUID:
        newest = select(MailedToken.token_id).order_by(MailedToken.token_id.desc()).limit(1)
        found: UUID = self.database.read(lambda session: session.scalars(newest).one())
        return found


def refusal(ask: Callable[[], Any]) -> dict[str, Any]:
    with pytest.raises(Denied) as refused:
        ask()
    return refused.value.as_json()
