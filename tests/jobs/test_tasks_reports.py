"""`jobs.make_report`: from a service's list to the job's document."""

import base64
from typing import Any

import pytest

from chassis.errors import Denied, Invalid
from services.jobs.schemas import StoreDocument
from services.jobs.tasks import documents, reports
from services.jobs.tasks.documents import TooLarge
from services.jobs.tasks.paper import PdfSheet
from services.jobs.tasks.reports import NoList, make_report
from services.jobs.tasks.sheets import CsvSheet
from tests.jobs.handling import UID, Services

COLUMNS = [{"field": "number", "title": "Number"}, {"field": "buyer.name", "title": "Buyer"}]


def a_list(length: int, **further: Any) -> Any:
    """A list request that pages by the number of the last item."""

    def answer(*, limit: int, cursor: str | None = None, **_: Any) -> dict[str, Any]:
        start = int(cursor or 0)
        end = min(start + limit, length)
        items = [{"number": n, "buyer": {"name": f"Buyer {n}"}} for n in range(start, end)]
        next_cursor = str(end) if end < length else None
        return {"items": items, "next_cursor": next_cursor} | further

    return answer


def services_with(invoices: Any) -> Services:
    return Services(
        billing__invoices=invoices,
        jobs__store_document=None,
        jobs__clock={"now": "2026-03-01T12:34:56Z", "offset_seconds": 0},
    )


def run(services: Services, **changes: Any) -> Any:
    args = {
        "title": "Invoices of März 2026", "format": "csv", "service": "billing",
        "query": "invoices", "columns": COLUMNS,
    }  # fmt: skip
    return make_report(services.job("jobs.make_report", args | changes))


def stored(services: Services) -> dict[str, Any]:
    """What was asked of the jobs service, in the shape that it takes."""
    [asked] = [given for name, given in services.asked if name == "jobs.store_document"]
    assert StoreDocument().validate(asked) == {}
    return asked | {"content": base64.b64decode(asked["content"])}


def test_all_pages_of_the_list_become_one_csv() -> None:
    services = services_with(a_list(250))
    result = run(services, arguments={"state": "paid"})
    document = stored(services)
    assert (document["uid"], document["name"]) == (str(UID), "invoices-of-marz-2026.csv")
    assert document["content_type"] == "text/csv; charset=utf-8"
    lines = document["content"].decode("utf-8-sig").splitlines()
    assert lines[:2] == ['"Number","Buyer"', '0,"Buyer 0"']
    assert lines[-1] == '249,"Buyer 249"'
    assert result == {
        "rows": 250,
        "bytes": len(document["content"]),
        "document": "invoices-of-marz-2026.csv",
    }
    pages = [given for name, given in services.asked if name == "billing.invoices"]
    assert pages == [
        {"state": "paid", "limit": 100},
        {"state": "paid", "limit": 100, "cursor": "100"},
        {"state": "paid", "limit": 100, "cursor": "200"},
    ]


def test_progress_counts_rows_and_knows_the_share_where_the_list_tells_the_total() -> None:
    services = services_with(a_list(250, total=250))
    run(services)
    assert [round(percent) for percent, _ in services.told] == [40, 79, 99]
    assert services.told[-1][1] == "250 rows"

    silent = services_with(a_list(250))
    run(silent)
    assert silent.told == [(0, "100 rows"), (0, "200 rows"), (0, "250 rows")]


def test_a_pdf_is_dated_in_business_time() -> None:
    services = services_with(a_list(3))
    result = run(services, format="pdf")
    document = stored(services)
    assert document["content"].startswith(b"%PDF")
    assert document["content_type"] == "application/pdf"
    assert result["document"] == "invoices-of-marz-2026.pdf"
    assert ("jobs.clock", {}) in services.asked


def test_a_list_without_rows_is_a_report_too() -> None:
    services = services_with(a_list(0))
    assert run(services)["rows"] == 0
    assert stored(services)["content"].decode("utf-8-sig") == '"Number","Buyer"\r\n'


def test_a_part_that_an_item_lacks_is_an_empty_cell() -> None:
    services = services_with({"items": [{"buyer": None}, {"buyer": "text"}, 7]})
    run(services)
    assert stored(services)["content"].decode("utf-8-sig").splitlines()[1:] == ['"",""'] * 3


def test_what_the_service_refuses_fails_the_report() -> None:
    services = services_with(Denied("not_yours", "Only operators list these."))
    with pytest.raises(Denied):
        run(services)


@pytest.mark.parametrize("answer", [None, [], {"invoices": []}, {"items": {}}])
def test_a_request_that_is_no_list_is_told(answer: Any) -> None:
    with pytest.raises(NoList, match=r"billing\.invoices answers no list"):
        run(services_with(answer))


def test_a_list_that_does_not_move_on_is_given_up() -> None:
    services = services_with({"items": [{}], "next_cursor": "again"})
    with pytest.raises(NoList, match="the same page for ever"):
        run(services)


@pytest.mark.parametrize("sheet", [CsvSheet, PdfSheet])
def test_rows_are_bounded(sheet: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet, "most_rows", 150)
    services = services_with(a_list(201))
    with pytest.raises(TooLarge, match="more than 150 rows"):
        run(services, format="csv" if sheet is CsvSheet else "pdf")
    assert len([name for name, _ in services.asked if name == "billing.invoices"]) == 2


def test_bytes_are_bounded_while_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MOST_BYTES", 2_000)
    services = services_with(a_list(1_000))
    with pytest.raises(TooLarge, match="more than 2000 bytes at row 200"):
        run(services)


def test_a_pdf_that_is_too_large_is_not_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MOST_BYTES", 500)
    services = services_with(a_list(3))
    with pytest.raises(TooLarge, match=r"invoices-of-marz-2026\.pdf has \d+ bytes, at most 500"):
        run(services, format="pdf")


@pytest.mark.parametrize(
    ("title", "name"),
    [("報告", "report"), ("../../etc/passwd", "etc-passwd"), ("A" * 200, "a" * 80)],
)
def test_a_title_becomes_a_name_that_every_file_system_takes(title: str, name: str) -> None:
    services = services_with(a_list(0))
    assert run(services, title=title)["document"] == f"{name}.csv"


@pytest.mark.parametrize(
    "wrong",
    [
        {"format": "xlsx"},
        {"columns": []},
        {"columns": [{"field": "a"}]},
        {"columns": [{"field": "__class__.x-y", "title": "X"}]},
        {"columns": COLUMNS * 11},
        {"query": "invoices; drop"},
        {"title": ""},
    ],
)
def test_wrong_arguments_ask_nobody(wrong: dict[str, Any]) -> None:
    services = services_with(a_list(1))
    with pytest.raises(Invalid):
        run(services, **wrong)
    assert services.asked == []


def test_the_bounds_are_those_that_are_promised() -> None:
    assert (CsvSheet.most_rows, PdfSheet.most_rows) == (100_000, 10_000)
    assert documents.MOST_BYTES == 10_000_000
    assert reports.PAGE == 100
