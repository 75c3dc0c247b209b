"""How values are shown to a reader: money, instants, days, counts and statuses.

Everything here is a Jinja filter, installed by `install`. Three variables of the rendering context
decide how: `locale` (default "en"), `me.time_zone` (IANA name, default UTC) and `now` (the business
instant that relative times are counted from).
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, Protocol
from urllib.parse import urlencode
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from babel.dates import format_date, format_datetime, format_timedelta, get_timezone_name
from babel.numbers import format_currency, format_decimal
from jinja2 import Environment, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from chassis.money import exponent
from gateway.accents import accent_css
from gateway.durations import milliseconds, seconds
from gateway.icons import icon
from gateway.statuses import status_tone, status_word

DAY = "d MMM y"
MINUTE = "d MMM y, HH:mm"
MOMENT = "d MMM, HH:mm:ss"
SECOND = "EEEE, d MMMM y, HH:mm:ss"
NOTHING = Markup(
    '<span aria-hidden="true">\N{EN DASH}</span><span class="visually-hidden">none</span>'
)
_MODULE = re.compile(r"^(?:[a-z_]\w*\.)+(?=[A-Z]\w*(?::|$))")


class MoneyLike(Protocol):
    """What `chassis.money.Money` looks like from here."""

    @property
    def amount(self) -> int: ...
    @property
    def currency(self) -> str: ...


def install(environment: Environment) -> None:
    """Give the templates these filters."""
    environment.filters.update(
        money=money,
        instant=instant,
        day=day,
        ago=ago,
        count=count,
        status_word=status_word,
        status_tone=status_tone,
        every_period=every_period,
        length_of_period=length_of_period,
        query_with=query_with,
        accent_css=accent_css,
        icon=icon,
        percent=percent,
        json_text=json_text,
        zones_by_region=zones_by_region,
        moment=moment,
        instant_in=instant_in,
        milliseconds=milliseconds,
        seconds=seconds,
        reason=reason,
    )


@pass_context
def money(context: Context, value: MoneyLike | Mapping[str, Any] | None) -> Markup:
    """An amount that never wraps and always names its currency: "€12.30 EUR".

    A sign alone is ambiguous ($, kr, ¥), so the ISO code always follows; where the locale knows no
    sign, the code is all there is.
    """
    if value is None:
        return NOTHING
    amount, currency = _amount_of(value)
    locale = _locale(context)
    exact = Decimal(amount).scaleb(-exponent(currency))
    text = format_currency(exact, currency, locale=locale).replace(currency, "").strip()
    return Markup('<span class="money">{}\N{NO-BREAK SPACE}<small>{}</small></span>').format(
        text, currency
    )


@pass_context
def instant(context: Context, value: datetime | str | None) -> Markup:
    """A point in time in the reader's zone; the zone and the seconds on hover."""
    return _time(
        context, value, lambda local, locale: format_datetime(local, MINUTE, locale=locale)
    )


@pass_context
def moment(context: Context, value: datetime | str | None) -> Markup:
    """A point in time to the second, of things that follow each other fast."""
    return _time(
        context, value, lambda local, locale: format_datetime(local, MOMENT, locale=locale)
    )


@pass_context
def instant_in(
    context: Context, value: datetime | str | None, zone: str, called: str | None = None
) -> Markup:
    """A point in time in another zone than the reader's; its name follows, or what it is called."""
    if value is None:
        return NOTHING
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    local = at.astimezone(known_zone(zone))
    text = format_datetime(local, MINUTE, locale=_locale(context))
    return Markup('<time datetime="{}">{} {}</time>').format(
        _machine(at), text, called or local.tzinfo
    )


@pass_context
def day(context: Context, value: datetime | date | str | None) -> Markup:
    """A calendar day; an instant is first taken to the reader's zone."""
    if isinstance(value, str) and "T" not in value:
        value = date.fromisoformat(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        text = format_date(value, DAY, locale=_locale(context))
        return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), text)
    return _time(context, value, lambda local, locale: format_datetime(local, DAY, locale=locale))


