"""Browsers and sessions for tests of the gateway."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient

from chassis.errors import NotFound
from gateway.aliases import MAIN_SITE
from gateway.session import Door, token_hash
from gateway.settings import Settings
from tests.gateway.recording import RecordingBus

HOST = "members.test"
USER = UUID("018f0000-0000-7000-8000-00000000aaaa")
ACCOUNT = UUID("018f0000-0000-7000-8000-00000000bbbb")
TOKEN = "t" * 43


def settings(**changed: Any) -> Settings:
    values: dict[str, Any] = {
        "principal": "gateway",
        "mode": "production",
        "public_url": f"https://{HOST}",
        "public_keys": {},
        "broker_url": "amqp://unused",
        "private_key": bytes(32),
        "cookie_keys": ("newest-" + "k" * 32, "oldest-" + "k" * 32),
    }
    return Settings(**{**values, **changed})


def session_answer(**changed: Any) -> dict[str, Any]:
    """What auth answers for a member's session."""
    now = datetime.now(UTC)
    return {
        "session_id": "018f0000-0000-7000-8000-00000000cccc",
        "user_id": str(USER),
        "account_id": str(ACCOUNT),
        "site_id": str(MAIN_SITE),
        "email": "ada@example.test",
        "name": "Ada",
        "roles": ["member"],
        "time_zone": "Europe/Berlin",
        "authenticated_at": now.isoformat(),
        "expires_at": (now + timedelta(days=1)).isoformat(),
        **changed,
    }


class Browser(FlaskClient):
    """Asks for everything at one origin, as the pages of that origin do."""

    origin = f"https://{HOST}"

    def open(self, *args: Any, **kwargs: Any) -> Any:
        kwargs.setdefault("base_url", self.origin)
        return super().open(*args, **kwargs)

    @property
    def is_https(self) -> bool:
        return self.origin.startswith("https:")


def browser(app: Flask, origin: str = f"https://{HOST}") -> Browser:
    app.test_client_class = Browser
    client = app.test_client()
    assert isinstance(client, Browser)
    client.origin = origin
    client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    return client


def signed_in(client: Browser, bus: RecordingBus, **changed: Any) -> Browser:
    name = "__Host-session" if client.is_https else "session"
    client.set_cookie(name, TOKEN, domain=client.origin.partition("://")[2], secure=client.is_https)
    know_session(bus, "page", **changed)
    return client


def know_session(bus: RecordingBus, door: Door, **changed: Any) -> None:
    """Auth knows the session of TOKEN, by the hash of the door it belongs to."""

    def answer(session_hash: str) -> Any:
        if session_hash == token_hash(door, TOKEN):
            return session_answer(**changed)
        return NotFound("session_unknown", "There is no such session, or it is over.")

    bus.answer("auth", "session", answer)
    bus.answer("auth", "see_session", None)
    bus.answer("auth", "log_out", None)


def field(answer: Any, name: str) -> str:
    """The element of a form's field."""
    found = re.search(rf'<(?:input|select|textarea)[^>]* id="{name}"[^>]*>', answer.text)
    assert found, name
    return found[0]
