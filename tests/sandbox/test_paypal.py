"""The stand-in as the shop meets it: real process, real HTTP, messages heard by a real server."""

from __future__ import annotations

import re

import pytest
import requests

from tests.sandbox.running import Running, buy
from tests.sandbox.shop import Shop, Till

IDS = {
    "subscr_id": r"I-[A-Z0-9]{12}",
    "txn_id": r"[A-Z0-9]{17}",
    "payer_id": r"[A-Z0-9]{13}",
    "receiver_id": r"[A-Z0-9]{13}",
    "verify_sign": r"[A-Za-z0-9.-]{56}",
    "ipn_track_id": r"[0-9a-f]{13}",
}


def types(told: list[dict[str, str]]) -> list[str]:
    return [message.get("txn_type") or message["payment_status"] for message in told]


def test_a_subscription_is_told_by_signup_and_payment(
    sandbox: Running, till: Till, shop: Shop, invoice: str
) -> None:
    made = sandbox.approve(notify_url=till.url, invoice=invoice, item_name="Gold é")
    signup, paid = till.told(2)
    assert types([signup, paid]) == ["subscr_signup", "subscr_payment"]
    assert signup["subscr_id"] == paid["subscr_id"] == made["subscr_id"]
    assert (paid["txn_id"], paid["payer_id"]) == (made["txn_id"], made["payer_id"])
    assert (paid["mc_gross"], paid["mc_fee"], paid["mc_currency"]) == ("15.00", "0.79", "EUR")
    assert (paid["invoice"], paid["item_name"]) == (invoice, "Gold é")
    assert signup["ipn_track_id"] == paid["ipn_track_id"]
    assert shop.agents == {"PayPal IPN ( https://www.paypal.com/ipn )"}
    for name, shape in IDS.items():
        assert re.fullmatch(shape, paid[name]), name


def test_a_free_trial_brings_a_signup_alone(sandbox: Running, till: Till, invoice: str) -> None:
    made = sandbox.approve(notify_url=till.url, invoice=invoice, a1="0", p1="7", t1="D")
    assert made["txn_id"] is None
    sandbox.settle()
    assert types(till.told()) == ["subscr_signup"]


def test_a_single_sale_is_told_by_web_accept(sandbox: Running, till: Till) -> None:
    made = sandbox.approve(buy(notify_url=till.url, currency_code="USD"))
    [paid] = till.told(1)
    assert (paid["txn_type"], paid["txn_id"]) == ("web_accept", made["txn_id"])
    assert (paid["payment_gross"], paid["payment_fee"]) == ("40.00", "1.46")


def test_only_the_exact_bytes_are_verified(sandbox: Running, till: Till, invoice: str) -> None:
    sandbox.approve(notify_url=till.url, invoice=invoice, item_name="a b~é")
    body = till.heard(2)[1]
    assert sandbox.postback(body).text == "VERIFIED"
    pairs = body.split(b"&")
    for other in (
        body.replace(b"+", b"%20"),
        b"&".join(reversed(pairs)),
        b"&".join(pair for pair in pairs if not pair.endswith(b"=")),
        body.replace(b"15.00", b"16.00"),
        body + b"&x=1",
        body.lower(),
        b"",
    ):
        assert other != body
        assert sandbox.postback(other).text == "INVALID"
    sandbox.settle()
    message = sandbox.message(invoice=invoice, txn_type="subscr_payment")
    assert message["postback_answers"] == ["VERIFIED"]


def test_a_postback_needs_a_user_agent_and_its_command_first(
    sandbox: Running, till: Till, invoice: str
) -> None:
    sandbox.approve(notify_url=till.url, invoice=invoice)
    body = till.heard(1)[0]
    assert sandbox.postback(body, **{"User-Agent": ""}).status_code == 403
    late = requests.post(
        f"{sandbox.url}/cgi-bin/webscr", data=body + b"&cmd=_notify-validate", timeout=10
    )
    assert late.text == "INVALID"


def test_a_shop_that_fails_is_told_again_until_it_answers_200(
    sandbox: Running, till: Till, invoice: str
) -> None:
    till.statuses = [500, 302]
    sandbox.approve(buy(notify_url=till.url, invoice=invoice))
    sandbox.settle()
    waiting = sandbox.message(invoice=invoice)
    assert waiting["state"] == "retrying"
    assert waiting["next_attempt_at"] is not None
    sandbox.advance(seconds=31)
    first, second, third = till.heard()
    assert first == second == third
    message = sandbox.message(invoice=invoice)
    assert (message["state"], message["next_attempt_at"]) == ("sent", None)
    assert [attempt["status"] for attempt in message["attempts"]] == [500, 302, 200]


def test_a_shop_that_is_away_for_four_days_is_given_up(sandbox: Running, invoice: str) -> None:
    nobody = "http://127.0.0.1:9/ipn"
    sandbox.approve(buy(notify_url=nobody, invoice=invoice))
    sandbox.advance(days=5)
    message = sandbox.message(invoice=invoice)
    assert message["state"] == "failed"
    assert len(message["attempts"]) == 17
    assert all("ConnectionError" in attempt["error"] for attempt in message["attempts"])


def test_without_a_notify_url_the_message_stays_here(sandbox: Running, invoice: str) -> None:
    sandbox.approve(buy(invoice=invoice))
    assert sandbox.message(invoice=invoice)["state"] == "disabled"


