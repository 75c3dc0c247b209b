"""The life of a delivery: its states, and what follows from each attempt."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.notifications.domain.rules import MailClass

# The site of what names none: what a service does by itself is done for the main shop.
MAIN_SITE = UUID("018f0000-0000-7000-8000-000000000001")

# Attempts pause for 10, 30, 90, 270 … seconds (greylisting asks for 300), at most an hour.
PAUSE, GROWTH, LONGEST_PAUSE = 10.0, 3.0, 3600.0
# A document is made within seconds, and its event makes the delivery due at once anyway.
DOCUMENT_PAUSE, LONGEST_DOCUMENT_PAUSE = 2.0, 300.0
# A mail server that is away is away for all: everybody asks again soon, and nobody is punished.
AWAY_PAUSE = 5.0
JITTER = 0.2
# Real time after which a delivery is given up; as long as mail servers themselves go on trying.
TRY_FOR = timedelta(days=3)
# An attempt that has said nothing for so long was cut off; longer than all its timeouts together.
LEASE = timedelta(seconds=120)
RESENDS = 1


class State(StrEnum):
    """Where a delivery stands. `sent`, `failed` and `skipped` are ends that only operators undo."""

    DUE = "due"
    WAITING_FOR_DOCUMENT = "waiting_for_document"
    SENDING = "sending"
    UNKNOWN = "unknown"  # cut off between the mail server's acceptance and our note of it (N02)
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"


class Ending(StrEnum):
    """How one attempt ended."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # for good
    PUT_OFF = "put_off"
    SERVER_AWAY = "server_away"  # says nothing about this recipient (N29)
    NO_DOCUMENT = "no_document"
    NOTHING_TO_SEND = "nothing_to_send"
    IN_DOUBT = "in_doubt"


@dataclass(frozen=True)
class Outcome:
    """An attempt's end and the sentence that operators read."""

    ending: Ending
    reason: str | None = None


@dataclass(frozen=True)
class Claimed:
    """A delivery for one attempt: what sending needs, away from the database.

    `facts` are as they are kept; `claim_id` names the attempt.
    """

    delivery_id: UUID
    claim_id: UUID
    site_id: UUID
    account_id: UUID | None
    wire: str
    rule: str
    email: str
    name: str
    time_zone: str | None
    facts: Mapping[str, Any]
    message_id: str
    request_id: str


@dataclass(frozen=True)
class Step:
    """What a delivery becomes: its state, and the seconds until it is due, None for never."""

    state: State
    due_in: float | None = None


_FINAL = {
    Ending.ACCEPTED: Step(State.SENT),
    Ending.REFUSED: Step(State.FAILED),
    Ending.NOTHING_TO_SEND: Step(State.SKIPPED),
}


def after(
    ending: Ending,
    *,
    attempts: int,
    resends: int,
    mail_class: MailClass,
    give_up: bool,
    chance: float,
) -> Step:
    """The next step after an attempt; `chance` from 0 to 1 spreads the pause, `give_up` ends it."""
    if ending in _FINAL:
        return _FINAL[ending]
    if ending is Ending.IN_DOUBT:
        return in_doubt(mail_class, resends)
    if give_up:
        return Step(State.FAILED)
    if ending is Ending.NO_DOCUMENT:
        seconds = pause(attempts, DOCUMENT_PAUSE, LONGEST_DOCUMENT_PAUSE, chance)
        return Step(State.WAITING_FOR_DOCUMENT, seconds)
    if ending is Ending.SERVER_AWAY:
        return Step(State.DUE, pause(1, AWAY_PAUSE, AWAY_PAUSE, chance))
    return Step(State.DUE, pause(attempts, PAUSE, LONGEST_PAUSE, chance))


def in_doubt(mail_class: MailClass, resends: int) -> Step:
    """Sent or not? A transactional mail goes once more under its Message-ID, others stay (N02)."""
    may_resend = mail_class is MailClass.TRANSACTIONAL and resends < RESENDS
    return Step(State.UNKNOWN, 0.0 if may_resend else None)


def pause(attempts: int, first: float, longest: float, chance: float) -> float:
    """Seconds after the given number of attempts (1 is the first), spread by 20 % either way."""
    exponent = min(max(attempts, 1) - 1, 20)
    seconds = min(first * GROWTH**exponent, longest)
    return seconds * (1 - JITTER + 2 * JITTER * chance)


def is_over(created_or_retried_at: datetime, real_now: datetime) -> bool:
    """Whether a delivery has been tried for long enough."""
    return real_now - created_or_retried_at > TRY_FOR
