"""The attacks of reference 2.6, and the mistakes that real integrations made: one test each.

"Genuine" means that PayPal says VERIFIED: the buyer controls what his browser posted to PayPal, so
a genuine message can still be an attack. The forged ones are in test_verifying.
"""

from dataclasses import replace

import pytest

from chassis.ids import new_id
from services.billing.models import Invoice, Payment, PaymentMessage, Subscription
from tests.billing import paypal
from tests.billing.paypal import MERCHANT, TXN_2
from tests.billing.story import Shop


def unmatched(shop: Shop, raw: bytes, reason: str, merchant=MERCHANT) -> bool:
    return shop.outcome(raw, merchant) == ("unmatched", reason)


def test_replaying_an_old_genuine_message_pays_nothing_twice(shop: Shop):
    order = shop.subscribed()
    shop.outcome(paypal.payment(order, resend="true", ipn_track_id="other"))
    assert len(shop.rows(Payment)) == len(shop.rows(Invoice)) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"receiver_id": "OTHEROTHER123"},
        {"receiver_id": None, "business": "mallory@example.com"},
        {"receiver_id": None, "business": None, "receiver_email": None},
    ],
)
def test_a_payment_to_another_merchant_is_not_ours(shop: Shop, changes):
    raw = paypal.payment(shop.checkout(), **changes)
    assert unmatched(shop, raw, "other_receiver")
    assert shop.granted_nothing()


def test_a_message_of_the_sandbox_means_nothing_in_production(shop: Shop):
    live = replace(MERCHANT, is_sandbox=False)
    raw = paypal.payment(shop.checkout())
    assert unmatched(shop, raw, "test_message_in_production", live)
    assert shop.granted_nothing()


def test_a_live_message_means_nothing_in_the_sandbox(shop: Shop):
    raw = paypal.payment(shop.checkout(), test_ipn=None)
    assert unmatched(shop, raw, "live_message_in_sandbox")


def test_a_price_lowered_in_the_form_is_underpaid(shop: Shop):
    assert unmatched(shop, paypal.payment(shop.checkout(), mc_gross="0.01"), "underpaid")
    assert shop.granted_nothing()
    assert shop.rows(Subscription) == []


def test_one_cent_too_little_is_too_little(shop: Shop):
    assert unmatched(shop, paypal.payment(shop.checkout(), mc_gross="11.99"), "underpaid")


def test_too_much_is_for_operators_to_look_at(shop: Shop):
    assert unmatched(shop, paypal.payment(shop.checkout(), mc_gross="12.01"), "overpaid")


def test_the_same_number_in_another_currency_is_not_the_price(shop: Shop):
    raw = paypal.payment(shop.checkout(), mc_currency="JPY", mc_gross="12", mc_fee="1")
    assert unmatched(shop, raw, "currency_differs")
    assert shop.granted_nothing()


def test_the_invoice_of_another_account_needs_its_token(shop: Shop):
    victims = shop.checkout(account_id=shop.meet(new_id()))
    mine = shop.checkout()
    raw = paypal.payment(mine, invoice=str(victims.invoice_id))
    assert unmatched(shop, raw, "token_wrong")
    assert shop.granted_nothing()


def test_an_invoice_that_does_not_exist_is_not_paid(shop: Shop):
    raw = paypal.payment(shop.checkout(), invoice=str(new_id()))
    assert unmatched(shop, raw, "invoice_not_found")
    assert unmatched(shop, paypal.payment(shop.checkout(), invoice="'; --"), "invoice_not_found")


def test_one_invoice_cannot_carry_two_subscriptions(shop: Shop):
    order = shop.subscribed()
    second = paypal.payment(order, subscr_id="I-DDDDEEEEFFFF", txn_id=TXN_2)
    assert unmatched(shop, second, "invoice_of_other_subscription")
    assert len(shop.rows(Payment)) == 1


def test_one_single_invoice_cannot_be_paid_twice(shop: Shop):
    order = shop.checkout("handbook")
    shop.deliver(paypal.single_payment(order))
    assert unmatched(shop, paypal.single_payment(order, txn_id=TXN_2), "already_paid")


def test_two_open_checkouts_of_one_plan_are_not_both_taken(shop: Shop):
    first, second = shop.checkout(), shop.checkout()
    shop.deliver(paypal.payment(first))
    raw = paypal.payment(second, subscr_id="I-DDDDEEEEFFFF", txn_id=TXN_2)
    assert unmatched(shop, raw, "already_subscribed")
    assert shop.invoice(second).state == "open"


def test_a_single_payment_does_not_pay_a_subscription(shop: Shop):
    assert unmatched(shop, paypal.single_payment(shop.checkout()), "invoice_not_for_this")


def test_a_subscription_does_not_pay_a_single_invoice(shop: Shop):
    raw = paypal.payment(shop.checkout("handbook"))
    assert unmatched(shop, raw, "invoice_not_for_this")


def test_a_free_trial_added_in_the_form_is_not_what_was_sold(shop: Shop):
    raw = paypal.sign_up(shop.checkout(), period1="90 D", mc_amount1="0.00")
    assert unmatched(shop, raw, "terms_differ")
    assert shop.granted_nothing()


@pytest.mark.parametrize(
    "changes",
    [
        {"recurring": "0"},
        {"recur_times": "2"},
        {"period3": "1 Y"},
        {"mc_amount3": "0.01"},
        {"mc_currency": "USD"},
    ],
)
def test_terms_changed_in_the_form_are_not_what_was_sold(shop: Shop, changes):
    assert unmatched(shop, paypal.sign_up(shop.checkout(), **changes), "terms_differ")


