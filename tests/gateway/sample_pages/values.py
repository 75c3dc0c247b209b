"""The awkward values of real life that samples are made of."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
MARKUP = "<script>alert('x')</script>\"onmouseover=\"alert(1)"
LONG = (
    "Maximiliane-Theodora Freifrau von Hohenlohe-Waldenburg-Schillingsfürst-Donaudampfschifffahrt"
)

Row = dict[str, Any]


def an_id(number: int) -> UUID:
    return UUID(f"019aa000-0000-7000-8000-{number:012d}")


def at(**before: float) -> str:
    """An instant before now, as it travels."""
    return (NOW - timedelta(**before)).isoformat().replace("+00:00", "Z")


def euros(amount: int) -> Row:
    return {"amount": amount, "currency": "EUR"}


def yen(amount: int) -> Row:
    return {"amount": amount, "currency": "JPY"}


def page_of(items: list[Row], cursor: str | None = None) -> Row:
    return {"items": items, "next_cursor": cursor}
