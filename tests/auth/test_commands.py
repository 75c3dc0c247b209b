"""What auth does, on a real database; each transaction is rolled back."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chassis.errors import Conflict, Denied, NotFound
from chassis.ids import new_id
from services.auth.adapters import Passwords
from services.auth.commands import people, pruning, sessions, tries
from services.auth.domain.accounts import DEMO_USER, MAIN_SITE
from services.auth.domain.addresses import read_address
from services.auth.domain.sessions import Proof
from services.auth.models import Account, MailedToken, TryCount, User, UserSession
from tests.auth.acting import ANN, START, Acting, hashed, session_hash

SIGNED_UP = ["auth.user_signed_up", "auth.confirmation_requested"]


def test_signing_up_makes_an_account_with_an_unconfirmed_user(acting: Acting) -> None:
    visit_id = new_id()
    user_id = acting.sign_up("Ann@Example.com", visit_id=visit_id)
    user = acting.user()
    assert (user.user_id, user.email, user.site_id) == (user_id, "Ann@Example.com", MAIN_SITE)
    assert user.confirmed_at is None
    (wire, body), (_, requested) = acting.told()
    assert (wire, body["visit_id"]) == (SIGNED_UP[0], str(visit_id))
    assert requested["expires_at"] == "2027-03-03T12:00:00Z"
    assert requested["version"] > body["version"]


def test_signing_up_again_with_the_same_id_and_content_does_nothing(acting: Acting) -> None:
    ids = {"user_id": new_id(), "account_id": new_id()}
    acting.sign_up(**ids)
    assert acting.wires() == SIGNED_UP
    acting.sign_up(**ids)
    assert acting.wires() == []


@pytest.mark.parametrize("changed", [{"name": "Bob"}, {"email": "b@ex.com"}, {"account_id": "new"}])
def test_signing_up_again_with_other_content_is_a_conflict(
    acting: Acting, changed: dict[str, str]
) -> None:
    ids = {"user_id": new_id(), "account_id": new_id()}
    acting.sign_up(**ids)
    other = {each: new_id() if value == "new" else value for each, value in changed.items()}
    with pytest.raises(Conflict, match="user_id_taken"):
        acting.sign_up(**{**ids, **other})


def test_another_persons_account_id_is_a_conflict(acting: Acting) -> None:
    acting.sign_up()
    taken = acting.user().account_id
    with pytest.raises(Conflict, match="account_id_taken"):
        acting.sign_up("bob@example.com", account_id=taken)


def test_id_03_a_member_who_signs_up_again_is_told_by_mail_alone(acting: Acting) -> None:
    member = acting.member()
    repeated = {"user_id": new_id(), "account_id": new_id()}
    acting.sign_up(password="a third horse", **repeated)
    acting.sign_up(password="a third horse", **repeated)
    assert acting.wires() == ["auth.sign_up_repeated"]
    assert acting.user().password_hash == member.password_hash
    assert acting.session.scalar(select(func.count()).select_from(Account)) == 1


def test_id_03_an_address_gets_ten_mails_an_hour(acting: Acting) -> None:
    acting.sign_up()
    for _ in range(15):
        acting.resend()
    assert acting.wires().count("auth.confirmation_requested") == 10
    acting.later(hours=1)
    acting.resend()
    assert acting.wires() == ["auth.confirmation_requested"]


def test_id_03_the_mails_of_repeated_sign_ups_count_too(acting: Acting) -> None:
    acting.member()
    for _ in range(15):
        acting.sign_up()
    # One of the ten was the confirmation.
    assert acting.wires() == ["auth.sign_up_repeated"] * 9


def test_signing_up_again_unconfirmed_mails_another_confirmation(acting: Acting) -> None:
    acting.sign_up()
    acting.told()
    acting.sign_up()
    assert acting.wires() == ["auth.confirmation_requested"]


def test_confirming_by_link_is_told_once(acting: Acting) -> None:
    acting.sign_up()
    acting.told()
    acting.confirm(acting.mailed().token)
    ((wire, body),) = acting.told()
    assert (wire, body["time_zone"]) == ("auth.user_confirmed", "Europe/Berlin")
    assert acting.user().confirmed_at == START


def test_confirming_by_code_works_as_the_link_does(acting: Acting) -> None:
    acting.sign_up()
    mailed = acting.mailed()
    acting.confirm_code(mailed.code.lower())
    assert acting.user().confirmed_at == START
    with pytest.raises(Denied, match="token_unusable"):
        acting.confirm(mailed.token)


def test_id_05_confirming_begins_no_session(acting: Acting) -> None:
    acting.member()
    assert acting.session.scalar(select(func.count()).select_from(UserSession)) == 0


def test_id_06_a_token_works_once(acting: Acting) -> None:
    acting.sign_up()
    token = acting.mailed().token
    acting.confirm(token)
    with pytest.raises(Denied, match="token_unusable"):
        acting.confirm(token)


def test_id_06_a_token_works_for_its_purpose_only(acting: Acting) -> None:
    acting.sign_up()
    confirming = acting.mailed().token
    acting.ask_reset()
    resetting = acting.mailed().token
    with pytest.raises(Denied, match="token_unusable"):
        acting.reset(confirming)
    with pytest.raises(Denied, match="token_unusable"):
        acting.confirm(resetting)


def test_id_06_a_token_works_on_its_site_only(acting: Acting) -> None:
    acting.sign_up()
    token = acting.mailed().token
    elsewhere = Acting(acting.session, site_id=new_id())
    with pytest.raises(Denied, match="token_unusable"):
        elsewhere.confirm(token)


def test_id_06_a_confirmation_lasts_48_hours_and_a_reset_one(acting: Acting) -> None:
    acting.sign_up()
    confirming = acting.mailed()
    acting.ask_reset()
    resetting = acting.mailed().token
    acting.later(hours=1)
    with pytest.raises(Denied, match="token_unusable"):
        acting.reset(resetting)
    acting.later(hours=47)
    with pytest.raises(Denied, match="token_unusable"):
        acting.confirm(confirming.token)
    with pytest.raises(Denied, match="code_wrong"):
        acting.confirm_code(confirming.code)


def test_id_06_the_database_holds_no_text_of_a_token(acting: Acting) -> None:
    acting.sign_up()
    acting.ask_reset()
    mailed = acting.mailed()
    for table in ("mailed_token", "outbox"):
        dump = acting.session.execute(text(f"SELECT {table}::text FROM {table}")).scalars().all()
        bodies = acting.session.execute(text("SELECT convert_from(body, 'UTF8') FROM outbox"))
        everything = " ".join([*dump, *bodies.scalars()])
        assert mailed.token not in everything
        assert mailed.code not in everything


def test_a_code_may_be_tried_ten_times_and_the_link_still_works(acting: Acting) -> None:
    acting.sign_up()
    mailed = acting.mailed()
    for _ in range(10):
        with pytest.raises(Denied, match="code_wrong"):
            acting.confirm_code("WRNGC0DE")
    with pytest.raises(Denied, match="code_wrong"):
        acting.confirm_code(mailed.code)
    acting.confirm(mailed.token)


def test_the_tenth_try_of_a_code_may_be_the_right_one(acting: Acting) -> None:
    acting.sign_up()
    for _ in range(9):
        with pytest.raises(Denied, match="code_wrong"):
            acting.confirm_code("WRNGC0DE")
    acting.confirm_code(acting.mailed().code)


def test_id_01_a_code_for_an_unknown_address_is_refused_in_the_same_words(acting: Acting) -> None:
    acting.sign_up()
    said = set()
    for email in (ANN, "nobody@example.com"):
        with pytest.raises(Denied) as refused:
            acting.confirm_code("WRNGC0DE", email)
        said.add(str(refused.value.as_json()))
    assert len(said) == 1


def test_id_01_unknown_addresses_are_asked_about_without_effect(acting: Acting) -> None:
    acting.resend("nobody@example.com")
    acting.ask_reset("nobody@example.com")
    acting.member()
    acting.resend()
    assert acting.wires() == []


def test_id_07_another_request_voids_the_older_links(acting: Acting) -> None:
    acting.member()
    acting.ask_reset()
    first = acting.mailed().token
    acting.ask_reset()
    second = acting.mailed().token
    with pytest.raises(Denied, match="token_unusable"):
        acting.reset(first)
    acting.reset(second)


def test_id_07_a_new_password_voids_every_link(acting: Acting) -> None:
    acting.sign_up()
    confirming = acting.mailed().token
    acting.ask_reset()
    resetting = acting.mailed().token
    acting.reset(resetting)
    for use, token in ((acting.confirm, confirming), (acting.reset, resetting)):
        with pytest.raises(Denied, match="token_unusable"):
            use(token)


def test_id_08_a_new_password_ends_every_session(acting: Acting) -> None:
    acting.member()
    acting.log_in(number=1)
    acting.log_in(number=2)
    acting.ask_reset()
    acting.told()
    acting.reset(acting.mailed().token)
    (changed, _), (ended, body) = acting.told()
    assert (changed, ended) == ("auth.password_changed", "auth.sessions_ended")
    assert body["session_hashes"] == [session_hash(1), session_hash(2)]
    with pytest.raises(NotFound):
        acting.seen(1)


def test_id_09_a_reset_logs_nobody_in(acting: Acting) -> None:
    acting.member()
    acting.ask_reset()
    acting.reset(acting.mailed().token)
    assert acting.session.scalar(select(func.count()).select_from(UserSession)) == 0


def test_id_12_an_unconfirmed_user_cannot_log_in(acting: Acting) -> None:
    acting.sign_up()
    with pytest.raises(Denied, match="not_confirmed"):
        acting.log_in()
    with pytest.raises(Denied, match="login_wrong"):
        acting.log_in("wrong horse")


def test_id_12_a_reset_confirms_and_wipes_the_password_chosen_before(acting: Acting) -> None:
    acting.sign_up(password="the attacker's")
    acting.ask_reset()
    acting.told()
    acting.reset(acting.mailed().token, "the owner's own")
    assert acting.wires() == ["auth.password_changed", "auth.user_confirmed"]
    with pytest.raises(Denied, match="login_wrong"):
        acting.log_in("the attacker's")
    acting.log_in("the owner's own")


def test_id_12_a_confirmation_counts_for_the_password_chosen_with_it(acting: Acting) -> None:
    acting.sign_up(password="the owner's own")
    of_owner = acting.mailed().token
    acting.sign_up(password="the attacker's")
    acting.confirm(of_owner)
    with pytest.raises(Denied, match="login_wrong"):
        acting.log_in("the attacker's")
    acting.log_in("the owner's own")


def test_id_12_the_other_confirmations_are_void_then(acting: Acting) -> None:
    acting.sign_up(password="the attacker's")
    of_attacker = acting.mailed().token
    acting.sign_up(password="the owner's own")
    acting.confirm(acting.mailed().token)
    with pytest.raises(Denied, match="token_unusable"):
        acting.confirm(of_attacker)


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


def test_id_21_a_confirmed_user_is_made_operator_once(acting: Acting, session: Session) -> None:
    acting.member()
    acting.log_in()
    acting.told()
    asked = {"real": START, "site_id": MAIN_SITE, "email": read_address(ANN)}
    people.make_operator(session, **asked)
    assert acting.wires() == ["auth.sessions_ended"]
    assert acting.log_in(number=2).roles == ("member", "operator")
    with pytest.raises(Conflict, match="operator_already"):
        people.make_operator(session, **asked)


def test_id_21_nobody_else_can_be_made_operator(acting: Acting, session: Session) -> None:
    asked = {"real": START, "site_id": MAIN_SITE, "email": read_address(ANN)}
    with pytest.raises(NotFound, match="user_unknown"):
        people.make_operator(session, **asked)
    acting.sign_up()
    with pytest.raises(Conflict, match="not_confirmed"):
        people.make_operator(session, **asked)


def test_the_demo_user_is_made_once_and_told_about(acting: Acting, session: Session) -> None:
    for expected in (["auth.user_signed_up", "auth.user_confirmed"], []):
        people.seed_demo(
            session, now=START, site_id=MAIN_SITE, password=hashed("demo"), is_sandbox=True
        )
        assert acting.wires() == expected
    view = acting.log_in("demo", "demo@example.com")
    assert (view.user_id, view.name) == (DEMO_USER, "Demo Operator")
    assert "operator" in view.roles


def test_production_refuses_the_demo_user(session: Session) -> None:
    with pytest.raises(Denied, match="sandbox_only"):
        people.seed_demo(
            session, now=START, site_id=MAIN_SITE, password=hashed("demo"), is_sandbox=False
        )


def test_outlived_rows_go_and_the_others_stay(acting: Acting, session: Session) -> None:
    acting.member()
    acting.log_in()
    acting.ask_reset()
    count_login(session, ANN)
    session.flush()
    assert pruning.prune(session, real=START) == 0
    gone = pruning.prune(session, real=START + timedelta(days=61))
    for table in (TryCount, MailedToken, UserSession):
        assert session.scalar(select(func.count()).select_from(table)) == 0
    assert gone >= 5
    assert session.scalar(select(func.count()).select_from(User)) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE site_user SET password_hash = 'plain'",
        "UPDATE site_user SET is_operator = true",
        "UPDATE site_user SET name = ''",
        f"UPDATE site_user SET site_id = '{new_id()}'",
        "UPDATE mailed_token SET used_at = now(), voided_at = now()",
        "UPDATE mailed_token SET purpose = 'reset'",
        "UPDATE mailed_token SET token_hash = 'short'",
    ],
)
def test_the_database_keeps_the_promises(acting: Acting, statement: str) -> None:
    acting.sign_up()
    acting.session.flush()
    with pytest.raises(IntegrityError):
        acting.session.execute(text(statement))


def test_a_changed_time_zone_is_told_once(acting: Acting) -> None:
    user_id = acting.sign_up()
    acting.wires()
    for _ in range(2):
        people.set_time_zone(
            acting.session, site_id=acting.site_id, user_id=user_id, time_zone="Asia/Tokyo"
        )
    assert acting.wires() == ["auth.user_changed"]
