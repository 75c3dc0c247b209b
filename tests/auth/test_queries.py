"""What auth can tell, on a real database."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from chassis.errors import Denied, NotFound
from chassis.ids import new_id
from services.auth import queries
from services.auth.domain.accounts import MAIN_SITE, Overview
from services.auth.domain.tokens import token_text
from tests.auth.acting import ANN, KEYS, START, Acting, session_hash


def test_a_live_session_with_its_user(acting: Acting) -> None:
    member = acting.member()
    acting.log_in()
    seen = acting.seen()
    assert (seen.user_id, seen.account_id) == (member.user_id, member.account_id)
    assert (seen.email, seen.name, seen.time_zone) == (ANN, "Ann", "Europe/Berlin")
    assert seen.authenticated_at == START


def test_se_08_a_session_is_unknown_on_another_site(acting: Acting, session: Session) -> None:
    acting.member()
    acting.log_in()
    with pytest.raises(NotFound, match="session_unknown"):
        queries.session(session, real=START, site_id=new_id(), session_hash=session_hash())


def test_a_user_is_seen_on_the_own_site_only(acting: Acting, session: Session) -> None:
    member = acting.member()
    assert queries.user(session, site_id=MAIN_SITE, user_id=member.user_id).is_confirmed
    with pytest.raises(NotFound, match="user_unknown"):
        queries.user(session, site_id=new_id(), user_id=member.user_id)


def test_credentials_of_an_unknown_address_are_none(acting: Acting, session: Session) -> None:
    acting.member()
    for canonical in ("nobody@example.com", None):
        assert queries.credentials(session, site_id=MAIN_SITE, canonical=canonical) is None


def test_credentials_hold_on_their_own_site_only(acting: Acting, session: Session) -> None:
    acting.member()
    assert queries.credentials(session, site_id=MAIN_SITE, canonical=ANN) is not None
    assert queries.credentials(session, site_id=new_id(), canonical=ANN) is None


def test_the_secret_of_a_used_or_old_token_is_not_told(acting: Acting, session: Session) -> None:
    acting.sign_up()
    token_id = UUID(acting.told()[-1][1]["token_id"])
    told = queries.mail_secret(session, real=START, keys=KEYS, token_id=token_id)
    assert told.token == token_text(KEYS[0], token_id)
    with pytest.raises(NotFound, match="token_unusable"):
        queries.mail_secret(session, real=START + timedelta(hours=48), keys=KEYS, token_id=token_id)
    acting.confirm(told.token)
    with pytest.raises(NotFound, match="token_unusable"):
        queries.mail_secret(session, real=START, keys=KEYS, token_id=token_id)


def test_the_secret_outlives_a_new_key_but_not_a_lost_one(acting: Acting, session: Session) -> None:
    acting.sign_up()
    token_id = UUID(acting.told()[-1][1]["token_id"])
    newer = (b"n" * 32, *KEYS)
    assert queries.mail_secret(session, real=START, keys=newer, token_id=token_id).token
    with pytest.raises(NotFound, match="token_unusable"):
        queries.mail_secret(session, real=START, keys=newer[:1], token_id=token_id)


def test_the_address_of_a_live_reset(acting: Acting, session: Session) -> None:
    acting.member("Ann@Example.com")
    acting.ask_reset()
    asked = {"site_id": MAIN_SITE, "token": acting.mailed().token}
    assert queries.address_to_reset(session, real=START, **asked) == ANN
    with pytest.raises(Denied, match="token_unusable"):
        queries.address_to_reset(session, real=START + timedelta(hours=1), **asked)


def test_the_overview_counts_users(acting: Acting, session: Session) -> None:
    acting.member()
    acting.later(days=30)
    acting.sign_up("bob@example.com")
    counted = queries.accounts_overview(session, now=acting.now, site_id=MAIN_SITE)
    assert counted == Overview(users=2, confirmed=1, signed_up_recently=1)
    assert queries.accounts_overview(session, now=acting.now, site_id=new_id()).users == 0
