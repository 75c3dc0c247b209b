"""Money that goes back, and sometimes comes again."""

from datetime import UTC, datetime

from services.billing.models import MoneyBack, Payment
from tests.billing import paypal
from tests.billing.paypal import TXN
from tests.billing.story import Shop


def test_a_full_refund_of_the_current_period_ends_the_membership(shop: Shop):
    order = shop.subscribed()
    assert shop.outcome(paypal.money_back(order)) == ("applied", None)
    assert shop.membership()["status"] == "none"
    assert shop.invoice(order).state == "refunded"
    assert shop.balances() == {
        "receivable": 0,
        "revenue": -1200,
        "refunds": 1200,
        "paypal": 0,
        "fees": 0,
    }
    assert shop.told()[-1] == "billing.payment_refunded"


def test_partial_refunds_add_up_and_leave_the_period(shop: Shop):
    order = shop.subscribed()
    shop.deliver(paypal.money_back(order, mc_gross="-5.00", mc_fee="-0.10"))
    assert shop.membership()["status"] == "active"
    rest = paypal.money_back(order, txn_id="8ZY", mc_gross="-7.00", mc_fee="-0.69")
    shop.deliver(rest)
    assert shop.membership()["status"] == "none"
    assert shop.rows(Payment)[0].refunded_amount == 1200


def test_a_refund_before_its_payment_waits_for_it(shop: Shop):
    order = shop.checkout()
    early = shop.deliver(paypal.money_back(order))
    assert (early.state, early.waits_for) == ("waiting", TXN)
    shop.deliver(paypal.payment(order))
    shop.session.refresh(early)
    assert early.next_try_at < shop.now
    assert shop.apply(early.message_id).state == "applied"
    assert shop.invoice(order).state == "refunded"


def test_a_refund_whose_payment_never_comes_is_left_to_operators(shop: Shop):
    early = shop.deliver(paypal.money_back(shop.checkout()))
    early.attempts = 200
    assert shop.apply(early.message_id).reason == "payment_never_came"


def test_more_than_was_paid_cannot_go_back(shop: Shop):
    order = shop.subscribed()
    shop.deliver(paypal.money_back(order))
    reversed_too = paypal.money_back(order, "Reversed", txn_id="7ZY")
    assert shop.outcome(reversed_too) == ("unmatched", "refund_exceeds_payment")


def test_a_reversal_that_is_undone_restores_the_membership(shop: Shop):
    order = shop.subscribed()
    shop.deliver(paypal.money_back(order, "Reversed"))
    assert shop.membership()["status"] == "none"
    undone = paypal.money_back(order, "Canceled_Reversal", txn_id="7ZY")
    assert shop.outcome(undone) == ("applied", None)
    assert shop.membership()["status"] == "active"
    assert shop.balances()["chargebacks"] == 0
    assert shop.told()[-1] == "billing.payment_restored"


def test_an_undone_reversal_before_the_reversal_waits(shop: Shop):
    order = shop.subscribed()
    undone = shop.deliver(paypal.money_back(order, "Canceled_Reversal", txn_id="7ZY"))
    assert undone.state == "waiting"
    shop.deliver(paypal.money_back(order, "Reversed"))
    assert shop.apply(undone.message_id).state == "applied"
    assert len(shop.rows(MoneyBack)) == 2


def test_the_next_payment_after_a_refund_pays_the_next_period(shop: Shop):
    order = shop.subscribed()
    shop.deliver(paypal.money_back(order))
    shop.later(days=28)
    shop.deliver(paypal.renewal(order, "Feb 28, 2026"))
    assert shop.membership()["paid_through"] == datetime(2026, 3, 31, 11, 15, 5, tzinfo=UTC)
