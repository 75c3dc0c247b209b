"""The life of a subscription: its payments as they fall due, failed tries, its end."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import partial

from sandbox.agenda import Agenda
from sandbox.faults import Faults
from sandbox.paypal import identifiers, messages
from sandbox.paypal.book import Book, Payment, Subscription
from sandbox.paypal.cashier import Cashier
from sandbox.paypal.herald import Herald
from sandbox.paypal.messages import Seal
from sandbox.paypal.schedule import Due, reattempts


class Renewals:
    """Public methods are called under the book's lock; the agenda's entries take it themselves."""

    def __init__(
        self, book: Book, agenda: Agenda, faults: Faults, herald: Herald, cashier: Cashier
    ) -> None:
        self._book = book
        self._agenda = agenda
        self._faults = faults
        self._herald = herald
        self._cashier = cashier

    def begin(self, subscription: Subscription, now: datetime) -> tuple[Payment | None, list[str]]:
        """Tell the signup, collect the first term unless it is free; the ids of the messages."""
        facts = {"subscr_id": subscription.id, "invoice": subscription.deal.button.invoice}
        first = next(subscription.timetable)
        payment_first = self._faults.take("reorder", facts)
        told = [] if payment_first else [self._tell_terms(subscription, "subscr_signup", now)]
        payment = None
        if first.period and first.period.amount:
            payment, payment_told = self._collect(subscription, first.period.amount, now)
            told.append(payment_told)
        if payment_first:
            told.append(self._tell_terms(subscription, "subscr_signup", now))
        if self._faults.take("eot_at_outset", facts):
            told.append(self._tell_end(subscription, now))
        self._await_next(subscription)
        return payment, told

    def stop(self, subscription: Subscription, at: datetime) -> None:
        """No more payments; the shop hears subscr_cancel."""
        subscription.state, subscription.next_due = "cancelled", None
        subscription.track_id = identifiers.track_id()
        self._tell_terms(subscription, "subscr_cancel", at)

    def _await_next(self, subscription: Subscription) -> None:
        due = next(subscription.timetable)
        subscription.next_due = due
        self._agenda.add(due.at, subscription.id, partial(self._fall_due, subscription, due))

    def _fall_due(self, subscription: Subscription, due: Due, at: datetime) -> None:
        with self._book.lock:
            if subscription.state != "active":
                return
            if due.period is None:
                subscription.state, subscription.next_due = "ended", None
                self._tell_end(subscription, at)
                return
            self._await_next(subscription)
            if due.period.amount:
                self._collect_or_fail(subscription, due.period.amount, None, at)

    def _collect_or_fail(
        self,
        subscription: Subscription,
        amount: Decimal,
        tries_left: tuple[datetime, ...] | None,
        at: datetime,
    ) -> None:
        """Collect at `at`; `tries_left` is None on the due date itself."""
        with self._book.lock:
            if subscription.state != "active":
                return
            if not self._faults.take("payment_fails", {"subscr_id": subscription.id}):
                subscription.track_id = identifiers.track_id()
                self._collect(subscription, amount, at)
                return
            later = self._tries_after(subscription, at) if tries_left is None else tries_left
            self._tell_failure(subscription, amount, later[0] if later else None, at)
            if later:
                again = partial(self._collect_or_fail, subscription, amount, later[1:])
                self._agenda.add(later[0], subscription.id, again)
            elif tries_left is not None:
                self.stop(subscription, at)

    def _tries_after(self, subscription: Subscription, at: datetime) -> tuple[datetime, ...]:
        if not subscription.terms.reattempt:
            return ()
        due = subscription.next_due
        return reattempts(at, due.at if due and due.period else None)

    def _collect(
        self, subscription: Subscription, amount: Decimal, at: datetime
    ) -> tuple[Payment, str]:
        payment, told = self._cashier.take(
            subscription.deal, "subscr_payment", amount, at, subscription.track_id
        )
        subscription.payments.append(payment.txn_id)
        return payment, told

    def _tell_terms(self, subscription: Subscription, txn_type: str, at: datetime) -> str:
        # A signup and its first payment carry one track id, as PayPal's do: it is not a key.
        seal = Seal(identifiers.verify_sign(), subscription.track_id)
        fields = messages.subscription_message(subscription.deal, txn_type, at, seal)
        return self._herald.tell(subscription.deal, fields, at, lane=subscription.id)

    def _tell_end(self, subscription: Subscription, at: datetime) -> str:
        seal = Seal(identifiers.verify_sign(), identifiers.track_id())
        fields = messages.term_over_message(subscription.deal, seal)
        return self._herald.tell(subscription.deal, fields, at, lane=subscription.id)

    def _tell_failure(
        self, subscription: Subscription, amount: Decimal, retry_at: datetime | None, at: datetime
    ) -> str:
        seal = Seal(identifiers.verify_sign(), identifiers.track_id())
        fields = messages.failed_message(subscription.deal, amount, retry_at, seal)
        return self._herald.tell(subscription.deal, fields, at, lane=subscription.id)
