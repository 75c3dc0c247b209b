import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.money import Money


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12.30", "EUR", 1230),
        ("0.01", "USD", 1),
        ("-5", "EUR", -500),
        ("1500", "JPY", 1500),
        ("1.234", "KWD", 1234),
    ],
)
def test_an_amount_is_read_to_exact_minor_units(text, currency, minor):
    assert Money.parse(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("text", "currency"),
    [("1.001", "EUR"), ("1.5", "JPY"), ("NaN", "EUR"), ("ten", "EUR"), ("", "EUR")],
)
def test_what_is_not_an_exact_amount_is_refused(text, currency):
    with pytest.raises(ValueError, match="amount"):
        Money.parse(text, currency)


@given(st.integers(-(10**12), 10**12), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_text_and_json_read_back_as_the_same_money(minor, currency):
    money = Money(minor, currency)
    assert Money.parse(money.text(), currency) == money
    assert Money.from_json(money.as_json()) == money


def test_currencies_do_not_mix():
    with pytest.raises(ValueError, match="do not mix"):
        Money(1, "EUR") + Money(1, "USD")


@pytest.mark.parametrize("amount", [1.0, "1", True])
def test_money_is_never_made_of_anything_but_a_whole_number(amount):
    with pytest.raises(ValueError, match="whole number"):
        Money(amount, "EUR")


def test_a_label_names_its_currency():
    assert Money(-1230, "EUR").label() == "EUR -12.30"
