"""Links, visits, and what an affiliate is shown."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from chassis import clock
from chassis.errors import Conflict, Denied, Invalid
from chassis.ids import new_id
from services.affiliates import commands, queries
from services.affiliates.models import Affiliate, CommissionEntry
from tests.affiliates.story import FIREFOX, Story
from tests.doors import MAIN_SITE, caller


def shown(story: Story) -> Any:
    return story.doors.ask("affiliate", caller(story.affiliate_account))


def test_whoever_is_no_affiliate_is_told_so_and_what_the_terms_are(story: Story) -> None:
    view = shown(story)
    assert view["joined"] is False
    assert (view["code"], view["commissions"], view["balances"]) == (None, [], [])
    assert (view["rate_basis_points"], view["window_days"]) == (2000, 60)


def test_joining_gives_a_code_that_can_be_read_aloud(story: Story) -> None:
    code = story.join()
    assert len(code) == 8
    assert not set(code) & set("01OIL")
    assert shown(story)["code"] == code


def test_joining_twice_is_one_act_whatever_id_comes_with_it(story: Story) -> None:
    assert story.join() == story.join()


def test_an_affiliates_id_is_not_given_to_two_accounts(story: Story) -> None:
    affiliate_id = new_id()
    story.join(affiliate_id)
    with pytest.raises(Conflict):
        Story(story.doors).join(affiliate_id)


def test_a_taken_code_is_not_given_again(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    first = story.join()
    letters = iter(first + "ABCDEFGH")
    monkeypatch.setattr("secrets.choice", lambda _: next(letters))
    assert Story(story.doors).join() == "ABCDEFGH"


def test_joining_needs_somebody_who_is_logged_in(story: Story) -> None:
    with pytest.raises(Denied):
        story.doors.ask("join", caller(), affiliate_id=new_id())


def test_a_visit_through_a_link_counts(story: Story) -> None:
    assert story.visit(story.join())
    assert shown(story)["visits"] == 1


def test_a14_ten_reloads_are_one_visit_though_each_may_lead_to_a_sign_up(story: Story) -> None:
    code = story.join()
    assert all(story.visit(code, visit_id=new_id()) for _ in range(10))
    assert shown(story)["visits"] == 1


def test_a14_the_same_visitor_counts_again_after_an_hour(story: Story, session: Session) -> None:
    code = story.join()
    for minutes in (0, 59, 61):
        commands.record_visit(
            session,
            now=clock.now() + timedelta(minutes=minutes),
            site_id=MAIN_SITE,
            visit_id=new_id(),
            code=code,
            landing_path="/",
            user_agent=FIREFOX,
            visitor_hash="abc",
        )
    assert shown(story)["visits"] == 2


def test_a14_a_bot_is_not_accepted(story: Story) -> None:
    assert not story.visit(story.join(), user_agent="curl/8.5.0")
    assert shown(story)["visits"] == 0


@pytest.mark.parametrize(
    "code", ["", "WRONGWRG", "abc", "x" * 5000, "\0", "'; DROP TABLE visit", "é"]
)
def test_a_wrong_code_is_never_an_error(story: Story, code: str) -> None:
    story.join()
    assert not story.visit(code)


def test_a_code_of_another_site_leads_to_nobody(story: Story, session: Session) -> None:
    code = story.join()
    affiliate = session.scalars(select(Affiliate).where(Affiliate.code == code)).one()
    affiliate.site_id = new_id()
    session.flush()
    assert not story.visit(code)


def test_any_landing_path_is_taken(story: Story) -> None:
    assert story.visit(story.join(), landing_path="/\0" + "x" * 5000)


def test_a_visit_told_again_is_the_same_visit(story: Story) -> None:
    code = story.join()
    assert story.visit(code)
    assert story.visit(code)
    assert shown(story)["visits"] == 1
    with pytest.raises(Conflict):
        story.visit(code, visitor_hash="somebodyelse")


def test_a06_the_ledger_cannot_be_changed_by_the_service_itself(
    story: Story, session: Session
) -> None:
    story.referred().pay()
    for change in ("UPDATE commission_entry SET amount = 1", "DELETE FROM commission_entry"):
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            session.begin_nested(),
        ):
            session.connection().exec_driver_sql(change)
    assert session.scalars(select(CommissionEntry)).all()


def test_a23_an_affiliate_sees_no_word_of_who_signed_up_or_paid(story: Story) -> None:
    story.referred().pay()
    page = story.doors.ask("commissions", caller(story.affiliate_account))
    seen = json.dumps([shown(story), page])
    assert page["items"]
    for secret in ("example.org", "Mia", str(story.member), str(story.payment_id)):
        assert secret not in seen


def test_sums_are_kept_apart_by_currency(story: Story) -> None:
    story.referred().pay(1000)
    yen = {"amount": 999, "currency": "JPY"}
    story.pay(payment_id=new_id(), amount=yen)
    story.refund(500)
    view = shown(story)
    assert [
        (each["earned"], each["reversed"]["amount"], each["balance"]["amount"])
        for each in view["balances"]
    ] == [
        ({"amount": 200, "currency": "EUR"}, 100, 100),
        ({"amount": 199, "currency": "JPY"}, 0, 199),
    ]
    assert view["sign_ups"] == 1
    assert [each["status"] for each in view["commissions"]] == ["earned", "partly_reversed"]


def test_commissions_are_paged_newest_first(story: Story) -> None:
    story.referred()
    for cents in (100, 200, 300):
        story.pay(cents, payment_id=new_id())
    me = caller(story.affiliate_account)
    first = story.doors.ask("commissions", me, limit=2)
    second = story.doors.ask("commissions", me, limit=2, cursor=first["next_cursor"])
    assert [item["earned"]["amount"] for item in first["items"]] == [60, 40]
    assert [item["earned"]["amount"] for item in second["items"]] == [20]
    assert second["next_cursor"] is None


def test_another_account_sees_none_of_it(story: Story) -> None:
    story.referred().pay()
    page = story.doors.ask("commissions", caller(new_id()))
    assert page == {"items": [], "next_cursor": None}


def test_a_cursor_that_is_none_is_refused(story: Story) -> None:
    with pytest.raises(Invalid):
        story.doors.ask("commissions", caller(new_id()), cursor="yesterday")


def test_the_default_terms_hold_where_a_site_has_none(session: Session) -> None:
    view = queries.affiliate(session, site_id=new_id(), account_id=new_id())

    assert (view.rate_basis_points, view.window_days) == (2000, 60)
    assert not view.joined
