"""Money in and money back: every movement is a payment in the book and a message to the shop."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from sandbox.agenda import Agenda
from sandbox.faults import Faults
from sandbox.paypal import amounts, identifiers, messages
from sandbox.paypal.book import Book, Payment
from sandbox.paypal.herald import Herald
from sandbox.paypal.messages import Deal, Money, Seal


class Cashier:
    """Called under the book's lock, except `_decide`, which the agenda calls."""

    def __init__(self, book: Book, agenda: Agenda, faults: Faults, herald: Herald) -> None:
        self._book = book
        self._agenda = agenda
        self._faults = faults
        self._herald = herald

    def take(
        self, deal: Deal, txn_type: str, gross: Decimal, at: datetime, track_id: str
    ) -> tuple[Payment, str]:
        """Collect `gross` and tell it; the payment and the id of the message."""
        payment = Payment(
            txn_id=identifiers.transaction_id(),
            deal=deal,
            txn_type=txn_type,
            gross=gross,
            fee=amounts.fee_on(gross, deal.button.currency),
            status="Completed",
            at=at,
        )
        self._book.payments[payment.txn_id] = payment
        self._hold(payment, at)
        return payment, self._tell(payment, at, track_id)

    def move_back(
        self,
        payment: Payment,
        status: str,
        reason: str,
        gross: Decimal,
        at: datetime,
        fee: Decimal = Decimal(0),
    ) -> Payment:
        """A refund or reversal (negative `gross`), or the undoing of one (positive)."""
        moved = Payment(
            txn_id=identifiers.transaction_id(),
            deal=payment.deal,
            txn_type="",
            gross=gross,
            fee=fee,
            status=status,
            at=at,
            kind=payment.kind,
            parent=payment.txn_id,
        )
        self._book.payments[moved.txn_id] = moved
        self._tell(moved, at, identifiers.track_id(), reason)
        return moved

    def _hold(self, payment: Payment, at: datetime) -> None:
        """Leave the payment pending when a fault says so, to be decided later."""
        facts = {
            "txn_type": payment.txn_type,
            "subscr_id": payment.deal.subscr_id or "",
            "invoice": payment.deal.button.invoice,
        }
        for kind, outcome in (("pending", "Completed"), ("pending_then_failed", "Failed")):
            if fault := self._faults.take(kind, facts):
                payment.status, payment.kind = "Pending", "echeck"
                decided = at + timedelta(seconds=fault.wait(60))
                self._agenda.add(decided, payment.lane, partial(self._decide, payment, outcome))
                return

    def _decide(self, payment: Payment, outcome: str, at: datetime) -> None:
        with self._book.lock:
            payment.status = outcome
            self._tell(payment, at, identifiers.track_id())

    def _tell(self, payment: Payment, at: datetime, track_id: str, reason: str = "") -> str:
        pending = payment.status == "Pending"
        money = Money(
            txn_id=payment.txn_id,
            gross=payment.gross,
            fee=None if pending or payment.status == "Failed" else payment.fee,
            status=payment.status,
            at=payment.at,
            kind=payment.kind,
            pending_reason="echeck" if pending else "",
            reason_code=reason,
            parent=payment.parent,
        )
        seal = Seal(identifiers.verify_sign(), track_id)
        fields = messages.money_message(payment.deal, payment.txn_type, money, seal)
        return self._herald.tell(payment.deal, fields, at, lane=payment.lane)
