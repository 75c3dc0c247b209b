"""Rows and columns as a file for other programs: CSV. `paper` has the one for people."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any, Protocol

from chassis.money import Money

# What spreadsheets take for the beginning of a formula (OWASP, "CSV Injection"), in both widths.
FORMULA = tuple("=+-@＝＋－＠")  # noqa: RUF001 - the wide forms are meant
BEFORE_FORMULA = ("\t", "\r", "\n")

Cell = str | int | float
Row = Sequence[Cell]


class Sheet(Protocol):
    """Takes rows and becomes a file."""

    most_rows: int
    content_type: str

    def add(self, row: Row) -> None: ...
    def size(self) -> int: ...
    def content(self) -> bytes: ...


class CsvSheet:
    """RFC 4180 in UTF-8, with the mark by which spreadsheets know it; text is always in quotes.

    A text that a spreadsheet would run as a formula gets an apostrophe in front. Numbers stay.
    """

    most_rows = 100_000
    content_type = "text/csv; charset=utf-8"

    def __init__(self, titles: Sequence[str]) -> None:
        self._file = io.BytesIO()
        self._text = io.TextIOWrapper(self._file, "utf-8-sig", newline="", write_through=True)
        self._writer = csv.writer(self._text, quoting=csv.QUOTE_NONNUMERIC)
        self.add(titles)

    def add(self, row: Row) -> None:
        self._writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in row])

    def size(self) -> int:
        return self._file.tell()

    def content(self) -> bytes:
        return self._file.getvalue()


def cell_of(value: Any) -> Cell:
    """A value of an answer as people read it; numbers stay numbers, money says its currency."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return value
        case str():
            return value.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")
        case list():
            return ", ".join(str(cell_of(each)) for each in value)
        case dict() if value.keys() == {"amount", "currency"}:
            try:
                return Money.from_json(value).label()
            except (ValueError, TypeError):
                pass  # looks like money only
    return str(cell_of(json.dumps(value, ensure_ascii=False)))


def harmless(text: str) -> str:
    """The text with an apostrophe in front where a spreadsheet would run it."""
    is_read_so = text.lstrip().startswith(FORMULA) or text.startswith(BEFORE_FORMULA)
    return f"'{text}" if is_read_so else text
