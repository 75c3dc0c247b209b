"""The periods of a subscription: half-open, tiling, and each computed from the anchor.

Period k never starts from the end of period k - 1: a subscription of the 31st has its February on
the 28th and its March on the 31st again (reference: Polar #10664, Lago #6173).
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from services.billing.domain.catalog import Interval, Unit


@dataclass(frozen=True)
class Period:
    """[start, end), both instants in UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Schedule:
    """When the periods of one subscription begin.

    `anchor` is the instant it began, `zone` the IANA zone whose calendar counts; the zone is the
    customer's when the subscription began and stays, so that moving house opens no gap.
    """

    anchor: datetime
    zone: str
    regular: Interval
    trial: Interval | None = None

    def period(self, index: int) -> Period:
        """Period `index`, from 0; with a trial, period 0 is the trial."""
        return Period(self.boundary(index), self.boundary(index + 1))

    def boundary(self, index: int) -> datetime:
        """The instant at which period `index` begins."""
        if index < 0:
            raise ValueError("periods count from 0")
        local = self.anchor.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)
        if self.trial is None:
            local = after(local, self.regular, index)
        elif index > 0:
            local = after(after(local, self.trial, 1), self.regular, index - 1)
        return local.replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC)


def after(start: datetime, interval: Interval, times: int) -> datetime:
    """`start` plus `times` intervals; a day the month does not have becomes its last day."""
    count = interval.count * times
    match interval.unit:
        case Unit.DAY:
            return start + timedelta(days=count)
        case Unit.WEEK:
            return start + timedelta(weeks=count)
        case Unit.MONTH:
            return _months_after(start, count)
        case Unit.YEAR:
            return _months_after(start, 12 * count)


def _months_after(start: datetime, months: int) -> datetime:
    year, month0 = divmod(start.year * 12 + start.month - 1 + months, 12)
    last = monthrange(year, month0 + 1)[1]
    return start.replace(year=year, month=month0 + 1, day=min(start.day, last))