def test_a_month_passed_brings_the_renewal(sandbox: Running, till: Till, invoice: str) -> None:
    made = sandbox.approve(notify_url=till.url, invoice=invoice, a1="1.00", p1="7", t1="D")
    sandbox.advance(days=32)
    told = till.told()
    assert types(told) == ["subscr_signup", "subscr_payment", "subscr_payment"]
    assert [message.get("mc_gross") for message in told] == [None, "1.00", "15.00"]
    assert told[1]["txn_id"] != told[2]["txn_id"]
    now = sandbox.get(f"/_sim/subscriptions/{made['subscr_id']}")
    assert now["payments"] == [told[1]["txn_id"], told[2]["txn_id"]]
    assert (now["state"], now["next_due_name"]) == ("active", "regular")


def test_the_agreed_number_of_payments_ends_the_subscription(
    sandbox: Running, till: Till, invoice: str
) -> None:
    made = sandbox.approve(notify_url=till.url, invoice=invoice, srt="2", p3="1", t3="W")
    sandbox.advance(days=30)
    assert types(till.told()) == ["subscr_signup", "subscr_payment", "subscr_payment", "subscr_eot"]
    assert sandbox.get(f"/_sim/subscriptions/{made['subscr_id']}")["state"] == "ended"


def test_a_cancelled_subscription_is_not_collected_again(
    sandbox: Running, till: Till, invoice: str
) -> None:
    made = sandbox.approve(notify_url=till.url, invoice=invoice)
    path = f"/_sim/subscriptions/{made['subscr_id']}/cancel"
    assert sandbox.post(path)["state"] == "cancelled"
    sandbox.advance(days=70)
    assert types(till.told()) == ["subscr_signup", "subscr_payment", "subscr_cancel"]
    assert "cancelled" in sandbox.post(path, expect=409)["error"]


def test_refunds_add_up_to_the_payment_and_return_its_fee(
    sandbox: Running, till: Till, invoice: str
) -> None:
    made = sandbox.approve(notify_url=till.url, invoice=invoice)
    path = f"/_sim/payments/{made['txn_id']}/refund"
    sandbox.post(path, amount="5.00")
    sandbox.post(path)
    part, rest = till.told(4)[2:]
    assert (part["mc_gross"], rest["mc_gross"]) == ("-5.00", "-10.00")
    assert (part["mc_fee"], rest["mc_fee"]) == ("-0.26", "-0.53")
    assert part["payment_status"] == rest["payment_status"] == "Refunded"
    assert part["parent_txn_id"] == rest["parent_txn_id"] == made["txn_id"]
    assert part["txn_id"] != rest["txn_id"]
    assert part["invoice"] == invoice
    assert "txn_type" not in part
    assert "0.00" in sandbox.post(path, expect=409)["error"]


@pytest.mark.parametrize("amount", ["15.01", "0.00", "5,00", "-1"])
def test_a_refund_of_another_amount_is_refused(sandbox: Running, amount: str) -> None:
    made = sandbox.approve()
    sandbox.post(f"/_sim/payments/{made['txn_id']}/refund", expect=409, amount=amount)


def test_a_reversal_can_be_undone(sandbox: Running, till: Till) -> None:
    made = sandbox.approve(notify_url=till.url)
    path = f"/_sim/payments/{made['txn_id']}"
    sandbox.post(f"{path}/reversal", reason_code="unauthorized_claim")
    sandbox.post(f"{path}/refund", expect=409)
    sandbox.post(f"{path}/cancelled_reversal")
    sandbox.post(f"{path}/cancelled_reversal", expect=409)
    taken, back = till.told(4)[2:]
    assert (taken["payment_status"], taken["mc_gross"]) == ("Reversed", "-15.00")
    assert taken["reason_code"] == "unauthorized_claim"
    assert (back["payment_status"], back["mc_gross"]) == ("Canceled_Reversal", "15.00")
    assert taken["parent_txn_id"] == back["parent_txn_id"] == made["txn_id"]


def test_another_business_is_another_merchant(sandbox: Running, till: Till) -> None:
    sandbox.approve(notify_url=till.url)
    sandbox.approve(notify_url=till.url, business="Attacker@example.com")
    told = [each for each in till.told(4) if each["txn_type"] == "subscr_payment"]
    receivers = {each["receiver_email"]: each["receiver_id"] for each in told}
    assert receivers.keys() == {"shop@example.com", "attacker@example.com"}
    assert len({*receivers.values()}) == 2


def test_a_button_can_be_approved_as_a_form(sandbox: Running, invoice: str) -> None:
    form = {name: str(value) for name, value in buy(invoice=invoice).items()}
    answer = requests.post(f"{sandbox.url}/_sim/approve", data=form, timeout=10)
    assert answer.status_code == 201
    assert sandbox.message(invoice=invoice)["txn_id"] == answer.json()["txn_id"]


def test_wrong_requests_say_what_is_wrong(sandbox: Running) -> None:
    assert "fields" in sandbox.post("/_sim/faults", expect=422, fault="gremlins")
    assert "fields" in sandbox.post("/_sim/clock", expect=422)
    assert "fields" in sandbox.post("/_sim/clock", expect=422, advance_seconds=-1)
    assert "faults" in sandbox.post("/_sim/approve", expect=422, cmd="_xclick")
    sandbox.post("/_sim/clock", expect=409, offset_seconds=0)
    sandbox.post("/_sim/subscriptions/I-NOBODY/cancel", expect=404)
    sandbox.post("/_sim/payments/NOTHING/refund", expect=404)
    sandbox.post("/_sim/messages/M0/resend", expect=404)
    sandbox.post("/_sim/forge", expect=422, notify_url="http://example.com/", fields={"a": "b"})
