"""What PayPal does when a buyer or a merchant asks for it. Each public method is one act."""

from __future__ import annotations

import secrets
from decimal import Decimal

from sandbox.clock import SandboxClock
from sandbox.paypal import amounts, identifiers
from sandbox.paypal.book import Approval, Book, Checkout, Payment, Subscription
from sandbox.paypal.buttons import Button, Price
from sandbox.paypal.cashier import Cashier
from sandbox.paypal.messages import Deal, Merchant
from sandbox.paypal.renewals import Renewals
from sandbox.paypal.returning import return_fields
from sandbox.paypal.schedule import Terms, timetable


class Refused(Exception):
    """The act is not possible now; the text says why."""


class Unknown(Refused):
    """There is no such subscription or payment."""


class PayPal:
    """The provider's acts, each done whole under the book's lock."""

    def __init__(
        self,
        book: Book,
        clock: SandboxClock,
        cashier: Cashier,
        renewals: Renewals,
        merchant: Merchant,
    ) -> None:
        self.book = book
        self._clock = clock
        self._cashier = cashier
        self._renewals = renewals
        self._merchant = merchant

    def open_checkout(self, button: Button) -> Checkout:
        with self.book.lock:
            checkout = Checkout(secrets.token_urlsafe(16), button)
            self.book.checkouts[checkout.token] = checkout
        return checkout

    def approve_checkout(self, checkout: Checkout) -> Approval:
        """The buyer's yes; a second yes to the same checkout changes nothing."""
        with self.book.lock:
            if checkout.approval is None:
                checkout.approval = self.approve(checkout.button)
            return checkout.approval

    def approve(self, button: Button) -> Approval:
        """Start what the button asks for; the ids of what was made."""
        with self.book.lock:
            if button.terms is not None:
                return self._subscribe(button, button.terms)
            if button.price is not None:
                return self._sell(button, button.price)
        raise Refused("the button asks for nothing")

    def cancel(self, subscr_id: str) -> Subscription:
        """The buyer or the merchant ends a subscription: no more payments."""
        with self.book.lock:
            subscription = self.book.subscriptions.get(subscr_id)
            if subscription is None:
                raise Unknown(f"there is no subscription {subscr_id}")
            if subscription.state != "active":
                raise Refused(f"the subscription is {subscription.state}")
            self._renewals.stop(subscription, self._clock.now())
            return subscription

    def refund(self, txn_id: str, amount: str | None) -> Payment:
        """Give back all that is left of a payment, or the part `amount` (a dot decimal)."""
        with self.book.lock:
            payment = self._completed(txn_id)
            currency = payment.deal.button.currency
            left = payment.gross - payment.refunded
            part = left if amount is None else _amount(amount, currency)
            if not 0 < part <= left:
                raise Refused(f"{currency} {amounts.written(left, currency)} can be refunded")
            fee = self._fee_back(payment, part)
            payment.refunded += part
            payment.fee_refunded += fee
            now = self._clock.now()
            return self._cashier.move_back(payment, "Refunded", "refund", -part, now, -fee)

    def reverse(self, txn_id: str, reason_code: str) -> Payment:
        """Take a payment back from the merchant, as after a chargeback."""
        with self.book.lock:
            payment = self._completed(txn_id)
            left = payment.gross - payment.refunded
            if left <= 0:
                raise Refused("nothing of this payment is left to reverse")
            now = self._clock.now()
            taken = self._cashier.move_back(payment, "Reversed", reason_code, -left, now)
            payment.reversed_by = taken.txn_id
            return taken

    def cancel_reversal(self, txn_id: str) -> Payment:
        """Return to the merchant what a reversal took; `txn_id` is the original payment's."""
        with self.book.lock:
            payment = self._payment(txn_id)
            if not payment.reversed_by:
                raise Refused("this payment is not reversed")
            back = -self.book.payments[payment.reversed_by].gross
            payment.reversed_by = ""
            now = self._clock.now()
            reason = "chargeback_reimbursement"
            return self._cashier.move_back(payment, "Canceled_Reversal", reason, back, now)

    def merchant_of(self, business: str) -> Merchant:
        """The account behind an e-mail address or a merchant id; others than ours exist too."""
        if business.lower() == self._merchant.email or business == self._merchant.receiver_id:
            return self._merchant
        if "@" in business:
            return Merchant(business.lower(), identifiers.account_id(business))
        return Merchant(f"{business.lower()}@merchant.example", business.upper())

    def _subscribe(self, button: Button, terms: Terms) -> Approval:
        now = self._clock.now()
        subscr_id = identifiers.subscription_id()
        subscription = Subscription(
            id=subscr_id,
            deal=self._deal(button, subscr_id),
            terms=terms,
            started_at=now,
            track_id=identifiers.track_id(),
            timetable=timetable(terms, now),
        )
        self.book.subscriptions[subscr_id] = subscription
        payment, told = self._renewals.begin(subscription, now)
        return _approval(subscription.deal, payment, told)

    def _sell(self, button: Button, price: Price) -> Approval:
        deal = self._deal(button, None)
        now, track_id = self._clock.now(), identifiers.track_id()
        payment, told = self._cashier.take(deal, "web_accept", price.total, now, track_id)
        return _approval(deal, payment, [told])

    def _deal(self, button: Button, subscr_id: str | None) -> Deal:
        merchant = self.merchant_of(button.business)
        return Deal(button=button, buyer=button.buyer, merchant=merchant, subscr_id=subscr_id)

    def _payment(self, txn_id: str) -> Payment:
        payment = self.book.payments.get(txn_id)
        if payment is None:
            raise Unknown(f"there is no payment {txn_id}")
        return payment

    def _completed(self, txn_id: str) -> Payment:
        payment = self._payment(txn_id)
        if payment.parent or payment.status != "Completed" or payment.reversed_by:
            raise Refused("only a completed payment that is not reversed can be taken back")
        return payment

    def _fee_back(self, payment: Payment, part: Decimal) -> Decimal:
        """A full refund returns the rest of the fee to the last cent, a part its share."""
        if payment.refunded + part == payment.gross:
            return payment.fee - payment.fee_refunded
        currency = payment.deal.button.currency
        return amounts.fee_returned(payment.fee, part, payment.gross, currency)


def _approval(deal: Deal, payment: Payment | None, told: list[str]) -> Approval:
    return Approval(
        subscr_id=deal.subscr_id,
        txn_id=payment.txn_id if payment else None,
        payer_id=deal.buyer.payer_id,
        message_ids=tuple(told),
        return_url=deal.button.return_url,
        return_fields=return_fields(deal, payment),
    )


def _amount(text: str, currency: str) -> Decimal:
    try:
        return amounts.parse(text, currency)
    except ValueError as fault:
        raise Refused(f"the amount {fault}") from fault
