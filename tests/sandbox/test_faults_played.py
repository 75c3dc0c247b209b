"""Each fault as the shop meets it."""

from __future__ import annotations

import time

import pytest

from tests.sandbox.running import Running
from tests.sandbox.shop import Till


def test_duplicate_delivers_the_same_bytes_twice(sandbox: Running, till: Till) -> None:
    sandbox.arm("duplicate", match={"txn_type": "subscr_payment"})
    sandbox.approve(notify_url=till.url)
    bodies = till.heard(3)
    assert len(set(bodies)) == 2
    assert sandbox.postback(bodies[-1]).text == "VERIFIED"


def test_reorder_tells_the_payment_before_the_signup(sandbox: Running, till: Till) -> None:
    sandbox.arm("reorder")
    sandbox.approve(notify_url=till.url)
    assert [told["txn_type"] for told in till.told(2)] == ["subscr_payment", "subscr_signup"]


def test_drop_loses_the_first_delivery_and_sends_again_marked(
    sandbox: Running, till: Till, invoice: str
) -> None:
    sandbox.arm("drop", seconds=3600, match={"txn_type": "subscr_payment"})
    sandbox.approve(notify_url=till.url, invoice=invoice)
    sandbox.settle()
    assert [told["txn_type"] for told in till.told()] == ["subscr_signup"]
    lost = sandbox.message(invoice=invoice, txn_type="subscr_payment")
    assert lost["state"] == "lost"
    assert sandbox.postback(lost["raw"].encode()).text == "INVALID"
    sandbox.advance(seconds=3601)
    body = till.heard(2)[1]
    assert body == lost["raw"].encode() + b"&resend=true"
    assert sandbox.postback(body).text == "VERIFIED"
    assert sandbox.message(invoice=invoice, txn_type="subscr_payment")["state"] == "sent"


def test_resend_by_hand_is_marked_and_verified(sandbox: Running, till: Till, invoice: str) -> None:
    sandbox.approve(notify_url=till.url, invoice=invoice)
    first = till.heard(2)[1]
    message = sandbox.message(invoice=invoice, txn_type="subscr_payment")
    sandbox.post(f"/_sim/messages/{message['id']}/resend")
    again = till.heard(3)[2]
    assert again == first + b"&resend=true"
    assert sandbox.postback(first).text == sandbox.postback(again).text == "VERIFIED"


def test_delay_sends_late(sandbox: Running, till: Till) -> None:
    sandbox.arm("delay", seconds=7200, match={"txn_type": "subscr_signup"})
    sandbox.approve(notify_url=till.url)
    sandbox.settle()
    assert [told["txn_type"] for told in till.told()] == ["subscr_payment"]
    sandbox.advance(seconds=7201)
    assert [told["txn_type"] for told in till.told()] == ["subscr_payment", "subscr_signup"]


@pytest.mark.parametrize(
    ("fault", "outcome"), [("pending", "Completed"), ("pending_then_failed", "Failed")]
)
def test_a_pending_payment_is_decided_later_under_the_same_txn_id(
    sandbox: Running, till: Till, fault: str, outcome: str
) -> None:
    sandbox.arm(fault, seconds=3600)
    made = sandbox.approve(notify_url=till.url)
    sandbox.advance(seconds=3601)
    _, pending, decided = till.told()
    assert (pending["payment_status"], decided["payment_status"]) == ("Pending", outcome)
    assert pending["txn_id"] == decided["txn_id"] == made["txn_id"]
    assert pending["payment_type"] == decided["payment_type"] == "echeck"


def test_wrong_receiver_is_genuine_but_not_ours(sandbox: Running, till: Till) -> None:
    sandbox.arm("wrong_receiver", match={"txn_type": "subscr_payment"})
    sandbox.approve(notify_url=till.url)
    told = till.told(2)[1]
    assert told["business"] == told["receiver_email"] == "somebody.else@merchant.example"
    assert sandbox.postback(till.heard()[1]).text == "VERIFIED"


