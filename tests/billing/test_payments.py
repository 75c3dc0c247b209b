"""What a genuine message does: payments, periods, invoices, ledger and events."""

from datetime import UTC, datetime

import pytest

from chassis.ids import new_id
from services.billing.models import Invoice, Payment, PaymentMessage, Subscription
from tests.billing import paypal
from tests.billing.paypal import renewal
from tests.billing.story import Shop, described, eur

PAID_AT = datetime(2026, 1, 31, 11, 15, 5, tzinfo=UTC)


def test_a_paid_subscription_is_a_membership(shop: Shop):
    order = shop.subscribed()
    membership = shop.membership()
    assert membership["status"] == "active"
    assert membership["has_access"] is True
    assert membership["paid_through"] == datetime(2026, 2, 28, 11, 15, 5, tzinfo=UTC)
    assert membership["next_payment"] == {"at": membership["paid_through"], "amount": eur(1200)}
    invoice = shop.invoice(order)
    assert (invoice.state, invoice.number, invoice.paid_at) == ("paid", "2026-00001", PAID_AT)
    assert (invoice.period_from, invoice.period_to) == (PAID_AT, membership["paid_through"])


def test_payment_ledger_and_events_come_together(shop: Shop):
    shop.subscribed()
    assert shop.balances() == {
        "receivable": 0,
        "revenue": -1200,
        "paypal": 1200 - 79,
        "fees": 79,
    }
    assert shop.told() == [
        "billing.invoice_issued",
        "billing.subscription_started",
        "billing.invoice_paid",
        "billing.job_requested",
    ]


def test_the_payment_may_come_before_the_sign_up(shop: Shop):
    order = shop.checkout()
    assert shop.outcome(paypal.payment(order)) == ("applied", None)
    assert shop.membership()["status"] == "active"
    assert shop.outcome(paypal.sign_up(order)) == ("applied", None)
    assert len(shop.rows(Subscription)) == 1
    assert shop.told().count("billing.subscription_started") == 1


def test_a_sign_up_alone_grants_nothing(shop: Shop):
    shop.deliver(paypal.sign_up(shop.checkout()))
    assert shop.granted_nothing()
    assert shop.membership()["status"] == "none"


def test_a_resent_message_has_no_second_effect(shop: Shop):
    order = shop.subscribed()
    assert shop.outcome(paypal.payment(order, resend="true")) == ("ignored", "told_before")
    assert len(shop.rows(Payment)) == 1
    assert len(shop.rows(Invoice)) == 1


def test_the_same_bytes_are_one_message_delivered_twice(shop: Shop):
    raw = paypal.payment(shop.checkout())
    first, second = shop.receive(raw), shop.receive(raw)
    assert first == second
    assert [each.deliveries for each in shop.rows(PaymentMessage)] == [2]


def test_two_renewals_with_one_track_id_are_two_payments(shop: Shop):
    order = shop.subscribed()
    shop.deliver(renewal(order, "Feb 28, 2026"))
    shop.deliver(renewal(order, "Mar 31, 2026", txn_id="3AB23456CD789012E"))
    assert len(shop.rows(Payment)) == 3


def test_a_renewal_pays_the_next_period_and_comes_back_to_the_31st(shop: Shop):
    order = shop.subscribed()
    shop.deliver(renewal(order, "Feb 28, 2026"))
    assert shop.membership()["paid_through"] == datetime(2026, 3, 31, 11, 15, 5, tzinfo=UTC)
    first, second = sorted(shop.rows(Invoice), key=lambda each: each.period_index)
    assert second.period_from == first.period_to
    assert [first.number, second.number] == ["2026-00001", "2026-00002"]
    assert shop.told().count("billing.invoice_paid") == 2
    assert shop.told().count("billing.subscription_started") == 1


def test_a_late_renewal_moves_no_period(shop: Shop):
    order = shop.subscribed()
    shop.later(days=36)
    assert shop.membership()["status"] == "past_due"
    shop.deliver(renewal(order, "Mar 08, 2026"))
    assert shop.membership()["paid_through"] == datetime(2026, 3, 31, 11, 15, 5, tzinfo=UTC)


def test_a_price_that_changed_does_not_break_running_subscriptions(shop: Shop):
    order = shop.subscribed()
    shop.load([described("basic", eur(9900))])
    assert shop.outcome(renewal(order, "Feb 28, 2026")) == ("applied", None)
    assert shop.membership()["next_payment"]["amount"] == eur(1200)


def test_a_pending_payment_grants_nothing_until_it_completes(shop: Shop):
    order = shop.checkout()
    pending = paypal.payment(order, payment_status="Pending", pending_reason="echeck", mc_fee=None)
    assert shop.outcome(pending) == ("applied", None)
    assert shop.granted_nothing()
    shop.deliver(paypal.payment(order))
    assert shop.membership()["status"] == "active"
    (payment,) = shop.rows(Payment)
    assert (payment.standing, payment.fee_amount) == ("completed", 79)


def test_a_late_pending_after_completion_changes_nothing(shop: Shop):
    order = shop.subscribed()
    late = paypal.payment(order, payment_status="Pending")
    assert shop.outcome(late) == ("ignored", "changes_nothing")
    assert shop.rows(Payment)[0].standing == "completed"


