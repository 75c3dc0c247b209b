"""What the stand-in remembers, all of it in memory: checkouts, subscriptions, payments, messages.

Every thread reads and writes it under `Book.lock`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sandbox.paypal.amounts import written
from sandbox.paypal.buttons import Button
from sandbox.paypal.messages import RESENT, Deal, Fields
from sandbox.paypal.schedule import Due, Terms


@dataclass
class Attempt:
    """One try to deliver. `status` is the HTTP status, None when no answer came."""

    at: datetime
    resend: bool
    status: int | None
    error: str
    milliseconds: int


@dataclass(kw_only=True)
class Message:
    """One IPN. States: queued, retrying, sent, failed, lost, disabled (no notify_url)."""

    id: str
    lane: str
    fields: Fields
    raw: bytes
    genuine: bool
    notify_url: str
    created_at: datetime
    state: str = "queued"
    next_attempt_at: datetime | None = None
    attempts: list[Attempt] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)

    def value(self, name: str) -> str:
        return dict(self.fields).get(name, "")

    def bodies(self) -> tuple[bytes, bytes]:
        """The bytes as first sent, and as sent again by hand or after a loss."""
        return self.raw, self.raw + RESENT

    def as_json(self) -> dict[str, object]:
        names = ("txn_type", "txn_id", "parent_txn_id", "subscr_id", "invoice", "payment_status")
        return {
            "id": self.id,
            "state": self.state,
            **{name: self.value(name) for name in names},
            "genuine": self.genuine,
            "notify_url": self.notify_url,
            "created_at": self.created_at.isoformat(),
            "next_attempt_at": self.next_attempt_at and self.next_attempt_at.isoformat(),
            "attempts": [
                {**vars(attempt), "at": attempt.at.isoformat()} for attempt in self.attempts
            ],
            "postback_answers": list(self.answers),
            "fields": dict(self.fields),
            "raw": self.raw.decode("ascii"),
        }


@dataclass(kw_only=True)
class Payment:
    """One movement of money. A refund or reversal is a payment of its own with a `parent`."""

    txn_id: str
    deal: Deal
    txn_type: str
    gross: Decimal
    fee: Decimal
    status: str
    at: datetime
    kind: str = "instant"
    parent: str = ""
    refunded: Decimal = Decimal(0)
    fee_refunded: Decimal = Decimal(0)
    reversed_by: str = ""

    @property
    def lane(self) -> str:
        return self.deal.subscr_id or self.parent or self.txn_id

    def as_json(self) -> dict[str, object]:
        currency = self.deal.button.currency
        return {
            "txn_id": self.txn_id,
            "parent_txn_id": self.parent,
            "txn_type": self.txn_type,
            "subscr_id": self.deal.subscr_id or "",
            "invoice": self.deal.button.invoice,
            "payment_status": self.status,
            "gross": written(self.gross, currency),
            "fee": written(self.fee, currency),
            "refunded": written(self.refunded, currency),
            "currency": currency,
            "at": self.at.isoformat(),
        }


@dataclass(kw_only=True)
class Subscription:
    """One agreement. States: active, cancelled, ended."""

    id: str
    deal: Deal
    terms: Terms
    started_at: datetime
    track_id: str
    timetable: Iterator[Due]
    next_due: Due | None = None
    state: str = "active"
    payments: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        button = self.deal.button
        return {
            "subscr_id": self.id,
            "state": self.state,
            "item_name": button.item_name,
            "invoice": button.invoice,
            "custom": button.custom,
            "currency": button.currency,
            "payer_email": self.deal.buyer.email,
            "payer_id": self.deal.buyer.payer_id,
            "terms": [
                {"amount": written(period.amount, button.currency), "period": period.text()}
                for period in (*self.terms.trials, self.terms.regular)
            ],
            "started_at": self.started_at.isoformat(),
            "next_due": self.next_due and self.next_due.at.isoformat(),
            "next_due_name": self.next_due and self.next_due.name,
            "payments": list(self.payments),
        }


@dataclass(frozen=True)
class Approval:
    """What came of a buyer's yes; `txn_id` is None when the first term is free."""

    subscr_id: str | None
    txn_id: str | None
    payer_id: str
    message_ids: tuple[str, ...]
    return_url: str
    return_fields: Fields

    def as_json(self) -> dict[str, object]:
        return {
            "subscr_id": self.subscr_id,
            "txn_id": self.txn_id,
            "payer_id": self.payer_id,
            "message_ids": list(self.message_ids),
            "return_url": self.return_url,
        }


@dataclass
class Checkout:
    """A button that a buyer is looking at; an approval is kept so that a second yes is the same."""

    token: str
    button: Button
    approval: Approval | None = None


class Book:
    """The collections, each in order of arrival."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.checkouts: dict[str, Checkout] = {}
        self.subscriptions: dict[str, Subscription] = {}
        self.payments: dict[str, Payment] = {}
        self.messages: dict[str, Message] = {}
        self._sent: dict[bytes, Message] = {}

    def next_message_id(self) -> str:
        return f"M{len(self.messages) + 1}"

    def keep(self, message: Message) -> None:
        self.messages[message.id] = message

    def went_out(self, message: Message, body: bytes) -> None:
        """Remember bytes that are about to leave; the postback knows only these."""
        self._sent[body] = message

    def sent_as(self, body: bytes) -> Message | None:
        """The message that left with exactly these bytes."""
        with self.lock:
            return self._sent.get(body)
