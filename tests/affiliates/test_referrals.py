"""From a sign-up through a link to the commission, in every order."""

import itertools
import random
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from chassis import clock
from chassis.ids import new_id
from services.affiliates.models import Program, Visit
from services.affiliates.service import AffiliatesService
from tests.affiliates.story import Story, ago, euros
from tests.doors import Doors, rolled_back


def test_a_sign_up_through_a_link_is_credited_once(story: Story) -> None:
    story.referred()
    [told] = story.told("referral_attributed")
    assert told["account_id"] == str(story.affiliate_account)
    assert told["referred_account_id"] == str(story.member)


def test_a_payment_earns_a_fifth_of_what_is_kept_after_the_fee(story: Story) -> None:
    """A02, A04: floor((1000 - 64) * 20 %)."""
    story.referred().pay(1000, fee=64)
    assert story.entries() == [187]
    [told] = story.told("commission_earned")
    assert (told["amount"], told["account_id"]) == (euros(187), str(story.affiliate_account))


def test_whoever_came_by_himself_earns_nobody_anything(story: Story) -> None:
    story.join()
    story.sign_up(body={"visit_id": None})
    story.pay()
    assert story.referral() is None
    assert story.entries() == []


def test_a13_a_visit_that_nobody_made_gives_no_credit(story: Story) -> None:
    story.join()
    story.sign_up(body={"visit_id": str(new_id())})
    assert story.referral() is None


def test_a13_the_window_counts_from_the_servers_time_of_the_visit(
    story: Story, session: Session
) -> None:
    story.visit(story.join())
    session.execute(update(Visit).values(visited_at=ago(days=60, minutes=1)))
    story.sign_up()
    referral = story.referral()
    assert referral
    assert (referral.status, referral.reason) == ("refused", "window_over")
    story.pay()
    assert story.entries() == []


def test_a13_the_last_moment_of_the_window_still_counts(story: Story, session: Session) -> None:
    story.visit(story.join())
    then = clock.now()
    session.execute(update(Visit).values(visited_at=then - timedelta(days=60)))
    story.sign_up(occurred_at=then)
    assert (referral := story.referral())
    assert referral.status == "attributed"


def test_a13_a_visit_to_another_site_gives_no_credit(story: Story) -> None:
    story.visit(story.join())
    story.sign_up(site_id=new_id())
    assert (referral := story.referral())
    assert referral.reason == "other_site"


def test_a15_nobody_refers_himself(story: Story) -> None:
    story.sign_up_affiliate("bob@gmail.com")
    story.visit(story.join())
    story.sign_up(email="b.o.b+again@gmail.com")
    story.pay()
    assert (referral := story.referral())
    assert (referral.status, referral.reason) == ("refused", "same_email")
    assert story.entries() == []
    assert story.told("referral_attributed") == []


def test_a15_the_account_that_owns_the_link_is_not_its_referral(story: Story) -> None:
    story.visit(story.join())
    story.member = story.affiliate_account
    story.sign_up()
    assert (referral := story.referral())
    assert referral.reason == "same_account"


def test_a15_an_affiliates_own_sign_up_heard_last_takes_the_commission_back(story: Story) -> None:
    story.visit(story.join())
    story.sign_up(email="bob@example.org")
    story.pay()
    story.sign_up_affiliate("bob+me@example.org")
    assert story.entries() == [200, -200]
    assert (referral := story.referral())
    assert (referral.status, referral.version) == ("refused", 2)


def test_a10_a_new_rate_is_for_new_referrals(story: Story, session: Session) -> None:
    story.referred().pay(1000)
    session.execute(update(Program).values(rate_basis_points=5000))
    story.pay(1000, payment_id=new_id())
    assert story.entries() == [200, 200]


