from __future__ import annotations

from decimal import Decimal

import pytest

from sandbox.paypal.buttons import Button, WrongButton, read_button
from sandbox.paypal.delivery import is_allowed
from sandbox.paypal.schedule import Period
from tests.sandbox.running import buy, subscribe


def read(button: dict[str, object]) -> Button:
    pairs = [(name, str(value)) for name, value in button.items()]
    return read_button(pairs, lambda address: is_allowed(address, frozenset({"gateway"})))


def faults_of(button: dict[str, object]) -> list[str]:
    with pytest.raises(WrongButton) as wrong:
        read(button)
    return wrong.value.faults


def test_a_subscribe_button_says_its_terms() -> None:
    button = read(subscribe(a1="0", p1=7, t1="D", a2="5", p2=2, t2="W", srt=12, sra=0))
    assert button.terms is not None
    assert button.terms.trials == (
        Period(Decimal("0.00"), 7, "D"),
        Period(Decimal("5.00"), 2, "W"),
    )
    assert button.terms.regular == Period(Decimal("15.00"), 1, "M")
    assert (button.terms.recurring, button.terms.times) == (True, 12)
    assert button.terms.reattempt is False


def test_without_src_the_subscription_is_one_term() -> None:
    terms = read(subscribe(src=None)).terms
    assert terms is not None
    assert (terms.recurring, terms.times) == (False, 1)


def test_a_buy_now_button_says_its_total() -> None:
    parts = {"quantity": 3, "tax": "1.50", "shipping": "4", "handling": "1", "discount_amount": "6"}
    price = read(buy(**parts)).price
    assert price is not None
    assert price.total == Decimal("120.50")


def test_what_is_not_given_is_as_paypal_has_it() -> None:
    button = read(subscribe(currency_code=None))
    assert (button.currency, button.charset, button.return_method) == ("USD", "windows-1252", "0")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"business": None}, "business is missing"),
        ({"business": "somebody"}, "business is 'somebody', neither"),
        ({"currency_code": "XXX"}, "currency_code is 'XXX', not one of AUD"),
        ({"a3": None}, "a3 is '', not a plain number"),
        ({"a3": "0"}, "a3 is 0.00, less than 0.01"),
        ({"a3": "15,00"}, "a3 is '15,00', not a plain number"),
        ({"a3": "1500.00", "currency_code": "JPY"}, "but JPY has 0 decimals"),
        ({"t3": "m"}, "t3 is 'm', not one of D, W, M, Y"),
        ({"p3": "0"}, "p3 is '0', not a whole number from 1 to 24"),
        ({"p3": "91", "t3": "D"}, "p3 is '91', not a whole number from 1 to 90"),
        ({"p3": "53", "t3": "W"}, "p3 is '53', not a whole number from 1 to 52"),
        ({"p3": "25"}, "p3 is '25', not a whole number from 1 to 24"),
        ({"p3": "6", "t3": "Y"}, "p3 is '6', not a whole number from 1 to 5"),
        ({"a2": "1", "p2": "1", "t2": "M"}, "a2 is given without a1"),
        ({"p1": "1"}, "p1 is given without a1"),
        ({"srt": "12", "src": "0"}, "srt is given without src=1"),
        ({"srt": "1"}, "srt is '1', not a whole number from 2 to 52"),
        ({"srt": "53"}, "srt is '53', not a whole number from 2 to 52"),
        ({"src": "yes"}, "src is 'yes', not one of 0, 1"),
        ({"sra": "2"}, "sra is '2'"),
        ({"no_note": "0"}, "no_note must be 1"),
        ({"no_shipping": "3"}, "no_shipping is '3'"),
        ({"modify": "1"}, "modify is not 0"),
        ({"usr_manage": "1"}, "usr_manage is 1"),
        ({"item_name": "x" * 128}, "item_name has 128 characters, 127 are allowed"),
        ({"item_number": "x" * 128}, "item_number has 128 characters"),
        ({"invoice": "x" * 128}, "invoice has 128 characters"),
        ({"custom": "x" * 256}, "custom has 256 characters"),
        ({"custom": "a\nb"}, "custom has control characters"),
        ({"notify_url": "http://127.0.0.1/" + "x" * 250}, "notify_url has 267 characters"),
        ({"notify_url": "https://example.com/ipn"}, "the sandbox only sends to this machine"),
        ({"notify_url": "http://127.0.0.1.example.com/"}, "the sandbox only sends to this"),
        ({"notify_url": "/ipn"}, "notify_url is '/ipn', not an absolute"),
        ({"return": "javascript:alert(1)"}, "return is 'javascript:alert(1)', not an absolute"),
        ({"cancel_return": "ftp://x/"}, "cancel_return is 'ftp://x/', not an absolute"),
        ({"return": "http://a;script-src *"}, "return is 'http://a;script-src *', not an absolute"),
        ({"return": "http://a:99999/"}, "return is 'http://a:99999/', not an absolute"),
        ({"rm": "3"}, "rm is '3'"),
        ({"charset": "klingon"}, "charset is 'klingon', which is not a charset"),
        ({"charset": "base64"}, "charset is 'base64', which is not a charset"),
    ],
)
def test_a_variable_out_of_range_is_named(changes: dict[str, object], fault: str) -> None:
    assert any(fault in found for found in faults_of(subscribe(**changes)))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"amount": None}, "amount is ''"),
        ({"amount": "0.00"}, "amount is 0.00, less than 0.01"),
        ({"quantity": "0"}, "quantity is '0'"),
        ({"tax": "1.234"}, "tax is '1.234', but EUR has 2 decimals"),
        ({"discount_amount": "40.00"}, "discount_amount is 40.00, not less than"),
    ],
)
def test_a_wrong_buy_now_variable_is_named(changes: dict[str, object], fault: str) -> None:
    assert any(fault in found for found in faults_of(buy(**changes)))


def test_every_fault_is_told_at_once() -> None:
    assert len(faults_of(subscribe(business=None, a3="x", t3="Q", rm="9"))) >= 4


def test_a_variable_given_twice_is_a_fault() -> None:
    pairs = [(name, str(value)) for name, value in subscribe().items()]
    with pytest.raises(WrongButton, match="a3 is given twice"):
        read_button([*pairs, ("a3", "0.01")], lambda _: True)


@pytest.mark.parametrize("command", ["_cart", "_s-xclick", "", "_donations"])
def test_another_command_is_not_played(command: str) -> None:
    assert "cmd" in faults_of({"cmd": command})[0]


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("http://127.0.0.1:8080/ipn", True),
        ("http://127.9.9.9/ipn", True),
        ("http://localhost/ipn", True),
        ("http://[::1]:8080/ipn", True),
        ("http://gateway:8080/ipn", True),
        ("http://10.0.0.1/ipn", False),
        ("http://localhost.example.com/ipn", False),
        ("http://user@example.com/127.0.0.1", False),
        ("", False),
    ],
)
def test_only_this_machine_and_named_hosts_are_called(address: str, allowed: bool) -> None:
    assert is_allowed(address, frozenset({"gateway"})) is allowed
