"""Numbers of invoices: gapless in each series, given when the invoice is final."""

from datetime import datetime


def series_of(now: datetime) -> str:
    """The series of an invoice that becomes final now: its year, in UTC."""
    return f"{now.year:04d}"


def number_in(series: str, count: int) -> str:
    """The number as people see it: "2026-00017"."""
    return f"{series}-{count:05d}"