def test_changed_currency_and_amount_are_genuine_messages(sandbox: Running, till: Till) -> None:
    sandbox.arm("changed_currency", currency="JPY")
    sandbox.arm("changed_amount", amount="0.02")
    sandbox.approve(notify_url=till.url)
    told = till.told(2)[1]
    assert (told["mc_currency"], told["mc_gross"]) == ("JPY", "0.02")
    assert sandbox.postback(till.heard()[1]).text == "VERIFIED"


def test_a_failed_renewal_is_tried_twice_more_and_then_cancelled(
    sandbox: Running, till: Till, invoice: str
) -> None:
    made = sandbox.approve(notify_url=till.url, invoice=invoice)
    sandbox.arm("payment_fails", times=3, match={"subscr_id": made["subscr_id"]})
    sandbox.advance(days=45)
    told = till.told()[2:]
    kinds = ["subscr_failed", "subscr_failed", "subscr_failed", "subscr_cancel"]
    assert [message["txn_type"] for message in told] == kinds
    assert ["retry_at" in message for message in told] == [True, True, False, False]


def test_a_renewal_collected_on_the_second_try_goes_on(
    sandbox: Running, till: Till, invoice: str
) -> None:
    made = sandbox.approve(notify_url=till.url, invoice=invoice)
    sandbox.arm("payment_fails", match={"subscr_id": made["subscr_id"]})
    sandbox.advance(days=45)
    kinds = [message["txn_type"] for message in till.told()[2:]]
    assert kinds == ["subscr_failed", "subscr_payment"]
    assert sandbox.get(f"/_sim/subscriptions/{made['subscr_id']}")["state"] == "active"


def test_the_end_can_be_told_at_the_outset(sandbox: Running, till: Till) -> None:
    sandbox.arm("eot_at_outset")
    sandbox.approve(notify_url=till.url, src="0")
    kinds = [told["txn_type"] for told in till.told(3)]
    assert kinds == ["subscr_signup", "subscr_payment", "subscr_eot"]


def test_forged_messages_are_invalid(sandbox: Running, till: Till) -> None:
    sandbox.arm("forged", match={"txn_type": "subscr_payment"})
    sandbox.approve(notify_url=till.url)
    signup, forged = till.heard(2)
    sandbox.post("/_sim/forge", notify_url=till.url, fields={"txn_type": "web_accept", "x": ""})
    bare = till.heard(3)[2]
    assert bare == b"txn_type=web_accept&x="
    answers = [sandbox.postback(body).text for body in (signup, forged, bare)]
    assert answers == ["VERIFIED", "INVALID", "INVALID"]


@pytest.mark.parametrize(
    ("fault", "status", "text"),
    [
        ("postback_invalid", 200, "INVALID"),
        ("postback_error", 500, "Internal Server Error"),
        ("postback_html", 200, "<!doctype html>"),
        ("postback_timeout", 504, "Gateway Timeout"),
        ("postback_slow", 200, "VERIFIED"),
    ],
)
def test_the_postback_can_fail_once(
    sandbox: Running, till: Till, fault: str, status: int, text: str
) -> None:
    sandbox.approve(notify_url=till.url)
    body = till.heard(1)[0]
    sandbox.arm(fault, seconds=0.3)
    began = time.monotonic()
    answer = sandbox.postback(body)
    assert (answer.status_code, answer.text[: len(text)]) == (status, text)
    assert (time.monotonic() - began >= 0.3) is (fault in {"postback_slow", "postback_timeout"})
    assert sandbox.postback(body).text == "VERIFIED"


def test_armed_faults_are_shown_and_disarmed(sandbox: Running) -> None:
    sandbox.arm("drop", times=3, match={"invoice": "x"})
    [armed] = sandbox.get("/_sim/faults")["armed"]
    assert (armed["kind"], armed["left"], armed["match"]) == ("drop", 3, {"invoice": "x"})
    assert "drop" in sandbox.get("/_sim/faults")["kinds"]
    assert sandbox.delete("/_sim/faults") == {"armed": []}
