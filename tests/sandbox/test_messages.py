from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from sandbox.paypal import messages
from sandbox.paypal.buttons import read_button
from sandbox.paypal.messages import Deal, Merchant, Money, Seal
from tests.sandbox.running import buy, subscribe

SEAL = Seal("S" * 56, "f94b7a50a751c")
MERCHANT = Merchant("shop@example.com", "AAAABBBBCCCC2")
AT = datetime(2026, 1, 31, 11, 15, tzinfo=UTC)


def deal(button: dict[str, object], subscr_id: str | None = "I-AAAABBBBCCCC") -> Deal:
    read = read_button([(name, str(value)) for name, value in button.items()], lambda _: True)
    return Deal(button=read, buyer=read.buyer, merchant=MERCHANT, subscr_id=subscr_id)


def payment(**changes: object) -> Money:
    given: dict[str, object] = {
        "txn_id": "1AB23456CD789012E",
        "gross": Decimal("15.00"),
        "fee": Decimal("0.79"),
        "status": "Completed",
        "at": AT,
    }
    return Money(**{**given, **changes})  # type: ignore[arg-type]  # a table of changes


@pytest.mark.parametrize(
    ("at", "written"),
    [
        (datetime(2026, 1, 31, 11, 15, tzinfo=UTC), "03:15:00 Jan 31, 2026 PST"),
        (datetime(2026, 7, 1, 6, 59, 59, tzinfo=UTC), "23:59:59 Jun 30, 2026 PDT"),
        (datetime(2026, 11, 1, 8, 30, tzinfo=UTC), "01:30:00 Nov 01, 2026 PDT"),
        (datetime(2026, 11, 1, 9, 30, tzinfo=UTC), "01:30:00 Nov 01, 2026 PST"),
    ],
)
def test_moments_are_written_in_pacific_time(at: datetime, written: str) -> None:
    assert messages.pacific(at) == written


def test_a_signup_tells_the_terms_and_no_money() -> None:
    button = subscribe(a1="1", p1=7, t1="D", currency_code="USD", srt=12, invoice="INV", on0="Size")
    told = dict(messages.subscription_message(deal(button), "subscr_signup", AT, SEAL))
    assert told["subscr_date"] == "03:15:00 Jan 31, 2026 PST"
    assert (told["period1"], told["period3"]) == ("7 D", "1 M")
    assert (told["mc_amount1"], told["amount1"], told["amount3"]) == ("1.00", "1.00", "15.00")
    assert (told["recurring"], told["recur_times"], told["reattempt"]) == ("1", "12", "1")
    assert (told["invoice"], told["custom"], told["option_name1"]) == ("INV", "", "Size")
    assert (told["test_ipn"], told["charset"]) == ("1", "windows-1252")
    assert not {"txn_id", "payment_status", "receiver_id", "mc_gross"} & told.keys()


def test_amounts_without_a_currency_exist_for_dollars_only() -> None:
    told = dict(messages.subscription_message(deal(subscribe()), "subscr_signup", AT, SEAL))
    assert told["mc_amount3"] == "15.00"
    assert "amount3" not in told


@pytest.mark.parametrize(("currency", "gross", "fee"), [("USD", "15.00", "0.79"), ("EUR", "", "")])
def test_payment_gross_and_fee_are_blank_unless_in_dollars(
    currency: str, gross: str, fee: str
) -> None:
    button = deal(subscribe(currency_code=currency))
    told = dict(messages.money_message(button, "subscr_payment", payment(), SEAL))
    assert (told["mc_gross"], told["mc_fee"], told["mc_currency"]) == ("15.00", "0.79", currency)
    assert (told["payment_gross"], told["payment_fee"]) == (gross, fee)
    assert told["receiver_id"] == "AAAABBBBCCCC2"


def test_a_pending_payment_has_a_reason_and_no_fee() -> None:
    pending = payment(status="Pending", fee=None, kind="echeck", pending_reason="echeck")
    told = dict(messages.money_message(deal(subscribe()), "subscr_payment", pending, SEAL))
    assert (told["payment_status"], told["pending_reason"]) == ("Pending", "echeck")
    assert not {"mc_fee", "payment_fee"} & told.keys()


def test_a_refund_has_no_type_but_a_parent() -> None:
    back = payment(
        status="Refunded",
        gross=Decimal("-15.00"),
        fee=Decimal("-0.79"),
        reason_code="refund",
        parent="1AB23456CD789012E",
    )
    told = dict(messages.money_message(deal(subscribe()), "", back, SEAL))
    assert "txn_type" not in told
    assert (told["mc_gross"], told["mc_fee"]) == ("-15.00", "-0.79")
    assert (told["parent_txn_id"], told["subscr_id"]) == ("1AB23456CD789012E", "I-AAAABBBBCCCC")


def test_a_single_sale_tells_its_parts() -> None:
    told = dict(messages.money_message(deal(buy(tax="2"), None), "web_accept", payment(), SEAL))
    assert (told["quantity"], told["tax"], told["shipping"]) == ("1", "2.00", "0.00")
    assert "subscr_id" not in told


def test_the_end_of_a_term_is_told_without_dates_and_amounts() -> None:
    told = dict(messages.term_over_message(deal(subscribe(invoice="INV", custom="tok")), SEAL))
    assert (told["txn_type"], told["custom"]) == ("subscr_eot", "tok")
    assert not [name for name in told if "date" in name or "amount" in name or name == "invoice"]


def test_a_failure_tells_when_it_is_tried_again() -> None:
    told = dict(messages.failed_message(deal(subscribe()), Decimal("15.00"), AT, SEAL))
    assert told["retry_at"] == "03:15:00 Jan 31, 2026 PST"
    assert "retry_at" not in dict(
        messages.failed_message(deal(subscribe()), Decimal("15.00"), None, SEAL)
    )


@pytest.mark.parametrize(
    ("charset", "body"),
    [
        ("windows-1252", b"item_name=caf%E9+%26+%80+%3F&custom="),
        ("UTF-8", b"item_name=caf%C3%A9+%26+%E2%82%AC+%C5%82&custom="),
    ],
)
def test_the_body_keeps_order_and_blanks_in_the_wanted_charset(charset: str, body: bytes) -> None:
    fields = (("item_name", "café & € ł"), ("custom", ""))
    assert messages.encode(fields, charset) == body
