from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice

import pytest

from sandbox.paypal.schedule import PACIFIC, Period, Terms, reattempts, timetable

FIFTEEN = Decimal("15.00")


def started(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PACIFIC)


def days(terms: Terms, start: str, count: int) -> list[str]:
    dues = islice(timetable(terms, started(start)), count)
    return [due.at.astimezone(PACIFIC).date().isoformat() for due in dues]


@pytest.mark.parametrize(
    ("start", "period", "then"),
    [
        # PayPal's own two examples.
        ("2026-07-31T09:00", (1, "M"), ["2026-08-31", "2026-10-01", "2026-11-01", "2026-12-01"]),
        ("2026-12-30T09:00", (1, "M"), ["2027-01-30", "2027-03-01", "2027-04-01", "2027-05-01"]),
        ("2027-12-29T09:00", (1, "M"), ["2028-01-29", "2028-02-29", "2028-03-29"]),
        ("2026-12-29T09:00", (1, "M"), ["2027-01-29", "2027-03-01"]),
        ("2026-08-31T09:00", (3, "M"), ["2026-12-01", "2027-03-01"]),
        ("2028-02-29T09:00", (1, "Y"), ["2029-03-01", "2030-03-01"]),
        ("2026-01-15T09:00", (2, "W"), ["2026-01-29", "2026-02-12"]),
        ("2026-01-15T09:00", (90, "D"), ["2026-04-15", "2026-07-14"]),
        ("2026-11-30T09:00", (24, "M"), ["2028-11-30"]),
    ],
)
def test_payments_fall_due_on_paypal_s_days(
    start: str, period: tuple[int, str], then: list[str]
) -> None:
    terms = Terms(Period(FIFTEEN, *period), recurring=True)
    assert days(terms, start, len(then) + 1)[1:] == then


def test_trials_come_first_and_the_end_after_the_last_term() -> None:
    terms = Terms(
        Period(FIFTEEN, 1, "M"),
        trials=(Period(Decimal(0), 7, "D"), Period(Decimal(5), 2, "W")),
        recurring=True,
        times=2,
    )
    told = [
        (due.name, due.at.astimezone(PACIFIC).date(), due.period and due.period.amount)
        for due in timetable(terms, started("2026-01-01T12:00"))
    ]
    assert told == [
        ("trial1", date(2026, 1, 1), Decimal(0)),
        ("trial2", date(2026, 1, 8), Decimal(5)),
        ("regular", date(2026, 1, 22), FIFTEEN),
        ("regular", date(2026, 2, 22), FIFTEEN),
        ("end", date(2026, 3, 22), None),
    ]


def test_the_time_of_day_stays_the_buyer_s_when_the_clocks_change() -> None:
    terms = Terms(Period(FIFTEEN, 1, "M"), recurring=True)
    first, second = islice(timetable(terms, datetime(2026, 2, 20, 17, 0, tzinfo=UTC)), 2)
    assert (first.at.hour, second.at.hour) == (17, 16)


def test_a_failed_payment_is_tried_after_three_and_five_more_days() -> None:
    failed = datetime(2026, 4, 12, 9, tzinfo=UTC)
    assert [day.day for day in reattempts(failed, failed + timedelta(days=30))] == [15, 20]


@pytest.mark.parametrize(("gap", "tries"), [(14, 0), (15, 2)])
def test_a_payment_due_within_fourteen_days_is_waited_for_instead(gap: int, tries: int) -> None:
    failed = datetime(2026, 4, 12, 9, tzinfo=UTC)
    assert len(reattempts(failed, failed + timedelta(days=gap))) == tries


def test_the_last_term_s_payment_is_tried_again_too() -> None:
    assert len(reattempts(datetime(2026, 4, 12, tzinfo=UTC), None)) == 2
