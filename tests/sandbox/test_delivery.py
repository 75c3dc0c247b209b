from __future__ import annotations

from datetime import timedelta

import pytest

from sandbox.paypal.delivery import GIVEN_UP_AFTER, gap_after


@pytest.mark.parametrize(
    ("tries", "seconds"), [(1, 10), (2, 20), (3, 40), (14, 81920), (15, 86400), (40, 86400)]
)
def test_gaps_double_up_to_a_day(tries: int, seconds: int) -> None:
    assert gap_after(tries) == timedelta(seconds=seconds)


def test_four_days_hold_sixteen_resends() -> None:
    gone, resends = timedelta(), 0
    while (gone := gone + gap_after(resends + 1)) <= GIVEN_UP_AFTER:
        resends += 1
    assert resends == 16
