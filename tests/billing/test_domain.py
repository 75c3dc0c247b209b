"""The rules alone: periods, ledger, membership, matching. No database."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.money import Money
from services.billing.domain import ledger, membership
from services.billing.domain.catalog import LONGEST, Interval, Unit, monthly
from services.billing.domain.facts import Standing
from services.billing.domain.ledger import Account, EntryKind, Transfer, balances
from services.billing.domain.matching import Reason, Unmatched, check_amount, supersedes
from services.billing.domain.membership import Status
from services.billing.domain.numbering import number_in, series_of
from services.billing.domain.periods import Schedule
from services.billing.domain.verifying import pause_after

INTERVALS = st.sampled_from(Unit).flatmap(
    lambda unit: st.builds(Interval, st.just(unit), st.integers(1, LONGEST[unit]))
)
ANCHORS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)).map(  # noqa: DTZ001
    lambda moment: moment.replace(tzinfo=UTC)
)
ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago",
     "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kathmandu"]
)  # fmt: skip
MONTH = Interval(Unit.MONTH, 1)


def days(schedule: Schedule, count: int) -> list[date]:
    zone = ZoneInfo(schedule.zone)
    return [schedule.boundary(k).astimezone(zone).date() for k in range(count)]


@pytest.mark.parametrize("day", range(1, 32))
@pytest.mark.parametrize("year", [2026, 2028])
def test_every_day_of_a_month_comes_back_after_short_months(day: int, year: int):
    anchor = datetime(year, 1, day, 12, tzinfo=UTC)
    for k, found in enumerate(days(Schedule(anchor, "UTC", MONTH), 25)):
        months = k % 12 + 1
        assert found.day == min(day, monthrange(found.year, months)[1])
        assert found.month == months


def test_the_31st_slides_and_returns():
    anchor = datetime(2026, 1, 31, 11, tzinfo=UTC)
    found = days(Schedule(anchor, "UTC", MONTH), 5)
    assert [str(day) for day in found] == [
        "2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31",
    ]  # fmt: skip


def test_a_leap_day_returns_after_four_years():
    anchor = datetime(2028, 2, 29, 11, tzinfo=UTC)
    found = days(Schedule(anchor, "UTC", Interval(Unit.YEAR, 1)), 5)
    assert [day.day for day in found] == [29, 28, 28, 28, 29]


def test_the_hour_on_the_wall_stays_when_the_clocks_change():
    anchor = datetime(2026, 3, 15, 8, tzinfo=UTC)
    schedule = Schedule(anchor, "Europe/Berlin", MONTH)
    assert schedule.boundary(1) == datetime(2026, 4, 15, 7, tzinfo=UTC)


@given(ANCHORS, ZONES, INTERVALS, st.none() | INTERVALS, st.integers(0, 60))
def test_periods_tile(anchor, zone, regular, trial, index):
    schedule = Schedule(anchor, zone, regular, trial)
    first, second = schedule.period(index), schedule.period(index + 1)
    assert first.end == second.start
    assert first.start < first.end


@given(ANCHORS, ZONES, INTERVALS)
def test_the_first_period_begins_at_the_anchor(anchor, zone, regular):
    begun = Schedule(anchor, zone, regular).boundary(0)
    # An hour that the clocks repeat names two instants; the calendar means the first.
    assert anchor - timedelta(hours=1) <= begun <= anchor


def test_a_trial_comes_first():
    anchor = datetime(2026, 1, 31, 11, tzinfo=UTC)
    found = days(Schedule(anchor, "UTC", MONTH, Interval(Unit.DAY, 14)), 4)
    assert [str(day) for day in found] == ["2026-01-31", "2026-02-14", "2026-03-14", "2026-04-14"]


def test_periods_count_from_0():
    with pytest.raises(ValueError, match="count from 0"):
        Schedule(datetime(2026, 1, 1, tzinfo=UTC), "UTC", MONTH).boundary(-1)


@pytest.mark.parametrize(("unit", "count"), [(Unit.DAY, 91), (Unit.MONTH, 0), (Unit.YEAR, 6)])
def test_an_interval_stays_within_what_paypal_takes(unit: Unit, count: int):
    with pytest.raises(ValueError, match="an interval has"):
        Interval(unit, count)


MONEYS = st.builds(Money, st.integers(1, 10**12), st.just("EUR"))


@given(st.lists(st.tuples(MONEYS, st.none() | MONEYS, st.sampled_from(EntryKind))))
def test_postings_sum_to_zero_whatever_happens(movements):
    transfers = [
        transfer
        for amount, fee, kind in movements
        for transfer in (
            ledger.payment(amount, fee)
            if kind is EntryKind.PAYMENT
            else ledger.money_back(kind, amount, fee)
        )
    ]
    assert sum(balances(transfers).values()) == 0


@given(MONEYS, st.none() | MONEYS)
def test_what_is_undone_leaves_the_books_as_they_were(amount, fee):
    back = ledger.money_back(EntryKind.REVERSAL, amount, fee)
    again = ledger.money_back(EntryKind.REVERSAL_CANCELLED, amount, fee)
    assert set(balances([*back, *again]).values()) <= {0}


@pytest.mark.parametrize("amount", [0, -1])
def test_a_transfer_moves_something(amount: int):
    with pytest.raises(ValueError, match="positive"):
        Transfer(Account.PAYPAL, Account.REVENUE, Money(amount, "EUR"))


NOW = datetime(2026, 3, 1, tzinfo=UTC)


def standing(paid: int | None, cancelled: bool = False, failed: int | None = None):
    """Days from now until the end of what is paid; days since the failure."""
    return membership.Standing(
        None if paid is None else NOW + timedelta(days=paid),
        NOW if cancelled else None,
        None if failed is None else NOW - timedelta(days=failed),
    )


@pytest.mark.parametrize(
    ("facts", "status", "access"),
    [
        (standing(None), Status.NONE, False),
        (standing(10), Status.ACTIVE, True),
        (standing(10, failed=30), Status.ACTIVE, True),
        (standing(-2), Status.ACTIVE, True),
        (standing(-2, failed=2), Status.PAST_DUE, True),
        (standing(-3), Status.PAST_DUE, False),
        (standing(-13), Status.PAST_DUE, False),
        (standing(-14), Status.NONE, False),
        (standing(10, cancelled=True), Status.CANCELLED, True),
        (standing(0, cancelled=True), Status.NONE, False),
        (standing(None, cancelled=True), Status.NONE, False),
    ],
)
def test_membership_follows_from_what_is_paid(facts, status, access):
    assert membership.status(facts, NOW) is status
    assert membership.has_access(facts, NOW) is access


@pytest.mark.parametrize(
    ("paid", "reason"),
    [
        (None, Reason.INCOMPLETE),
        (Money(1199, "EUR"), Reason.UNDERPAID),
        (Money(1201, "EUR"), Reason.OVERPAID),
        (Money(1200, "JPY"), Reason.CURRENCY_DIFFERS),
    ],
)
def test_only_the_exact_amount_pays(paid, reason):
    with pytest.raises(Unmatched) as refused:
        check_amount(Money(1200, "EUR"), paid)
    assert refused.value.reason is reason


def test_completed_is_final():
    assert supersedes(Standing.COMPLETED, Standing.PENDING)
    assert supersedes(Standing.COMPLETED, Standing.FAILED)
    assert not any(supersedes(each, Standing.COMPLETED) for each in Standing)


def test_the_pause_doubles_from_five_seconds_to_an_hour():
    pauses = [pause_after(attempt).total_seconds() for attempt in range(1, 13)]
    assert pauses == [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]
    assert pause_after(10_000).total_seconds() == 3600
    with pytest.raises(ValueError, match="first attempt"):
        pause_after(0)


@pytest.mark.parametrize(
    ("amount", "interval", "members", "expected"),
    [
        (1200, Interval(Unit.MONTH, 1), 3, 3600),
        (12000, Interval(Unit.YEAR, 1), 1, 1000),
        (1000, Interval(Unit.WEEK, 1), 1, 4333),
        (100, Interval(Unit.DAY, 30), 1, 101),
        (100, Interval(Unit.YEAR, 1), 3, 25),
    ],
)
def test_mrr_is_rounded_once(amount, interval, members, expected):
    assert monthly(Money(amount, "EUR"), interval, members) == Money(expected, "EUR")


def test_numbers_have_their_year():
    assert number_in(series_of(datetime(2026, 12, 31, tzinfo=UTC)), 17) == "2026-00017"