def test_a_second_trial_was_never_sold(shop: Shop):
    raw = paypal.sign_up(shop.checkout(), period2="1 M", mc_amount2="0.00")
    assert unmatched(shop, raw, "unreadable")


def test_a_longer_free_trial_is_not_what_was_sold(shop: Shop):
    raw = paypal.sign_up(shop.checkout("free"), period1="90 D")
    assert unmatched(shop, raw, "terms_differ")
    assert shop.membership()["status"] == "none"


def test_a_pending_echeck_that_fails_was_never_a_payment(shop: Shop):
    order = shop.checkout()
    shop.deliver(paypal.payment(order, payment_status="Pending", payment_type="echeck"))
    shop.deliver(paypal.payment(order, payment_status="Failed", payment_type="echeck"))
    assert shop.granted_nothing()


def test_cancelling_right_after_a_free_sign_up_keeps_only_the_trial(shop: Shop):
    order = shop.checkout("free")
    shop.deliver(paypal.sign_up(order))
    shop.deliver(paypal.cancel(order))
    assert shop.membership()["status"] == "cancelled"
    shop.later(days=14)
    assert shop.membership()["has_access"] is False


def test_access_ends_with_the_refund(shop: Shop):
    order = shop.subscribed()
    shop.deliver(paypal.money_back(order))
    assert shop.membership()["has_access"] is False


def test_a_field_that_comes_twice_is_refused(shop: Shop):
    raw = paypal.payment(shop.checkout(), mc_gross="0.01") + b"&mc_gross=12.00"
    assert unmatched(shop, raw, "unreadable")
    assert shop.granted_nothing()


@pytest.mark.parametrize("gross", ["", "0.00", "-12.00", "12.001", "NaN", "Infinity", "twelve"])
def test_an_amount_that_is_none_is_no_payment(shop: Shop, gross: str):
    state, reason = shop.outcome(paypal.payment(shop.checkout(), mc_gross=gross))
    assert state == "unmatched"
    assert reason in ("unreadable", "incomplete")


def test_a_positive_refund_is_still_money_that_went_back(shop: Shop):
    order = shop.subscribed()
    shop.deliver(paypal.money_back(order, mc_gross="12.00", mc_fee="0.79"))
    assert shop.balances()["paypal"] == 0


def test_a_refund_in_another_currency_is_for_operators(shop: Shop):
    order = shop.subscribed()
    raw = paypal.money_back(order, mc_currency="USD")
    assert unmatched(shop, raw, "currency_differs")


@pytest.mark.parametrize("txn_type", ["", "cart", "masspay", "something_new"])
def test_an_unknown_type_waits_for_operators(shop: Shop, txn_type: str):
    raw = paypal.payment(shop.checkout(), txn_type=txn_type)
    assert unmatched(shop, raw, "unknown_type")


def test_an_unknown_status_is_not_a_payment(shop: Shop):
    raw = paypal.payment(shop.checkout(), payment_status="Cleared")
    assert unmatched(shop, raw, "unknown_type")


@pytest.mark.parametrize("txn_type", ["new_case", "adjustment", "subscr_modify"])
def test_disputes_and_changes_are_for_operators(shop: Shop, txn_type: str):
    assert unmatched(shop, paypal.sign_up(shop.checkout(), txn_type=txn_type), "for_operators")


def test_a_payment_without_an_id_is_incomplete(shop: Shop):
    assert unmatched(shop, paypal.payment(shop.checkout(), txn_id=None), "incomplete")


def test_a_failed_check_leaves_nothing_but_its_reason(shop: Shop):
    order = shop.checkout()
    shop.deliver(paypal.payment(order, mc_gross="0.01"))
    assert shop.outcome(paypal.payment(order)) == ("applied", None)
    assert len(shop.rows(PaymentMessage)) == 2


def test_a_payment_that_names_anothers_payment_as_parent_pays_nothing(shop: Shop):
    shop.subscribed()
    mine = shop.checkout(account_id=shop.meet(new_id()))
    raw = paypal.payment(mine, parent_txn_id=paypal.TXN, txn_id=TXN_2, subscr_id="I-X")
    assert unmatched(shop, raw, "invoice_not_found")
    nameless = paypal.payment(
        mine, parent_txn_id=paypal.TXN, txn_id=TXN_2, subscr_id="I-X", invoice="none"
    )
    assert unmatched(shop, nameless, "invoice_not_found")


def test_money_back_without_an_id_is_incomplete(shop: Shop):
    order = shop.subscribed()
    assert unmatched(shop, paypal.money_back(order, txn_id=None), "incomplete")
    assert unmatched(shop, paypal.money_back(order, parent_txn_id=None), "incomplete")


def test_a_chargeback_notice_without_a_type_is_for_operators(shop: Shop):
    raw = paypal.payment(shop.checkout(), txn_type=None, case_type="chargeback")
    assert unmatched(shop, raw, "for_operators")


def test_the_form_of_another_invoice_does_not_speak_for_a_subscription(shop: Shop):
    shop.subscribed()
    other = shop.checkout("pro")
    assert unmatched(shop, paypal.cancel(other), "invoice_of_other_subscription")
    assert shop.membership()["status"] == "active"
