"""Tables that people and `grep` can read."""

import pytest

from console.tables import counted, duration, moment, pairs, table


def test_columns_are_aligned_and_numbers_stand_to_the_right():
    assert table(("kind", "ready", "a minute"), [("a.long_name", 5, 0.5), ("b", 12_000, 80.0)]) == [
        "KIND          READY  A MINUTE",
        "a.long_name       5       0.5",
        "b            12,000      80.0",
    ]


def test_a_table_without_rows_is_its_heading():
    assert table(("kind", "ready"), []) == ["KIND  READY"]


def test_what_is_not_there_is_a_dash_and_a_line_break_is_none():
    row = (None, {}, "first\nsecond", ["a", "b"], {"zone": "a", "disk": "ssd"})
    _, line = table(("node", "none", "error", "tags", "labels"), [row])

    assert line == "-     -     first second  a, b  zone=a, disk=ssd"


def test_what_has_no_value_is_left_out_of_a_description():
    assert pairs([("job", "7"), ("result", None), ("progress", "5 %")]) == [
        "job       7",
        "progress  5 %",
    ]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 ms"),
        (0.35, "350 ms"),
        (4.2, "4.2 s"),
        (59.6, "1 min"),
        (185, "3 min 5 s"),
        (3600, "1 h"),
        (3601, "1 h"),
        (187_200, "2 d 4 h"),
    ],
)
def test_a_duration_is_said_in_its_two_largest_units(seconds: float, said: str):
    assert duration(seconds) == said


def test_a_moment_is_told_in_utc_to_the_second():
    assert moment("2026-03-01T13:00:00.123456+01:00") == "2026-03-01 12:00:00Z"


def test_a_count_that_services_stop_at_says_so():
    assert (counted(9_999), counted(10_000)) == ("9,999", "10,000+")
