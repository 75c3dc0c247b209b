"""Signing up and confirming, on a real database; each transaction is rolled back."""

import pytest
from sqlalchemy import func, select

from chassis.errors import Conflict, Denied
from chassis.ids import new_id
from services.auth.domain.accounts import MAIN_SITE
from services.auth.models import Account, UserSession
from tests.auth.acting import START, Acting

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
