"""Logging in and out, and how often it may be tried."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.errors import Conflict, Denied, NotFound
from services.auth.adapters import Passwords
from services.auth.commands import people, sessions, tries
from services.auth.domain.accounts import MAIN_SITE
from services.auth.domain.sessions import Proof
from tests.auth.acting import ANN, START, Acting, session_hash


def test_a_login_begins_a_session_and_repeating_it_is_harmless(acting: Acting) -> None:
    member = acting.member()
    first = acting.log_in()
    assert (first.user_id, first.roles) == (member.user_id, ("member",))
    assert first.expires_at == START + timedelta(days=14)
    assert acting.log_in() == first


def test_another_users_session_hash_is_a_conflict(acting: Acting) -> None:
    acting.member()
    acting.member("bob@example.com")
    acting.log_in()
    with pytest.raises(Conflict, match="session_hash_taken"):
        acting.log_in(email="bob@example.com")


def test_a_password_changed_after_it_was_checked_is_refused(acting: Acting) -> None:
    member = acting.member()
    stale = Proof(member.user_id, member.password_version - 1, None)
    with pytest.raises(Denied, match="login_wrong"):
        sessions.log_in(
            acting.session,
            real=START,
            site_id=MAIN_SITE,
            proof=stale,
            session_hash=session_hash(),
            user_agent="",
            ip="",
        )


def test_id_18_a_login_stores_the_fresh_hash(acting: Acting) -> None:
    member = acting.member()
    fresh = Passwords(time_cost=2, memory_cost=16).hash("correct horse")
    proof = Proof(member.user_id, member.password_version, fresh)
    for number in (1, 2):
        sessions.log_in(
            acting.session,
            real=START,
            site_id=MAIN_SITE,
            proof=proof,
            session_hash=session_hash(number),
            user_agent="",
            ip="",
        )
    assert acting.user().password_hash == fresh


def test_id_22_a_login_leaves_the_time_zone_alone(acting: Acting, session: Session) -> None:
    member = acting.member()
    zone = {"site_id": MAIN_SITE, "user_id": member.user_id, "time_zone": "Asia/Tokyo"}
    people.set_time_zone(session, **zone)
    assert acting.log_in().time_zone == "Asia/Tokyo"


def test_logging_out_ends_the_session_once(acting: Acting) -> None:
    acting.member()
    acting.log_in()
    for expected in (["auth.sessions_ended"], []):
        sessions.log_out(
            acting.session, real=acting.now, site_id=MAIN_SITE, session_hash=session_hash()
        )
        assert acting.wires() == expected
    with pytest.raises(NotFound, match="session_unknown"):
        acting.seen()


def test_seeing_a_session_is_noted_once_a_minute(acting: Acting) -> None:
    acting.member()
    acting.log_in()
    for seconds, moved in ((59, 0), (1, 60)):
        acting.later(seconds=seconds)
        sessions.see_session(
            acting.session, real=acting.now, site_id=MAIN_SITE, session_hash=session_hash()
        )
        assert acting.seen().expires_at == START + timedelta(days=14, seconds=moved)


def test_se_04_a_session_that_ran_out_cannot_be_revived(acting: Acting) -> None:
    acting.member()
    acting.log_in()
    acting.later(days=14)
    sessions.see_session(
        acting.session, real=acting.now, site_id=MAIN_SITE, session_hash=session_hash()
    )
    with pytest.raises(NotFound, match="session_unknown"):
        acting.seen()


def count_login(session: Session, subject: str, minutes: float = 0) -> None:
    real = START + timedelta(minutes=minutes)
    tries.count_login(session, real=real, site_id=MAIN_SITE, subject=subject)


def test_ab_01_ten_tries_in_fifteen_minutes_for_each_login(session: Session) -> None:
    for _ in range(10):
        count_login(session, ANN)
    with pytest.raises(Denied, match="too_many_tries"):
        count_login(session, ANN, minutes=14.9)
    count_login(session, "bob@example.com")
    count_login(session, ANN, minutes=15)


def test_ab_01_a_login_that_succeeds_takes_the_count_back(acting: Acting) -> None:
    acting.member()
    for _ in range(10):
        count_login(acting.session, ANN)
    acting.log_in()
    count_login(acting.session, ANN)


def test_ab_03_a_reset_is_not_locked_and_unlocks(acting: Acting) -> None:
    acting.member()
    for _ in range(10):
        count_login(acting.session, ANN)
    acting.ask_reset()
    acting.reset(acting.mailed().token)
    count_login(acting.session, ANN)


def test_ab_04_no_login_stands_in_the_table_as_it_was_typed(session: Session) -> None:
    count_login(session, "my password by mistake")
    (row,) = session.execute(text("SELECT try_count::text FROM try_count")).scalars()
    assert "mistake" not in row
