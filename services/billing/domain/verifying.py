"""Whether a message is the provider's, and when to ask again while that is not known."""

from datetime import timedelta
from enum import StrEnum


class Verdict(StrEnum):
    """The provider's word on a message; anything but its two words is UNKNOWN."""

    VERIFIED = "verified"
    INVALID = "invalid"
    UNKNOWN = "unknown"


FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=1)
# A refund whose payment has not come after so many tries, about a week, is for an operator to look
# at: PayPal stops sending a message after four days (reference 2.2).
MOST_WAITS = 180


def pause_after(attempts: int) -> timedelta:
    """5 s after the first attempt, doubling to an hour; attempts never run out."""
    if attempts < 1:
        raise ValueError("there is no pause before the first attempt")
    return min(LONGEST_PAUSE, FIRST_PAUSE * (1 << min(attempts - 1, 20)))
