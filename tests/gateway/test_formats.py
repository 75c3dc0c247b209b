"""Values as readers see them."""

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from jinja2 import Environment
from markupsafe import Markup

from chassis.money import Money
from gateway import formats, statuses
from gateway.accents import (
    DARK_PAPER,
    LIGHT_PAPER,
    accent_css,
    contrast,
    parse_colour,
)
from gateway.icons import icon

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
PARIS = {"time_zone": "Europe/Paris"}


def shown(written: str, value: Any, **context: Any) -> str:
    environment = Environment(autoescape=True)
    formats.install(environment)
    return environment.from_string(f"{{{{ value | {written} }}}}").render(value=value, **context)


def words(markup: str) -> str:
    return Markup(markup).striptags()  # noqa: S704 - compared, never shown


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "text"),
    [
        (123456, "EUR", "en", "€1,234.56 EUR"),
        (-1230, "EUR", "en", "-€12.30 EUR"),
        (1200, "JPY", "en", "¥1,200 JPY"),
        (1200, "USD", "en", "$12.00 USD"),
        (12345, "KWD", "en", "12.345 KWD"),
        (1200, "CHF", "en", "12.00 CHF"),
        (123456, "EUR", "de", "1.234,56 € EUR"),
    ],
)
def test_money_is_never_ambiguous(amount: int, currency: str, locale: str, text: str) -> None:
    as_travelled = shown("money", {"amount": amount, "currency": currency}, locale=locale)
    assert words(as_travelled).replace("\N{NO-BREAK SPACE}", " ") == text
    assert shown("money", Money(amount, currency), locale=locale) == as_travelled


@pytest.mark.parametrize("written", ["money", "instant", "day", "ago", "count"])
def test_nothing_is_a_dash_that_is_read_aloud_as_none(written: str) -> None:
    assert words(shown(written, None)) == "–none"


@pytest.mark.parametrize(
    ("value", "zone", "text"),
    [
        ("2026-11-21T23:30:00Z", "Europe/Paris", "22 Nov 2026, 00:30"),
        ("2026-11-21T23:30:00Z", "America/New_York", "21 Nov 2026, 18:30"),
        ("2026-07-01T12:00:00+02:00", "UTC", "1 Jul 2026, 10:00"),
        ("2026-11-21T23:30:00Z", "Not/AZone", "21 Nov 2026, 23:30"),
        ("2026-11-21T23:30:00Z", "../etc/passwd", "21 Nov 2026, 23:30"),
    ],
)
def test_an_instant_is_in_the_readers_zone(value: str, zone: str, text: str) -> None:
    assert words(shown("instant", value, me={"time_zone": zone})) == text


def test_an_instant_keeps_its_exact_moment_and_names_its_zone() -> None:
    text = shown("instant", NOW, me=PARIS)
    assert 'datetime="2026-11-21T09:30:00Z"' in text
    assert "Saturday, 21 November 2026, 10:30:00 Central European Standard Time" in text


def test_things_that_follow_fast_are_told_to_the_second() -> None:
    text = words(shown("moment", "2026-11-21T09:30:05Z", me=PARIS))
    assert text == "21 Nov, 10:30:05"


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("instant_in('Asia/Tokyo')", "21 Nov 2026, 18:30 Asia/Tokyo"),
        ("instant_in('Asia/Tokyo', 'there')", "21 Nov 2026, 18:30 there"),
        ("instant_in('Mars/Olympus')", "21 Nov 2026, 09:30 UTC"),
    ],
)
def test_another_zones_clock_is_named(written: str, text: str) -> None:
    assert words(shown(written, "2026-11-21T09:30:05Z", me=PARIS)) == text


def test_a_visitor_reads_utc() -> None:
    assert words(shown("instant", NOW, me=None)) == words(shown("instant", NOW))
    assert words(shown("instant", NOW)) == "21 Nov 2026, 09:30"


def test_a_day_is_the_readers_too() -> None:
    assert words(shown("day", "2026-11-21T23:30:00Z", me=PARIS)) == "22 Nov 2026"
    assert shown("day", date(2026, 11, 21)) == shown("day", "2026-11-21", me=PARIS)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2026-11-21T09:27:00Z", "3 minutes ago"),
        ("2026-11-23T09:30:00Z", "in 2 days"),
        ("2026-11-21T09:30:00.5Z", "just now"),
    ],
)
def test_ago_counts_from_business_time(value: str, text: str) -> None:
    assert words(shown("ago", value, now=NOW)) == text


