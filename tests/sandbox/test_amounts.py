from __future__ import annotations

from decimal import Decimal

import pytest

from sandbox.paypal import amounts


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("15", "EUR", "15.00"),
        ("15.5", "EUR", "15.50"),
        ("0.00", "USD", "0.00"),
        ("1500", "JPY", "1500"),
    ],
)
def test_a_dot_decimal_is_read_with_the_currency_s_decimals(
    text: str, currency: str, amount: str
) -> None:
    assert amounts.written(amounts.parse(text, currency), currency) == amount


@pytest.mark.parametrize(
    ("text", "currency", "why"),
    [
        ("", "EUR", "plain number"),
        ("12,30", "EUR", "plain number"),
        ("1,000.00", "EUR", "plain number"),
        ("€12", "EUR", "plain number"),
        ("-1.00", "EUR", "plain number"),
        ("1e3", "EUR", "plain number"),
        (".50", "EUR", "plain number"),
        ("١٢", "EUR", "plain number"),
        ("12.345", "EUR", "2 decimals"),
        ("1500.00", "JPY", "0 decimals"),
    ],
)
def test_anything_else_is_refused_with_the_reason(text: str, currency: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        amounts.parse(text, currency)


@pytest.mark.parametrize(
    ("gross", "currency", "fee"),
    [
        ("1.00", "USD", "0.33"),
        ("15.00", "USD", "0.74"),
        ("15.00", "EUR", "0.79"),
        ("1000", "JPY", "69"),
        ("0.10", "EUR", "0.10"),
    ],
)
def test_the_fee_is_a_share_and_a_fixed_part_but_never_more_than_all(
    gross: str, currency: str, fee: str
) -> None:
    assert amounts.fee_on(Decimal(gross), currency) == Decimal(fee)


def test_a_partial_refund_returns_its_share_of_the_fee() -> None:
    returned = amounts.fee_returned(Decimal("0.79"), Decimal("5.00"), Decimal("15.00"), "EUR")
    assert returned == Decimal("0.26")