@pytest.mark.parametrize("status", ["Denied", "Failed", "Expired", "Voided"])
def test_a_pending_payment_that_fails_grants_nothing(shop: Shop, status: str):
    order = shop.checkout()
    shop.deliver(paypal.payment(order, payment_status="Pending"))
    shop.deliver(paypal.payment(order, payment_status=status))
    assert shop.granted_nothing()
    assert shop.rows(Payment)[0].standing == "failed"


def test_a_pending_renewal_makes_no_invoice(shop: Shop):
    order = shop.subscribed()
    pending = renewal(order, "Feb 28, 2026", payment_status="Pending")
    assert shop.outcome(pending) == ("applied", None)
    assert len(shop.rows(Invoice)) == 1
    shop.deliver(renewal(order, "Feb 28, 2026"))
    assert len(shop.rows(Invoice)) == 2


def test_a_single_payment_pays_its_invoice_and_is_no_membership(shop: Shop):
    order = shop.checkout("handbook")
    assert shop.outcome(paypal.single_payment(order)) == ("applied", None)
    invoice = shop.invoice(order)
    assert (invoice.state, invoice.period_from) == ("paid", None)
    assert shop.membership()["status"] == "none"


def test_cancelling_keeps_what_is_paid(shop: Shop):
    order = shop.subscribed()
    assert shop.outcome(paypal.cancel(order)) == ("applied", None)
    membership = shop.membership()
    assert (membership["status"], membership["has_access"]) == ("cancelled", True)
    assert membership["next_payment"] is None
    shop.later(days=28)
    assert shop.membership()["status"] == "none"
    assert shop.told()[-1] == "billing.subscription_cancelled"


def test_cancelling_twice_is_told_once(shop: Shop):
    order = shop.subscribed()
    shop.deliver(paypal.cancel(order))
    again = paypal.cancel(order, subscr_date="11:00:00 Feb 11, 2026 PST")
    assert shop.outcome(again) == ("ignored", "changes_nothing")


def test_the_end_of_the_term_revokes_nothing(shop: Shop):
    order = shop.subscribed()
    over = paypal.body(paypal.common(None, txn_type="subscr_eot", subscr_id=paypal.SUBSCR))
    assert shop.outcome(over) == ("ignored", "changes_nothing")
    assert shop.membership()["status"] == "active"
    assert shop.invoice(order).state == "paid"


def test_a_failed_renewal_is_past_due_and_a_payment_mends_it(shop: Shop):
    order = shop.subscribed()
    shop.later(days=28, hours=1)
    failed = paypal.sign_up(order, txn_type="subscr_failed", retry_at="x", subscr_date=None)
    shop.deliver(failed)
    assert shop.membership()["status"] == "past_due"
    shop.deliver(renewal(order, "Mar 03, 2026"))
    assert shop.membership()["status"] == "active"


def test_a_failure_of_an_unknown_subscription_waits(shop: Shop):
    order = shop.checkout()
    failed = paypal.sign_up(order, txn_type="subscr_failed", subscr_date=None)
    assert shop.outcome(failed)[0] == "waiting"


def test_a_paid_trial_is_charged_first_and_the_regular_price_after(shop: Shop):
    order = shop.checkout("tried")
    assert order.total == eur(100)
    shop.deliver(paypal.sign_up(order))
    shop.deliver(paypal.payment(order))
    assert shop.membership()["paid_through"] == datetime(2026, 2, 7, 11, 15, 5, tzinfo=UTC)
    shop.deliver(renewal(order, "Feb 07, 2026", mc_gross="15.00"))
    assert shop.membership()["paid_through"] == datetime(2026, 3, 7, 11, 15, 5, tzinfo=UTC)


def test_a_free_trial_begins_with_the_sign_up(shop: Shop):
    order = shop.checkout("free")
    shop.deliver(paypal.sign_up(order))
    assert shop.membership()["paid_through"] == datetime(2026, 2, 14, 11, 15, tzinfo=UTC)
    assert shop.invoice(order).number == "2026-00001"
    assert shop.rows(Payment) == []
    assert "billing.invoice_paid" not in shop.told()


def test_the_payment_after_a_free_trial_waits_for_its_sign_up(shop: Shop):
    order = shop.checkout("free")
    paid = shop.deliver(renewal(order, "Feb 14, 2026", mc_gross="15.00"))
    assert (paid.state, paid.waits_for) == ("waiting", paypal.SUBSCR)
    shop.deliver(paypal.sign_up(order))
    assert shop.apply(paid.message_id).state == "applied"
    assert shop.membership()["paid_through"] == datetime(2026, 3, 14, 11, 15, tzinfo=UTC)


def test_a_trial_is_used_up_by_beginning_it_not_by_a_checkout(shop: Shop):
    abandoned = shop.checkout("tried")
    assert shop.checkout("tried").total == eur(100)
    shop.deliver(paypal.sign_up(abandoned))
    shop.deliver(paypal.payment(abandoned))
    shop.deliver(paypal.cancel(abandoned))
    assert shop.checkout("tried").total == eur(1500)


def test_the_calendar_of_a_period_is_the_customers(shop: Shop):
    kiritimati = shop.meet(new_id(), zone="Pacific/Kiritimati")
    order = shop.checkout(account_id=kiritimati)
    shop.deliver(paypal.payment(order, payment_date="03:15:05 Feb 28, 2026 PST"))
    # 28 February in UTC is 1 March there, and a month later is 1 April there.
    paid_through = shop.membership(kiritimati)["paid_through"]
    assert paid_through == datetime(2026, 3, 31, 11, 15, 5, tzinfo=UTC)
