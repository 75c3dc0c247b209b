"""Faults that a test arms and the sandbox then commits, each a counted number of times."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass

# What each kind does, told to whoever asks GET /_sim/faults.
KINDS: Mapping[str, str] = {
    "duplicate": "the message is delivered twice, both at the same time",
    "reorder": "subscr_payment is told before subscr_signup",
    "drop": "the first delivery is lost; after seconds (60) it is sent again with resend=true",
    "delay": "the message is sent seconds (30) late",
    "pending": "the payment is Pending (echeck); after seconds (60) Completed, same txn_id",
    "pending_then_failed": "the payment is Pending (echeck); after seconds (60) Failed",
    "payment_fails": "a renewal fails: subscr_failed, again after 3 and 5 days, then subscr_cancel",
    "wrong_receiver": "the money went to another merchant: business, receiver_email, receiver_id",
    "changed_currency": "mc_currency is currency (USD, or EUR when it was USD)",
    "changed_amount": "mc_gross is amount (0.01)",
    "eot_at_outset": "subscr_eot is told right after the signup",
    "forged": "the message is not ours: the postback answers INVALID",
    "postback_invalid": "the postback answers INVALID",
    "postback_error": "the postback answers 500",
    "postback_html": "the postback answers 200 with a page of HTML",
    "postback_slow": "the postback answers rightly after seconds (5) of real time",
    "postback_timeout": "the postback answers nothing for seconds (35), then 504",
    "smtp_450": "a recipient is refused for now",
    "smtp_550": "a recipient is refused for good",
    "smtp_drop": "the connection is cut after DATA, before the 250; the mail was taken in",
    "smtp_lose": "as smtp_drop, but the mail was not taken in",
}


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One armed fault; `match` names facts that a message must have for it to apply."""

    id: int
    kind: str
    times: int
    seconds: float | None
    amount: str | None
    currency: str | None
    match: Mapping[str, str]

    def fits(self, kind: str, facts: Mapping[str, str]) -> bool:
        return self.kind == kind and all(
            facts.get(name, "").lower() == value.lower() for name, value in self.match.items()
        )

    def wait(self, default: float) -> float:
        return default if self.seconds is None else self.seconds


class Faults:
    """The armed faults, first armed first taken. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._armed: list[tuple[Fault, int]] = []

    def arm(
        self,
        kind: str,
        *,
        times: int = 1,
        seconds: float | None = None,
        amount: str | None = None,
        currency: str | None = None,
        match: Mapping[str, str] | None = None,
    ) -> Fault:
        """Arm `kind` for the next `times` occasions that fit `match`."""
        with self._lock:
            fault = Fault(
                id=next(self._numbers),
                kind=kind,
                times=times,
                seconds=seconds,
                amount=amount,
                currency=currency,
                match=dict(match or {}),
            )
            self._armed.append((fault, times))
        return fault

    def take(self, kind: str, facts: Mapping[str, str]) -> Fault | None:
        """The armed fault to commit now, counted down; None when there is none."""
        with self._lock:
            for place, (fault, left) in enumerate(self._armed):
                if fault.fits(kind, facts):
                    self._armed[place : place + 1] = [(fault, left - 1)] if left > 1 else []
                    return fault
        return None

    def disarm(self) -> None:
        with self._lock:
            self._armed.clear()

    def as_json(self) -> list[dict[str, object]]:
        with self._lock:
            return [{**asdict(fault), "left": left} for fault, left in self._armed]
