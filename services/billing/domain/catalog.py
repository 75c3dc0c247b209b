"""What is sold: intervals, prices and trials of plans, and the terms a subscription is sold on."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from chassis.money import Money

# The first migration of the suite makes this site; a message without a site belongs to it.
MAIN_SITE = UUID("018f0000-0000-7000-8000-000000000001")


class Unit(StrEnum):
    """The units of a billing interval."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


# The most of each unit that PayPal takes for one period (HTML variables for Standard, tN/pN).
LONGEST = {Unit.DAY: 90, Unit.WEEK: 52, Unit.MONTH: 24, Unit.YEAR: 5}


@dataclass(frozen=True)
class Interval:
    """A length of time in calendar units: Interval(Unit.MONTH, 3) is a quarter."""

    unit: Unit
    count: int

    def __post_init__(self) -> None:
        if not 1 <= self.count <= LONGEST[self.unit]:
            raise ValueError(f"an interval has 1 to {LONGEST[self.unit]} {self.unit.value}s")


@dataclass(frozen=True)
class Term:
    """So much money for so long."""

    price: Money
    interval: Interval


@dataclass(frozen=True)
class Terms:
    """What a subscription costs: a trial first where there is one, then the regular term."""

    regular: Term
    trial: Term | None = None
    recurring: bool = True


def monthly(price: Money, interval: Interval, members: int) -> Money:
    """What so many subscriptions at this price bring in a month, rounded half up once.

    A year has 12 months, 52 weeks and 365 days here, as usual for MRR.
    """
    a_year = {Unit.DAY: 365, Unit.WEEK: 52, Unit.MONTH: 12, Unit.YEAR: 1}[interval.unit]
    whole, months = price.amount * members * a_year, 12 * interval.count
    return Money((2 * whole + months) // (2 * months), price.currency)
