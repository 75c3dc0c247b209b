"""How long things take, as people say it."""

import pytest

from gateway.durations import milliseconds, seconds


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "\N{EN DASH}"),
        (0, "0 ms"),
        (0.0024, "2.4 ms"),
        (0.0412, "41 ms"),
        (0.9999, "1000 ms"),
        (1, "1 s"),
        (1.4, "1.4 s"),
        (9.996, "10 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (303, "5 min 3 s"),
        (3600, "1 h"),
        (3605, "1 h"),
        (187_200, "2 d 4 h"),
    ],
)
def test_seconds_are_said_in_at_most_two_units(value: float | None, text: str) -> None:
    assert seconds(value) == text


def test_milliseconds_are_the_same() -> None:
    assert milliseconds(1400) == seconds(1.4)
    assert milliseconds(None) == seconds(None)