@pass_context
def ago(context: Context, value: datetime | str | None) -> Markup:
    """How long before or after `now`: "3 minutes ago", "in 2 days"."""
    now = context.get("now") or datetime.now(UTC)

    def relative(local: datetime, locale: str) -> str:
        if abs((local - now).total_seconds()) < 1:
            return "just now"
        return str(format_timedelta(local - now, add_direction=True, locale=locale))

    return _time(context, value, relative)


@pass_context
def count(context: Context, value: int | float | None) -> str | Markup:
    """A number grouped as the reader's locale does: "12,345"."""
    if value is None:
        return NOTHING
    return str(format_decimal(value, locale=_locale(context)))


def percent(basis_points: int) -> str:
    """2050 basis points as "20.5%"."""
    return f"{Decimal(basis_points) / 100:f}%"


def json_text(value: Any) -> str:
    """JSON for reading: indented, in its own letters."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def every_period(period: Mapping[str, Any] | None) -> str:
    """{"unit": "month", "count": 1} as "a month"; None, a single payment, as "once"."""
    if period is None:
        return "once"
    unit, times = str(period["unit"]), int(period["count"])
    return f"a {unit}" if times == 1 else f"every {times} {unit}s"


def length_of_period(period: Mapping[str, Any]) -> str:
    """{"unit": "day", "count": 14} as "14 days"."""
    unit, times = str(period["unit"]), int(period["count"])
    return unit if times == 1 else f"{times} {unit}s"


def query_with(query: Mapping[str, Any], **changed: str | None) -> str:
    """The query string with some arguments changed; None and "" take one away. Starts with "?"."""
    merged = {**query, **changed}
    return "?" + urlencode({name: value for name, value in merged.items() if value})


@cache
def time_zone_names() -> tuple[str, ...]:
    """The zones that a form offers: UTC first, then Region/City names."""
    regions = r"(Africa|America|Antarctica|Asia|Atlantic|Australia|Europe|Indian|Pacific)/"
    return ("UTC", *sorted(name for name in available_timezones() if re.match(regions, name)))


def zones_by_region(names: Iterable[str]) -> dict[str, list[tuple[str, str]]]:
    """Names as (value, text) under their region; those without a region come under ""."""
    regions: dict[str, list[tuple[str, str]]] = {}
    for name in names:
        region, _, place = name.rpartition("/") if "/" in name else ("", "", name)
        group, _, rest = region.partition("/")
        text = f"{rest}, {place}" if rest else place
        regions.setdefault(group, []).append((name, text.replace("_", " ")))
    return regions


def zone_of(context: Context) -> ZoneInfo:
    """The reader's time zone; UTC for visitors and for a zone that this machine does not know."""
    me = context.get("me")
    name = (me["time_zone"] if isinstance(me, Mapping) else getattr(me, "time_zone", None)) or "UTC"
    return known_zone(name)


def known_zone(name: str) -> ZoneInfo:
    """The zone of this name; UTC where this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _time(
    context: Context, value: datetime | str | None, shown: Callable[[datetime, str], str]
) -> Markup:
    if value is None:
        return NOTHING
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    zone, locale = zone_of(context), _locale(context)
    local = at.astimezone(zone)
    title = f"{format_datetime(local, SECOND, locale=locale)} {_zone_label(local, locale)}"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        _machine(at), title, escape(shown(local, locale))
    )


def _machine(at: datetime) -> str:
    """An instant for programs."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _zone_label(local: datetime, locale: str) -> str:
    name = get_timezone_name(local, locale=locale)
    return f"{name} ({local.tzinfo})"


def reason(error: str, longest: int) -> str:
    """The first line of an error, without the module that its class is from."""
    line = _MODULE.sub("", error.strip().partition("\n")[0])
    return line if len(line) <= longest else f"{line[:longest]}…"


def _amount_of(value: MoneyLike | Mapping[str, Any]) -> tuple[int, str]:
    if isinstance(value, Mapping):
        return value["amount"], value["currency"]
    return value.amount, value.currency


def _locale(context: Context) -> str:
    return str(context.get("locale") or "en")
