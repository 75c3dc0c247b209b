"""When a subscription's payments fall due. Pure: dates in, dates out."""

from __future__ import annotations

import itertools
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

# PayPal keeps its days and prints its dates in its own zone.
PACIFIC = ZoneInfo("America/Los_Angeles")

LONGEST = {"D": 90, "W": 52, "M": 24, "Y": 5}


@dataclass(frozen=True)
class Period:
    """A price for a stretch of time: `length` days, weeks, months or years (D W M Y)."""

    amount: Decimal
    length: int
    unit: str

    def text(self) -> str:
        return f"{self.length} {self.unit}"


@dataclass(frozen=True)
class Terms:
    """What the buyer agrees to. `times`: regular payments in all, None without end."""

    regular: Period
    trials: tuple[Period, ...] = ()
    recurring: bool = False
    times: int | None = None
    reattempt: bool = True


@dataclass(frozen=True)
class Due:
    """A payment (UTC), or with `period` None the end of the last term."""

    at: datetime
    period: Period | None
    name: str


def timetable(terms: Terms, started: datetime) -> Iterator[Due]:
    """Every due moment in order, free trials included (their amount is 0)."""
    at = started.astimezone(PACIFIC)
    for number, trial in enumerate(terms.trials, 1):
        yield Due(at.astimezone(UTC), trial, f"trial{number}")
        at = after(at, trial)
    for _ in itertools.count() if terms.times is None else range(terms.times):
        yield Due(at.astimezone(UTC), terms.regular, "regular")
        at = after(at, terms.regular)
    yield Due(at.astimezone(UTC), None, "end")


def after(at: datetime, period: Period) -> datetime:
    """The day `period` later, at the same time of day."""
    if period.unit in "DW":
        return at + timedelta(days=period.length * (7 if period.unit == "W" else 1))
    return _months_later(at, period.length * (12 if period.unit == "Y" else 1))


def _months_later(at: datetime, months: int) -> datetime:
    """PayPal's slide: a day the month lacks becomes the 1st of the next, and stays the 1st.

    July 31 → August 31 → October 1 → November 1; December 30 → January 30 → March 1.
    """
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    if at.day <= monthrange(year, month + 1)[1]:
        return at.replace(year=year, month=month + 1)
    return _months_later(at.replace(day=1), months + 1)


def reattempts(failed: datetime, next_due: datetime | None) -> tuple[datetime, ...]:
    """When a failed payment is tried again: 3 days later, then 5 days after that.

    Never when the next payment is due within 14 days (PayPal's rule for Standard subscriptions).
    """
    if next_due is not None and next_due - failed <= timedelta(days=14):
        return ()
    return (failed + timedelta(days=3), failed + timedelta(days=8))
