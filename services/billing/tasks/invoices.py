"""The invoice as PDF."""

import io
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.numbers import format_currency
from reportlab.lib import colors
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table

from chassis import shapes
from chassis.money import Money, exponent
from services.billing.schemas import InvoicePrint

# The fonts that come with reportlab; they know the Latin alphabets.
REGULAR, BOLD = "Vera", "VeraBd"
LOCALE = "en"


def draw(described: dict[str, Any]) -> bytes:
    """The PDF of an invoice described by the shape InvoicePrint; the same bytes every time."""
    invoice = shapes.load(InvoicePrint(), described)
    _fonts()
    file = io.BytesIO()
    title = f"Invoice {invoice['number']}"
    page = SimpleDocTemplate(
        file,
        pagesize=A4,
        margin=25 * mm,
        title=title,
        author=invoice["seller"]["name"],
        # No date of making and no random id: a second rendering is the same document.
        invariant=True,
    )
    page.build([*_head(invoice), *_body(invoice)])
    return file.getvalue()


def _head(invoice: dict[str, Any]) -> list[Flowable]:
    seller, buyer = invoice["seller"], invoice["buyer"]
    parties = [
        [_text("From", BOLD), _text("To", BOLD)],
        [
            [_text(line) for line in (seller["name"], *seller["address"], seller["email"])],
            [_text(buyer["name"]), _text(buyer["email"])],
        ],
    ]
    return [
        _text(f"Invoice {invoice['number']}", BOLD, size=18),
        Spacer(1, 8 * mm),
        Table(
            parties, colWidths=[80 * mm, 80 * mm], hAlign="LEFT", style=[("VALIGN", *ALL, "TOP")]
        ),
        Spacer(1, 6 * mm),
        *[_text(line) for line in _dates(invoice)],
        Spacer(1, 8 * mm),
    ]


def _dates(invoice: dict[str, Any]) -> list[str]:
    zone = invoice["time_zone"]
    lines = [
        f"Date of issue: {_day(invoice['issued_at'], zone)}",
        f"Paid on: {_day(invoice['paid_at'], zone)}",
    ]
    if invoice["period_from"] and invoice["period_to"]:
        start, end = _day(invoice["period_from"], zone), _day(invoice["period_to"], zone)
        lines.append(f"Period: {start} to {end} ({zone})")
    return lines


def _body(invoice: dict[str, Any]) -> list[Flowable]:
    total: Money = invoice["total"]
    rows: list[Sequence[Flowable]] = [
        [_text("Description", BOLD), *_right(("Quantity", "Price", "Amount"), BOLD)]
    ]
    for line in invoice["lines"]:
        figures = (str(line["quantity"]), _label(line["unit_amount"]), _label(line["amount"]))
        rows.append([_text(line["description"]), *_right(figures)])
    rows.append(
        [_text(f"Total paid ({total.currency})", BOLD), *_right(("", "", _label(total)), BOLD)]
    )
    style = [
        ("LINEBELOW", (0, 0), (-1, 0), 0.7, colors.black),
        ("LINEABOVE", (0, -1), (-1, -1), 0.7, colors.black),
        ("VALIGN", *ALL, "TOP"),
    ]
    widths = [72 * mm, 22 * mm, 33 * mm, 33 * mm]
    thanks = f"Paid in full by PayPal. All amounts are in {total.currency}."
    table = Table(rows, colWidths=widths, hAlign="LEFT", style=style, repeatRows=1)
    return [table, Spacer(1, 8 * mm), _text(thanks)]


ALL = ((0, 0), (-1, -1))


def _text(text: str, font: str = REGULAR, *, size: int = 10, align: int = 0) -> Paragraph:
    style = ParagraphStyle(
        "text", fontName=font, fontSize=size, leading=1.4 * size, alignment=align
    )
    return Paragraph(escape(_drawable(text)), style)


def _right(texts: Sequence[str], font: str = REGULAR) -> list[Paragraph]:
    return [_text(text, font, align=TA_RIGHT) for text in texts]


def _label(money: Money) -> str:
    """ "EUR 1,234.50": the code and not the sign, so that no dollar is taken for another."""
    amount = format_currency(money.text(), money.currency, format="#,##0.00", locale=LOCALE)
    return f"{money.currency} {amount}" if exponent(money.currency) == 2 else money.label()


def _day(instant: datetime, zone: str) -> str:
    return format_date(instant.astimezone(ZoneInfo(zone)).date(), "d MMMM y", locale=LOCALE)


@cache
def _fonts() -> frozenset[int]:
    """Register the fonts; returns the characters that they can draw."""
    drawn: frozenset[int] = frozenset()
    for name in (REGULAR, BOLD):
        font = TTFont(name, f"{name}.ttf")
        pdfmetrics.registerFont(font)
        drawn = frozenset(font.face.charToGlyph)
    return drawn


def _drawable(text: str) -> str:
    """Letters that the font lacks lose their accents; what then still lacks becomes "?"."""
    known = _fonts()
    return "".join(letter if ord(letter) in known else _nearest(letter, known) for letter in text)


def _nearest(letter: str, known: frozenset[int]) -> str:
    plain = "".join(part for part in unicodedata.normalize("NFKD", letter) if ord(part) in known)
    return plain or "?"
