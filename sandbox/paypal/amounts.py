"""Money as PayPal writes it, and what PayPal keeps of it.

The currencies, which of them have no decimals, and the fixed part of the fee are PayPal's own
tables; this is not ISO 4217 (PayPal takes no decimals for HUF and TWD, ISO has two).
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

PERCENT = Decimal("0.029")

# Currency → the fixed part of the fee; how it is written also tells the number of decimals.
FIXED_FEES = {
    "AUD": "0.30", "BRL": "0.60", "CAD": "0.30", "CHF": "0.55", "CZK": "10.00", "DKK": "2.60",
    "EUR": "0.35", "GBP": "0.20", "HKD": "2.35", "HUF": "90", "ILS": "1.20", "JPY": "40",
    "MXN": "4.00", "MYR": "2.00", "NOK": "2.80", "NZD": "0.45", "PHP": "15.00", "PLN": "1.35",
    "SEK": "3.25", "SGD": "0.50", "THB": "11.00", "TWD": "10", "USD": "0.30",
}  # fmt: skip

_DOT_DECIMAL = re.compile(r"[0-9]{1,9}(?:\.([0-9]+))?", re.ASCII)


def decimals(currency: str) -> int:
    return 2 if "." in FIXED_FEES[currency] else 0


def parse(text: str, currency: str) -> Decimal:
    """A dot decimal such as "12.30"; ValueError with the sentence that says what is wrong."""
    found = _DOT_DECIMAL.fullmatch(text)
    if not found:
        raise ValueError(f"is {text!r}, not a plain number with a decimal point (such as 12.30)")
    if len(found[1] or "") > decimals(currency):
        raise ValueError(f"is {text!r}, but {currency} has {decimals(currency)} decimals")
    return rounded(Decimal(text), currency)


def rounded(amount: Decimal, currency: str) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-decimals(currency)), ROUND_HALF_UP)


def written(amount: Decimal, currency: str) -> str:
    return f"{rounded(amount, currency):f}"


def fee_on(gross: Decimal, currency: str) -> Decimal:
    """2.9 % plus the currency's fixed part, never more than the payment itself."""
    return min(gross, rounded(gross * PERCENT + Decimal(FIXED_FEES[currency]), currency))


def fee_returned(fee: Decimal, part: Decimal, gross: Decimal, currency: str) -> Decimal:
    """The share of `fee` that goes back when `part` of `gross` is refunded."""
    return rounded(fee * part / gross, currency)
