"""What a subscription gives at a moment. The answer follows from facts; no state is stored."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# PayPal charges a subscription of the 31st on the 1st, and its message takes its time; only after
# this does a missing payment count (reference 0.8, 1b).
GRACE = timedelta(days=3)
# PayPal tries again 3 and 8 days after a failure and then gives up (reference 2.7).
PAST_DUE_FOR = timedelta(days=14)


class Status(StrEnum):
    """How a membership stands."""

    ACTIVE = "active"
    CANCELLED = "cancelled"
    PAST_DUE = "past_due"
    NONE = "none"


@dataclass(frozen=True)
class Standing:
    """The facts: paid until when (None: nothing paid, or all refunded), cancelled, last failure."""

    paid_through: datetime | None
    cancelled_at: datetime | None
    failed_at: datetime | None


def status(standing: Standing, now: datetime) -> Status:
    """A cancelled membership lasts to the end of what is paid, a live one a few days longer."""
    paid = standing.paid_through
    if paid is None:
        return Status.NONE
    if standing.cancelled_at is not None:
        return Status.CANCELLED if now < paid else Status.NONE
    if now >= paid + PAST_DUE_FOR:
        return Status.NONE
    if now >= paid + GRACE or (now >= paid and _failed_for(paid, standing.failed_at)):
        return Status.PAST_DUE
    return Status.ACTIVE


def has_access(standing: Standing, now: datetime) -> bool:
    """Never before payment, never less than what is paid, at most GRACE longer."""
    if standing.paid_through is None:
        return False
    grace = timedelta(0) if standing.cancelled_at else GRACE
    return now < standing.paid_through + grace


def is_live(standing: Standing, now: datetime) -> bool:
    """Whether it will be charged again as far as we know: a second one would be paid twice."""
    return status(standing, now) in (Status.ACTIVE, Status.PAST_DUE)


def _failed_for(paid_through: datetime, failed_at: datetime | None) -> bool:
    """A failure near the end of what is paid is about the next period, an older one is past."""
    return failed_at is not None and failed_at >= paid_through - timedelta(days=1)
