"""The pages a person sees, by HTTP."""

from __future__ import annotations

import re

import pytest
import requests

from tests.sandbox.running import Running, buy, subscribe
from tests.sandbox.shop import Till


def open_checkout(sandbox: Running, button: dict[str, object]) -> str:
    form = {name: str(value) for name, value in button.items()}
    answer = requests.post(
        f"{sandbox.url}/cgi-bin/webscr",
        data=form,
        headers={"Sec-Fetch-Site": "cross-site"},
        timeout=10,
        allow_redirects=False,
    )
    assert answer.status_code == 303, answer.text
    return sandbox.url + answer.headers["Location"]


def decide(address: str, decision: str) -> requests.Response:
    form = {"decision": decision}
    return requests.post(address, data=form, timeout=10, allow_redirects=False)


def test_the_buyer_sees_what_is_bought_and_that_no_money_moves(sandbox: Running) -> None:
    terms = {"a1": "0", "p1": "7", "t1": "D", "srt": "12", "email": "bob@example.com"}
    shown = requests.get(open_checkout(sandbox, subscribe(**terms)), timeout=10).text
    for words in (
        "no money moves",
        "First 7 days",
        "free",
        "Every month, 12 times",
        "EUR 15.00",
        "bob@example.com",
        "shop@example.com",
        'lang="en"',
    ):
        assert words in shown


def test_a_yes_tells_the_shop_and_a_second_yes_changes_nothing(
    sandbox: Running, till: Till, invoice: str
) -> None:
    back = "http://127.0.0.1/thanks?invoice=1"
    button = subscribe(notify_url=till.url, invoice=invoice, rm="1", **{"return": back})
    address = open_checkout(sandbox, button)
    first, second = decide(address, "approve"), decide(address, "approve")
    assert (first.status_code, first.headers["Location"]) == (303, back)
    assert second.headers["Location"] == back
    sandbox.settle()
    assert len(till.heard()) == 2


def test_by_default_the_buyer_brings_the_variables_back(sandbox: Running) -> None:
    button = buy(custom="tok", **{"return": "http://127.0.0.1/thanks?a=1"})
    location = decide(open_checkout(sandbox, button), "approve").headers["Location"]
    shape = (
        r"http://127\.0\.0\.1/thanks\?a=1&PayerID=\w{13}&tx=\w{17}&st=Completed&amt=40\.00&cc=EUR"
        r"&cm=tok&item_number="
    )
    assert re.fullmatch(shape, location)


def test_rm_2_brings_the_variables_back_by_post(sandbox: Running) -> None:
    button = buy(rm="2", **{"return": "http://127.0.0.1/thanks"})
    answer = decide(open_checkout(sandbox, button), "approve")
    assert '<form id="back" method="post" action="http://127.0.0.1/thanks">' in answer.text
    assert "form-action 'self' http://127.0.0.1;" in answer.headers["Content-Security-Policy"]


def test_a_no_pays_nothing(sandbox: Running, till: Till, invoice: str) -> None:
    button = buy(notify_url=till.url, invoice=invoice, cancel_return="http://127.0.0.1/pricing")
    answer = decide(open_checkout(sandbox, button), "cancel")
    assert (answer.status_code, answer.headers["Location"]) == (303, "http://127.0.0.1/pricing")
    assert sandbox.get("/_sim/payments", invoice=invoice)["items"] == []
    nowhere = decide(open_checkout(sandbox, buy()), "cancel")
    assert "Nothing was paid" in nowhere.text


def test_a_wrong_button_gets_a_page_with_every_fault(sandbox: Running) -> None:
    answer = requests.get(f"{sandbox.url}/cgi-bin/webscr?cmd=_xclick&amount=1,5", timeout=10)
    assert answer.status_code == 400
    assert "business is missing" in answer.text
    assert "amount is" in answer.text


def test_letters_come_through_whatever_the_form_s_charset(sandbox: Running, invoice: str) -> None:
    button = buy(invoice=invoice, charset="UTF-8", item_name="Łódź €")
    decide(open_checkout(sandbox, button), "approve")
    message = sandbox.message(invoice=invoice)
    assert message["fields"]["item_name"] == "Łódź €"
    assert "%C5%81%C3%B3d%C5%BA+%E2%82%AC" in message["raw"]


def test_the_overview_lists_and_its_buttons_work(
    sandbox: Running, till: Till, invoice: str
) -> None:
    made = sandbox.approve(notify_url=till.url, invoice=invoice)
    till.heard(2)
    paid = sandbox.message(invoice=invoice, txn_type="subscr_payment")
    shown = requests.get(sandbox.url + "/", timeout=10).text
    assert all(one in shown for one in (made["subscr_id"], made["txn_id"], paid["id"], "/mailbox"))
    for path in (
        f"/messages/{paid['id']}/resend",
        f"/payments/{made['txn_id']}/refund",
        f"/subscriptions/{made['subscr_id']}/cancel",
    ):
        answer = requests.post(sandbox.url + path, timeout=10, allow_redirects=False)
        assert answer.status_code == 303
    told = till.told(5)[2:]
    assert {message.get("txn_type", "refund") for message in told} == {
        "subscr_payment",
        "refund",
        "subscr_cancel",
    }
    again = requests.post(f"{sandbox.url}/payments/{made['txn_id']}/refund", timeout=10)
    assert again.status_code == 409
    assert "can be refunded" in again.text


@pytest.mark.parametrize("path", ["/", "/mailbox", "/nowhere", "/checkout/nothing"])
def test_pages_load_nothing_from_elsewhere_and_say_what_they_are(
    sandbox: Running, path: str
) -> None:
    answer = requests.get(sandbox.url + path, timeout=10)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "Sandbox: no money moves" in answer.text
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', answer.text)


def test_another_site_s_page_cannot_press_our_buttons(sandbox: Running) -> None:
    made = sandbox.approve()
    answer = requests.post(
        f"{sandbox.url}/payments/{made['txn_id']}/refund",
        headers={"Sec-Fetch-Site": "cross-site"},
        timeout=10,
    )
    assert answer.status_code == 403
