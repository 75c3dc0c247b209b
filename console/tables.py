"""Answers as plain text for a terminal: aligned columns, short times, whole numbers."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

COUNTED_TO = 10_000
"""Services count no further: a number this large means "or more"."""

GAP = "  "
NOTHING = "-"
NUMBER = re.compile(r"[\d,]+(\.\d+)?\+?")


def table(titles: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[str]:
    """Lines with a heading; a column whose cells are all numbers stands to the right."""
    cells = [[cell(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(titles, *cells, strict=True)]
    right = [_is_numeric(column) for column in zip(*cells, strict=True)] or [False] * len(titles)
    return [_line(row, widths, right) for row in ([each.upper() for each in titles], *cells)]


def pairs(described: Iterable[tuple[str, Any]]) -> list[str]:
    """Name and value of one thing, a line each; what has no value is left out."""
    known = [(name, cell(value)) for name, value in described if value not in (None, "", [], {})]
    width = max((len(name) for name, _ in known), default=0)
    return [f"{name.ljust(width)}{GAP}{value}" for name, value in known]


def cell(value: Any) -> str:
    """A value as it is read in a table."""
    # Compared, not matched: the pattern {} would match every mapping.
    if value in (None, "", [], {}):
        return NOTHING
    match value:
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.1f}"
        case list() | tuple():
            return ", ".join(map(str, value))
        case dict():
            return ", ".join(f"{name}={each}" for name, each in value.items())
    return str(value).replace("\n", " ")


def counted(number: int) -> str:
    """A count that stops at 10,000."""
    return f"{number:,}+" if number >= COUNTED_TO else f"{number:,}"


def moment(text: str | None) -> str:
    """An instant of the wire (RFC 3339) to the second, in UTC."""
    if text is None:
        return NOTHING
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def since(text: str | None, now: datetime) -> str:
    """How long ago an instant of the wire was."""
    if text is None:
        return NOTHING
    return duration((now - datetime.fromisoformat(text)).total_seconds())


def duration(seconds: float) -> str:
    """A length of time in its two largest units: "350 ms", "4.2 s", "3 min 5 s", "2 d 4 h"."""
    if seconds < 1:
        return f"{max(0, round(seconds * 1000))} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    left, parts = round(seconds), []
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        number, left = divmod(left, size)
        if number:
            parts.append(f"{number} {unit}")
        elif parts:
            break
    return " ".join(parts[:2])


def _line(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    columns = zip(row, widths, right, strict=True)
    return GAP.join(
        text.rjust(width) if is_right else text.ljust(width) for text, width, is_right in columns
    ).rstrip()


def _is_numeric(column: Sequence[str]) -> bool:
    """Whether every cell that holds something is a number, with separators or "or more"."""
    held = [text for text in column if text != NOTHING]
    return bool(held) and all(NUMBER.fullmatch(text) for text in held)
