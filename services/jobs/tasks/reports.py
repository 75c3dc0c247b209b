"""`jobs.make_report`: what a service lists, as a file."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import partial, reduce
from importlib import import_module
from typing import Any

from marshmallow import fields, validate

from chassis import shapes
from chassis.jobkinds import Backoff, Job, kind
from chassis.shapes import Shape
from services.jobs.tasks import documents
from services.jobs.tasks.documents import TooLarge
from services.jobs.tasks.sheets import Cell, CsvSheet, Sheet, cell_of

PAGE = 100  # rows that are asked for at once
MOST_COLUMNS = 20

_WORD = validate.Regexp(re.compile(r"[a-z][a-z0-9_]{0,99}\Z"))
_PATH = validate.Regexp(re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+){0,4}\Z"))


class NoList(Exception):
    """The request does not answer as lists do: {items, next_cursor}."""


class Column(Shape):
    """A field of the items, or of a part of them ("buyer.name"), and what stands above it."""

    field = fields.String(required=True, validate=_PATH)
    title = fields.String(required=True, validate=validate.Length(min=1, max=100))


class MakeReport(Shape):
    """What to list, and how to show it."""

    title = fields.String(required=True, validate=validate.Length(min=1, max=200))
    format = fields.String(required=True, validate=validate.OneOf(("csv", "pdf")))
    service = fields.String(required=True, validate=_WORD)
    query = fields.String(required=True, validate=_WORD)
    arguments = fields.Dict(keys=fields.String(), load_default=dict)
    columns = fields.List(
        fields.Nested(Column), required=True, validate=validate.Length(min=1, max=MOST_COLUMNS)
    )


@kind(
    "jobs.make_report",
    timeout=900,
    attempts=3,
    backoff=Backoff(base=30, factor=4, cap=600),
    priority=3,
    queue_size=1,
)
def make_report(job: Job) -> dict[str, Any]:
    """Write all pages of a service's list into one file; see `MakeReport`.

    The list is asked for in the node's name for the job's account: one that only operators may see
    is denied. A CSV takes 100,000 rows, a PDF 10,000, either of them 10 MB. The file is the job's
    document. Returns `{rows, bytes, document}`.
    """
    request = shapes.load(MakeReport(), job.args)
    sheet = _sheet(job, request)
    rows = 0
    for items, total in _pages(job, request):
        rows += len(items)
        if rows > sheet.most_rows:
            raise TooLarge(f"the list has more than {sheet.most_rows} rows: ask for a part of it")
        for item in items:
            sheet.add([_cell(item, column["field"]) for column in request["columns"]])
        if sheet.size() > documents.MOST_BYTES:
            raise TooLarge(f"the file has more than {documents.MOST_BYTES} bytes at row {rows}")
        job.progress(
            min(99 * rows / total, 99) if total else 0, f"{rows} {'row' if rows == 1 else 'rows'}"
        )
    content = sheet.content()
    name = f"{_plain_name(request['title'])}.{request['format']}"
    documents.store(job, name, sheet.content_type, content)
    return {"rows": rows, "bytes": len(content), "document": name}


def _sheet(job: Job, request: dict[str, Any]) -> Sheet:
    titles = [column["title"] for column in request["columns"]]
    if request["format"] == "csv":
        return CsvSheet(titles)
    now = datetime.fromisoformat(job.call("jobs", "clock")["now"])
    # Few workers ever draw; the others need not carry what it takes (8 MB each).
    paper: Any = import_module("services.jobs.tasks.paper")
    time = f"{now.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    sheet: Sheet = paper.PdfSheet(titles, request["title"], time)
    return sheet


def _pages(job: Job, request: dict[str, Any]) -> Iterator[tuple[list[Any], int | None]]:
    """The list's items, page by page, and how many there are in all if the list says so."""
    arguments = {"limit": PAGE, **request["arguments"]}
    ask_for_page = partial(job.call, request["service"], request["query"])
    while True:
        answer = ask_for_page(**arguments)
        if not isinstance(answer, dict) or not isinstance(answer.get("items"), list):
            raise NoList(f"{request['service']}.{request['query']} answers no list of items")
        total = answer.get("total")
        yield answer["items"], total if isinstance(total, int) else None
        cursor = answer.get("next_cursor")
        if cursor is None:
            return
        if cursor == arguments.get("cursor"):
            raise NoList(f"{request['service']}.{request['query']} gives the same page for ever")
        arguments["cursor"] = cursor


def _cell(item: Any, path: str) -> Cell:
    """The value at a path; empty where the item has no such part."""

    def part(value: Any, name: str) -> Any:
        return value.get(name) if isinstance(value, Mapping) else None

    return cell_of(reduce(part, path.split("."), item))


def _plain_name(title: str) -> str:
    """A name that every file system takes."""
    ascii_only = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only.lower()).strip("-")[:80] or "report"
