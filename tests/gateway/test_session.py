"""The cache of sessions: quick, and never behind what auth has told."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from gateway.session import (
    ENDED,
    FOUND_SECONDS,
    MISSING_SECONDS,
    Sessions,
    SessionView,
    new_token,
    token_hash,
)
from tests.gateway.browsing import USER, session_answer

HASH = token_hash("page", "token")
ENDED_BODY = {"user_id": str(USER), "session_hashes": [HASH], "version": 3}


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class Auth:
    """Answers with a view, and counts how often it was asked."""

    def __init__(self, view: SessionView | None) -> None:
        self.view = view
        self.asked = 0

    def __call__(self) -> SessionView | None:
        self.asked += 1
        return self.view


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(clock: Clock) -> Sessions:
    return Sessions(clock)


def view(**changed: Any) -> SessionView:
    return SessionView.read(session_answer(**changed))


def test_a_found_session_is_asked_for_once_in_30_seconds(sessions: Sessions, clock: Clock) -> None:
    auth = Auth(view())
    assert sessions.get(HASH, auth) == auth.view
    assert sessions.get(HASH, auth) == auth.view
    assert auth.asked == 1
    clock.seconds = FOUND_SECONDS + 1
    sessions.get(HASH, auth)
    assert auth.asked == 2


def test_a_missing_session_is_asked_for_once_in_5_seconds(sessions: Sessions, clock: Clock) -> None:
    auth = Auth(None)
    assert sessions.get(HASH, auth) is None
    assert sessions.get(HASH, auth) is None
    assert auth.asked == 1
    clock.seconds = MISSING_SECONDS + 1
    sessions.get(HASH, auth)
    assert auth.asked == 2


def test_an_ended_session_is_gone_at_once(sessions: Sessions) -> None:
    auth = Auth(view())
    sessions.get(HASH, auth)
    sessions.hear(ENDED, ENDED_BODY)
    assert sessions.get(HASH, auth) is None
    assert auth.asked == 1


def test_an_answer_that_comes_after_the_end_does_not_bring_the_session_back(
    sessions: Sessions,
) -> None:
    def ended_meanwhile() -> SessionView:
        sessions.hear(ENDED, ENDED_BODY)
        return view()

    assert sessions.get(HASH, ended_meanwhile) is None
    assert sessions.get(HASH, Auth(view())) is None


def test_an_answer_from_before_a_reconnection_is_used_once_and_not_kept(sessions: Sessions) -> None:
    def reconnected_meanwhile() -> SessionView:
        sessions.drop_all()
        return view()

    auth = Auth(view())
    assert sessions.get(HASH, reconnected_meanwhile) is not None
    sessions.get(HASH, auth)
    assert auth.asked == 1


def test_a_reconnection_drops_what_was_known(sessions: Sessions) -> None:
    auth = Auth(view())
    sessions.get(HASH, auth)
    sessions.drop_all()
    sessions.get(HASH, auth)
    assert auth.asked == 2


def test_a_forgotten_session_is_asked_for_again(sessions: Sessions) -> None:
    auth = Auth(view())
    sessions.get(HASH, auth)
    sessions.forget(HASH)
    sessions.get(HASH, auth)
    assert auth.asked == 2


def test_a_changed_user_is_asked_for_again_and_no_other(sessions: Sessions) -> None:
    changed, other = view(), view(user_id=str(uuid4()))
    sessions.put("a", changed)
    sessions.put("b", other)
    sessions.hear("auth.user_changed", {"user_id": str(changed.user_id), "version": 2})
    assert sessions.get("a", lambda: None) is None
    assert sessions.get("b", lambda: None) == other


def test_a_session_that_ran_out_while_it_was_kept_is_over(sessions: Sessions) -> None:
    over = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    assert sessions.get(HASH, Auth(view(expires_at=over))) is None


def test_other_events_end_nothing(sessions: Sessions) -> None:
    auth = Auth(view())
    sessions.get(HASH, auth)
    sessions.hear("jobs.clock_advanced", {"offset_seconds": 60, "version": 1})
    assert sessions.get(HASH, auth) is not None


def test_tokens_are_new_every_time_and_256_bits_long() -> None:
    assert len({new_token() for _ in range(100)}) == 100
    assert len(new_token()) == 43


def test_the_same_token_is_two_different_sessions_at_two_doors() -> None:
    token = new_token()
    assert token_hash("page", token) != token_hash("api", token)


def test_a_view_tells_what_it_was_read_from() -> None:
    answer = session_answer(roles=["member", "operator"])
    read = SessionView.read(answer)
    assert read.user_id == UUID(answer["user_id"])
    told = read.as_json
    assert SessionView.read(told) == read
    assert told["roles"] == ["member", "operator"]
