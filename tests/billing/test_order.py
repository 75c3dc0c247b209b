"""Any order of the same messages, with duplicates, ends in the same state."""

from itertools import permutations

from services.billing.models import Invoice, LedgerTransfer, Payment, Subscription
from tests.billing import paypal
from tests.billing.story import Shop

MESSAGES = {
    "sign_up": paypal.sign_up,
    "payment": paypal.payment,
    "payment_again": lambda order: paypal.payment(order, resend="true"),
    "cancel": paypal.cancel,
}
PENDING = {
    "sign_up": paypal.sign_up,
    "pending": lambda order: paypal.payment(order, payment_status="Pending"),
    "payment": paypal.payment,
}
MONEY = {
    "payment": paypal.payment,
    "refund": lambda order: paypal.money_back(order, mc_gross="-5.00", mc_fee=None),
    "reversed": lambda order: paypal.money_back(
        order, "Reversed", txn_id="8ZY", mc_gross="-7.00", mc_fee=None
    ),
    "restored": lambda order: paypal.money_back(
        order, "Canceled_Reversal", txn_id="7ZY", mc_gross="7.00", mc_fee=None
    ),
}


def state(shop: Shop):
    """Everything that matters to a customer and to the books."""
    (subscription,) = shop.rows(Subscription)
    (invoice,) = shop.rows(Invoice)
    return (
        (subscription.anchor_at, subscription.paid_through, subscription.cancelled_at),
        (invoice.state, invoice.number, invoice.paid_at, invoice.period_to),
        invoice.refunded_amount,
        [(each.standing, each.amount, each.refunded_amount) for each in shop.rows(Payment)],
        sorted((each.debit, each.credit, each.amount) for each in shop.rows(LedgerTransfer)),
        shop.membership()["status"],
    )


def play(shop: Shop, messages, names) -> None:
    """Deliver in that order; what waits is tried again until nothing more happens."""
    order = shop.checkout()
    sent = [shop.receive(messages[name](order)) for name in names]
    for message_id in sent:
        shop.apply(message_id)
    for _ in names:
        for message_id in sent:
            shop.apply(message_id)


def ends_of(shop: Shop, messages) -> set[str]:
    """The different states that all the orders of these messages end in."""
    ends = set()
    for names in permutations(messages):
        with shop.session.begin_nested() as savepoint:
            play(shop, messages, names)
            ends.add(repr((state(shop), sorted(shop.told()))))
            savepoint.rollback()
    return ends


def test_sign_up_payment_duplicate_and_cancel_end_alike_in_every_order(shop: Shop):
    (end,) = ends_of(shop, MESSAGES)
    assert end.count("'completed'") == end.count("billing.invoice_paid") == 1
    assert end.count("billing.subscription_started") == 1
    assert end.count("billing.subscription_cancelled") == 1


def test_money_back_and_forth_ends_alike_in_every_order(shop: Shop):
    (end,) = ends_of(shop, MONEY)
    assert end.count("billing.payment_refunded") == 2
    assert end.count("billing.payment_restored") == 1


def test_a_pending_payment_completes_in_every_order(shop: Shop):
    assert len(ends_of(shop, PENDING)) == 1
