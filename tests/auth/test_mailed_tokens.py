"""What is mailed to prove an address: links, codes and passwords that are chosen anew."""

import pytest
from sqlalchemy import func, select, text

from chassis.errors import Denied, NotFound
from chassis.ids import new_id
from services.auth.models import UserSession
from tests.auth.acting import ANN, Acting, session_hash


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
