"""Turning fields into messages on their way, with the faults that a test has armed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial

from sandbox.agenda import Agenda
from sandbox.faults import Faults
from sandbox.paypal import identifiers, messages
from sandbox.paypal.book import Attempt, Book, Message
from sandbox.paypal.delivery import Delivery
from sandbox.paypal.messages import Deal, Fields


class Herald:
    """Writes each message into the book and plans its delivery."""

    def __init__(self, book: Book, agenda: Agenda, faults: Faults, delivery: Delivery) -> None:
        self._book = book
        self._agenda = agenda
        self._faults = faults
        self._delivery = delivery

    def tell(self, deal: Deal, fields: Fields, at: datetime, *, lane: str) -> str:
        """Keep and send one message; its id."""
        facts = _facts(fields, deal)
        message = self._write(
            self._distorted(fields, facts),
            charset=deal.button.charset,
            notify_url=deal.button.notify_url,
            at=at,
            lane=lane,
            genuine=self._faults.take("forged", facts) is None,
        )
        self._plan(message, at, facts)
        return message.id

    def forge(self, fields: Fields, notify_url: str, at: datetime) -> Message:
        """Send what PayPal never said: the postback answers INVALID to it."""
        with self._book.lock:
            message = self._write(
                fields,
                charset="windows-1252",
                notify_url=notify_url,
                at=at,
                lane="forged",
                genuine=False,
            )
            self._delivery.plan(message, at)
            return message

    def resend(self, message: Message, at: datetime) -> None:
        """Send once more by hand, marked as PayPal marks it: resend=true at the end."""
        with self._book.lock:
            self._delivery.plan(message, at, resend=True)

    def _write(
        self,
        fields: Fields,
        *,
        charset: str,
        notify_url: str,
        at: datetime,
        lane: str,
        genuine: bool,
    ) -> Message:
        message = Message(
            id=self._book.next_message_id(),
            lane=lane,
            fields=fields,
            raw=messages.encode(fields, charset),
            genuine=genuine,
            notify_url=notify_url,
            created_at=at,
        )
        self._book.keep(message)
        return message

    def _plan(self, message: Message, at: datetime, facts: dict[str, str]) -> None:
        lost = self._faults.take("drop", facts)
        if lost:
            message.state = "lost"
            message.attempts.append(Attempt(at, False, None, "lost on the way (fault: drop)", 0))
            again = at + timedelta(seconds=lost.wait(60))
            message.next_attempt_at = again
            self._agenda.add(again, message.lane, partial(self.resend, message))
            return
        late = self._faults.take("delay", facts)
        due = at + timedelta(seconds=late.wait(30)) if late else at
        self._delivery.plan(message, due)
        if self._faults.take("duplicate", facts):
            # In a lane of its own, so that the two deliveries overlap.
            self._delivery.plan(message, due, lane=f"{message.lane} copy")

    def _distorted(self, fields: Fields, facts: Mapping[str, str]) -> Fields:
        if self._faults.take("wrong_receiver", facts):
            fields = _paid_to(fields, "somebody.else@merchant.example")
        if not dict(fields).get("mc_gross"):
            return fields
        if fault := self._faults.take("changed_currency", facts):
            fields = _in_currency(fields, fault.currency)
        if fault := self._faults.take("changed_amount", facts):
            fields = _of_amount(fields, fault.amount or "0.01")
        return fields


def _paid_to(fields: Fields, email: str) -> Fields:
    receiver_id = identifiers.account_id(email)
    other = {"business": email, "receiver_email": email, "receiver_id": receiver_id}
    return messages.changed(fields, other)


def _in_currency(fields: Fields, currency: str | None) -> Fields:
    other = currency or ("EUR" if dict(fields)["mc_currency"] == "USD" else "USD")
    blank = {"payment_gross": "", "payment_fee": ""}
    return messages.changed(fields, {"mc_currency": other, **blank})


def _of_amount(fields: Fields, amount: str) -> Fields:
    # payment_gross repeats it, where it is not blank.
    repeated = {"payment_gross": amount} if dict(fields).get("payment_gross") else {}
    return messages.changed(fields, {"mc_gross": amount, **repeated})


def _facts(fields: Fields, deal: Deal) -> dict[str, str]:
    """What a fault may be matched by; the invoice also where the message does not carry it."""
    given = dict(fields)
    names = ("txn_type", "payment_status", "subscr_id", "txn_id")
    return {**{name: given.get(name, "") for name in names}, "invoice": deal.button.invoice}
