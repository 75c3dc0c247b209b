"""Sessions as the gateway knows them: by hash, kept for seconds, dropped when auth says so.

A token is 32 random bytes that only the browser or the API client holds. Auth and this cache know
its SHA-256. A page's cookie and an API's bearer token are hashed under different names, so that
neither is ever accepted in the other's place (SE-11).
"""

import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Literal
from uuid import UUID

from cachetools import TTLCache

from chassis.shapes import plain

FOUND_SECONDS = 30  # how long a missed event can keep an ended session alive
MISSING_SECONDS = 5
TOMBSTONE_SECONDS = 120  # longer than any call that may still fill the cache
MOST = 50_000  # sessions a process remembers

ENDED = "auth.sessions_ended"
CHANGED = "auth.user_changed"

Door = Literal["page", "api"]


@dataclass(frozen=True, kw_only=True)
class SessionView:
    """Who a session belongs to, as auth answers `session` and `log_in`."""

    session_id: UUID
    user_id: UUID
    account_id: UUID
    site_id: UUID
    email: str
    name: str
    roles: frozenset[str]
    time_zone: str
    authenticated_at: datetime
    expires_at: datetime

    @classmethod
    def read(cls, answer: dict[str, Any]) -> "SessionView":
        """From the JSON values that auth answers."""
        return cls(
            session_id=UUID(answer["session_id"]),
            user_id=UUID(answer["user_id"]),
            account_id=UUID(answer["account_id"]),
            site_id=UUID(answer["site_id"]),
            email=answer["email"],
            name=answer["name"],
            roles=frozenset(answer["roles"]),
            time_zone=answer["time_zone"],
            authenticated_at=datetime.fromisoformat(answer["authenticated_at"]),
            expires_at=datetime.fromisoformat(answer["expires_at"]),
        )

    @cached_property
    def as_json(self) -> dict[str, Any]:
        """The JSON values that it was read from."""
        told: dict[str, Any] = plain(asdict(self))
        return {**told, "roles": sorted(self.roles)}


def new_token() -> str:
    """256 random bits as base64url text."""
    return secrets.token_urlsafe(32)


def token_hash(door: Door, token: str) -> str:
    """What auth knows a token by: SHA-256 in hex."""
    return hashlib.sha256(f"{door}:{token}".encode()).hexdigest()


class Sessions:
    """The process' cache of sessions by hash.

    A fill that began before a session was ended, or before the cache was emptied, must not bring
    it back: tombstones and the epoch see to that. `timer` counts seconds.
    """

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        self._lock = threading.Lock()
        self._found: TTLCache[str, SessionView] = TTLCache(MOST, FOUND_SECONDS, timer)
        self._missing: TTLCache[str, bool] = TTLCache(MOST, MISSING_SECONDS, timer)
        self._ended: TTLCache[str, bool] = TTLCache(MOST, TOMBSTONE_SECONDS, timer)
        self._epoch = 0

    def get(self, session_hash: str, ask: Callable[[], SessionView | None]) -> SessionView | None:
        """The session, from memory or from `ask`; None where there is none (any more)."""
        with self._lock:
            if session_hash in self._ended or session_hash in self._missing:
                return None
            found: SessionView | None = self._found.get(session_hash)
            epoch = self._epoch
        if found is None:
            found = self._fill(session_hash, ask(), epoch)
        # Sessions live in real time; business time may run ahead of it.
        return found if found and found.expires_at > datetime.now(UTC) else None

    def put(self, session_hash: str, view: SessionView) -> None:
        """Remember a session that was opened just now."""
        with self._lock:
            self._missing.pop(session_hash, None)
            self._found[session_hash] = view

    def forget(self, session_hash: str) -> None:
        """Ask auth again at the next request, because the session's user has changed."""
        with self._lock:
            self._epoch += 1
            self._found.pop(session_hash, None)

    def forget_user(self, user_id: UUID) -> None:
        """The same for all the user's sessions."""
        with self._lock:
            self._epoch += 1
            for session_hash, view in list(self._found.items()):
                if view.user_id == user_id:
                    del self._found[session_hash]

    def end(self, *session_hashes: str) -> None:
        """These sessions are over and never come back."""
        with self._lock:
            for session_hash in session_hashes:
                self._ended[session_hash] = True
                self._found.pop(session_hash, None)

    def drop_all(self) -> None:
        """Events may have been missed: believe nothing that was known before."""
        with self._lock:
            self._epoch += 1
            self._found.clear()
            self._missing.clear()

    def hear(self, wire: str, body: dict[str, Any]) -> None:
        """What auth broadcasts about sessions; runs in the bus client's reader thread."""
        if wire == ENDED:
            self.end(*body["session_hashes"])
        elif wire == CHANGED:
            self.forget_user(UUID(body["user_id"]))

    def _fill(self, session_hash: str, view: SessionView | None, epoch: int) -> SessionView | None:
        with self._lock:
            if session_hash in self._ended:
                return None
            if epoch != self._epoch:
                return view  # right when asked; not to be kept
            if view is None:
                self._missing[session_hash] = True
            else:
                self._found[session_hash] = view
            return view
