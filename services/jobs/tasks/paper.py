"""Rows and columns as a file for people: PDF."""

import io
from collections.abc import Sequence
from functools import cache

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import SimpleDocTemplate, Spacer, Table

from services.jobs.tasks.sheets import Row

REGULAR, BOLD = "Vera", "VeraBd"  # come with reportlab; they know the Latin alphabets
MOST_LINES = 6  # of a cell
MARGIN = 15 * mm
PADDING = 1 * mm


class PdfSheet:
    """A table over as many landscape pages as it takes, each with title, time and its number."""

    # Setting 10,000 rows takes some ten seconds and 70 MB; more is nobody's reading.
    most_rows = 10_000
    content_type = "application/pdf"

    def __init__(self, titles: Sequence[str], title: str, time: str) -> None:
        _fonts()
        self._title, self._time = title, time
        self._font_size = 8 if len(titles) <= 8 else 6
        self._page = landscape(A4)
        self._width = (self._page[0] - 2 * MARGIN) / len(titles)
        self._rows = [[self._lines(each, BOLD) for each in titles]]

    def add(self, row: Row) -> None:
        self._rows.append([self._lines(str(cell), REGULAR) for cell in row])

    def size(self) -> int:
        return 0  # is known when it is drawn; most_rows bounds it

    def content(self) -> bytes:
        file = io.BytesIO()
        page = SimpleDocTemplate(
            file,
            pagesize=self._page,
            leftMargin=MARGIN,
            rightMargin=MARGIN,
            topMargin=MARGIN + 8 * mm,
            bottomMargin=MARGIN,
            title=self._title,
            author="Memberhall",
            invariant=True,  # no date of making and no random id: the same rows, the same bytes
        )
        page.build(
            [Spacer(1, 2 * mm), self._table()],
            onFirstPage=self._draw_around,
            onLaterPages=self._draw_around,
        )
        return file.getvalue()

    def _table(self) -> Table:
        everywhere = ((0, 0), (-1, -1))
        style = [
            ("FONT", *everywhere, REGULAR, self._font_size, 1.3 * self._font_size),
            ("FONT", (0, 0), (-1, 0), BOLD, self._font_size, 1.3 * self._font_size),
            ("LINEBELOW", (0, 0), (-1, 0), 0.7, colors.black),
            ("LINEBELOW", (0, 1), (-1, -1), 0.2, colors.lightgrey),
            ("VALIGN", *everywhere, "TOP"),
            ("LEFTPADDING", *everywhere, PADDING),
            ("RIGHTPADDING", *everywhere, PADDING),
        ]
        widths = [self._width] * len(self._rows[0])
        return Table(self._rows, colWidths=widths, style=style, repeatRows=1)

    def _draw_around(self, canvas: Canvas, _: SimpleDocTemplate) -> None:
        right, top = self._page[0] - MARGIN, self._page[1] - MARGIN
        canvas.setFont(BOLD, 12)
        canvas.drawString(MARGIN, top, simpleSplit(self._title, BOLD, 12, right - MARGIN)[0])
        canvas.setFont(REGULAR, 8)
        canvas.drawString(MARGIN, 8 * mm, self._time)
        canvas.drawRightString(right, 8 * mm, f"Page {canvas.getPageNumber()}")

    def _lines(self, text: str, font: str) -> str:
        width = self._width - 2 * PADDING
        fitting = " ".join(self._fitting(word, font, width) for word in text.split())
        lines = simpleSplit(fitting, font, self._font_size, width)
        if len(lines) > MOST_LINES:
            lines = [*lines[: MOST_LINES - 1], "…"]
        return "\n".join(lines)

    def _fitting(self, word: str, font: str, width: float) -> str:
        """A word that is wider than its column, in pieces: it would run into the next one."""
        if pdfmetrics.stringWidth(word, font, self._font_size) <= width:
            return word
        share = width / pdfmetrics.stringWidth(word, font, self._font_size)
        letters = max(int(0.9 * share * len(word)), 1)
        return " ".join(word[at : at + letters] for at in range(0, len(word), letters))


@cache
def _fonts() -> None:
    """Make the fonts known, once a process."""
    for name in (REGULAR, BOLD):
        pdfmetrics.registerFont(TTFont(name, f"{name}.ttf"))