def test_a12_a_second_sign_up_of_the_account_moves_nothing(story: Story) -> None:
    story.referred()
    other = Story(story.doors)
    other.visit(other.join())
    story.sign_up(body={"visit_id": str(other.visit_id)})
    assert (referral := story.referral())
    assert referral.visit_id == story.visit_id


def test_a05_the_last_refund_leaves_exactly_nothing(story: Story) -> None:
    story.referred().pay(999)
    for cents in (333, 333, 333):
        story.refund(cents)
    assert story.entries()[0] == 199
    assert sum(story.entries()) == 0
    assert sum(each["amount"]["amount"] for each in story.told("commission_reversed")) == 199


def test_a06_versions_of_a_commission_rise_with_its_entries(story: Story) -> None:
    story.referred().pay(1000)
    story.refund(100)
    story.refund(100)
    told = story.told("commission_earned") + story.told("commission_reversed")
    assert [each["version"] for each in told] == [1, 2, 3]


def test_a_payment_too_small_to_earn_anything_opens_no_commission(story: Story) -> None:
    story.referred().pay(4)
    assert story.commissions() == 0


def test_currencies_that_do_not_fit_are_a_fault_and_not_a_guess(story: Story) -> None:
    story.referred()
    with pytest.raises(ValueError, match="do not mix"):
        story.pay(fee=1, amount={"amount": 1000, "currency": "USD"})


def test_a08_a_dispute_that_is_won_earns_the_commission_again(story: Story) -> None:
    story.referred().pay(1000)
    story.refund(1000)
    story.restore(1000)
    assert story.entries() == [200, -200, 200]
    [told] = story.told("commission_reinstated")
    assert (told["amount"], told["version"]) == (euros(200), 3)


def test_a08_the_undoing_may_be_heard_before_the_reversal(story: Story) -> None:
    story.referred().pay(1000)
    story.restore(1000)
    story.refund(1000)
    assert story.entries() == [200]


FACTS: dict[str, Callable[[Story], object]] = {
    "sign_up": lambda story: story.sign_up(email="m@example.org"),
    "affiliate": lambda story: story.sign_up_affiliate(),
    "payment": lambda story: story.pay(1001, fee=3),
    "refund": lambda story: story.refund(300),
    "restored": lambda story: story.restore(100),
}


@pytest.mark.parametrize("order", list(itertools.permutations(FACTS)))
def test_a09_the_facts_may_be_heard_in_any_order(story: Story, order: tuple[str, ...]) -> None:
    story.visit(story.join())
    for fact in order:
        FACTS[fact](story)
    assert sum(story.entries()) == (1001 - 3 - 200) * 2000 // 10_000
    assert story.commissions() == 1


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    cents=st.integers(1, 5000),
    refunds=st.lists(st.integers(1, 2000), max_size=4),
    chance=st.randoms(),
)
def test_a06_the_balance_is_what_an_independent_reckoning_says(
    engine: Engine, cents: int, refunds: list[int], chance: random.Random
) -> None:
    with rolled_back(engine) as session:
        story = Story(Doors(AffiliatesService, session))
        story.visit(story.join())
        steps: list[Callable[[], object]] = [story.sign_up, lambda: story.pay(cents)]
        steps += [partial(story.refund, part) for part in refunds]
        chance.shuffle(steps)
        for step in steps:
            step()
        assert sum(story.entries()) == max(0, cents - sum(refunds)) // 5


def test_a01_every_handler_hears_twice_and_does_once(story: Story) -> None:
    """The second time under a new message id as well: a dead letter's replay after pruning."""
    story.visit(story.join())
    refund_id = new_id()
    heard = [story.sign_up_affiliate(), story.sign_up(), story.pay(), story.refund(300, refund_id)]
    heard.append(story.restore(100))
    before = (story.entries(), story.doors.told())
    for message, body in heard:
        story.doors.hear_again(message, body)
        story.doors.hear((message.wire, body))
    assert (story.entries(), story.doors.told()) == before
    assert before[0] == [200, -60, 20]