def test_counts_are_grouped_for_the_reader() -> None:
    assert shown("count", 1234567) == "1,234,567"
    assert shown("count", 1234567, locale="de") == "1.234.567"


@pytest.mark.parametrize(
    ("points", "text"), [(2000, "20%"), (2050, "20.5%"), (0, "0%"), (3, "0.03%")]
)
def test_basis_points_are_percent(points: int, text: str) -> None:
    assert shown("percent", points) == text


@pytest.mark.parametrize(
    ("period", "text"),
    [
        ({"unit": "month", "count": 1}, "a month"),
        ({"unit": "month", "count": 3}, "every 3 months"),
        (None, "once"),
    ],
)
def test_a_period_reads_as_one_says_it(period: Any, text: str) -> None:
    assert shown("every_period", period) == text


@pytest.mark.parametrize(
    ("period", "text"),
    [({"unit": "day", "count": 14}, "14 days"), ({"unit": "month", "count": 1}, "month")],
)
def test_a_length_follows_the_word_first(period: Any, text: str) -> None:
    assert shown("length_of_period", period) == text


def test_a_status_is_a_word_and_an_unknown_one_is_still_readable() -> None:
    assert (statuses.status_word("past_due"), statuses.status_tone("past_due")) == (
        "Payment overdue",
        "bad",
    )
    assert (statuses.status_word("half_done"), statuses.status_tone("half_done")) == (
        "Half done",
        "quiet",
    )


def test_a_link_changes_one_argument_and_forgets_what_is_empty() -> None:
    query = {"state": "failed", "cursor": "a b", "kind": ""}
    assert formats.query_with(query, cursor=None) == "?state=failed"
    assert formats.query_with(query, state="sent") == "?state=sent&cursor=a+b"
    assert formats.query_with({}) == "?"


def test_zones_are_grouped_by_region() -> None:
    names = ["UTC", "Europe/Paris", "America/Argentina/Buenos_Aires"]
    assert formats.zones_by_region(names) == {
        "": [("UTC", "UTC")],
        "Europe": [("Europe/Paris", "Paris")],
        "America": [("America/Argentina/Buenos_Aires", "Argentina, Buenos Aires")],
    }


def test_the_zones_offered_are_those_that_auth_takes() -> None:
    from services.auth.schemas import zone_names

    assert formats.time_zone_names()[0] == "UTC"
    assert set(formats.time_zone_names()) <= zone_names()


def test_json_is_shown_in_its_own_letters() -> None:
    assert formats.json_text({"name": "Zoë"}) == '{\n  "name": "Zoë"\n}'


@pytest.mark.parametrize(
    "accent",
    ["#146c5c", "#ffd400", "#000000", "#ffffff", "#808080", "#ff0000", "#00ff00", "nonsense"],
)
def test_any_accent_can_be_read_as_text_and_as_a_button(accent: str) -> None:
    light, dark, on_light, on_dark = (
        parse_colour(found) for found in re.findall("#[0-9a-f]{6}", accent_css(accent))
    )
    assert contrast(light, LIGHT_PAPER) >= 4.5
    assert contrast(dark, DARK_PAPER) >= 4.5
    assert contrast(on_light, light) >= 4.5
    assert contrast(on_dark, dark) >= 4.5


def test_an_accent_is_never_more_than_a_colour() -> None:
    assert accent_css("red;} body{display:none") == accent_css("#146c5c")


def test_an_accent_that_can_be_read_is_left_alone() -> None:
    assert accent_css("#146c5c").startswith(":root{--mh-accent:light-dark(#146c5c,")


def test_an_icon_that_is_not_there_is_no_picture_and_no_error() -> None:
    assert icon("no-such-icon") == ""


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        ("services.jobs.tasks.Forbidden: not public\nTraceback …", "Forbidden: not public"),
        ("pathlib.Path", "Path"),
        ("\nValueError: no a.b.C: here", "ValueError: no a.b.C: here"),
        ("the host a.Example is away", "the host a.Example is away"),
        ("a.b.Broken: " + "x" * 99, "Broken: xxxxxxxxxxxx…"),
        ("", ""),
    ],
)
def test_a_reason_is_one_line_without_the_module_of_its_class(error: str, shown: str) -> None:
    assert formats.reason(error, 20 if len(error) > 99 else 99) == shown
