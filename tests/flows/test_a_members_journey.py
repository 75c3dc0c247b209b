"""From an affiliate's link to a receipt, over HTTP; all is real but PayPal and the mailbox.

Whatever happens to PayPal's messages on their way: exactly one payment, one period, one receipt and
one commission, or nothing at all.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from console.journey import Journey
from tests.processes import until
from tests.suite import Suite


@pytest.fixture
def journey(suite: Suite) -> Iterator[Journey]:
    yield Journey(site=suite.site, sandbox=suite.sandbox)
    requests.delete(f"{suite.sandbox}/_sim/faults", timeout=10)


def before_paying(journey: Journey) -> None:
    for step in journey.steps():
        if step.__name__ == "pays":
            return
        step()


def after_paying(journey: Journey) -> None:
    journey.becomes_a_member()
    journey.finds_the_invoice()
    journey.gets_the_receipt()
    journey.the_affiliate_earns()


def counts(suite: Suite, journey: Journey) -> dict[str, int]:
    """How many there are of what must be one."""
    ((account,),) = suite.rows(
        "auth", "SELECT account_id FROM site_user WHERE email_canonical = %s", journey.email
    )
    found = {
        what: suite.rows(service, f"SELECT count(*) FROM {rows}", account)[0][0]
        for what, (service, rows) in WHAT_MUST_BE_ONE.items()
    }
    receipts = [mail for mail in journey.mails() if "receipt" in mail["subject"].lower()]
    return {**found, "receipts": len(receipts)}


WHAT_MUST_BE_ONE = {
    "payments": ("billing", "payment WHERE account_id = %s"),
    "paid invoices": ("billing", "invoice WHERE account_id = %s AND state = 'paid'"),
    "commissions": (
        "affiliates",
        "commission JOIN payment USING (payment_id) WHERE payment.account_id = %s",
    ),
}
ONE_OF_EACH = {"payments": 1, "paid invoices": 1, "commissions": 1, "receipts": 1}
NOTHING = {"payments": 0, "paid invoices": 0, "commissions": 0, "receipts": 0}


def test_the_journey(suite: Suite, journey: Journey):
    for step in journey.steps():
        step()

    assert counts(suite, journey) == ONE_OF_EACH


@pytest.mark.parametrize("fault", ["duplicate", "reorder", "drop"])
def test_messages_twice_out_of_order_or_late_make_no_difference(
    suite: Suite, journey: Journey, fault: str
):
    before_paying(journey)
    suite.fault(fault, times=1)
    journey.pays()
    if fault == "drop":
        send_again(suite, messages(suite, state="lost"))

    after_paying(journey)
    suite.settled()

    assert counts(suite, journey) == ONE_OF_EACH


def test_every_message_again_after_all_was_done_changes_nothing(suite: Suite, journey: Journey):
    for step in journey.steps():
        step()
    told = messages(suite, invoice=journey.invoice_id)
    send_again(suite, told)
    suite.settled()

    assert len(told) >= 2
    assert counts(suite, journey) == ONE_OF_EACH


def test_a_forged_message_gives_nothing_and_operators_see_it(suite: Suite, journey: Journey):
    before_paying(journey)
    form = journey.member.form("/cgi-bin/webscr").fields
    journey.invoice_id = form["invoice"]
    forged = requests.post(
        f"{suite.sandbox}/_sim/forge",
        json={
            "notify_url": form["notify_url"],
            "fields": {
                "txn_type": "subscr_payment",
                "payment_status": "Completed",
                "invoice": form["invoice"],
                "custom": form["custom"],
                "txn_id": "1FORGED2345678901",
                "subscr_id": "I-FORGED123456",
                "mc_gross": form["a3"],
                "mc_currency": form["currency_code"],
                "receiver_email": form["business"],
                "business": form["business"],
                "test_ipn": "1",
                "charset": "utf-8",
            },
        },
        timeout=10,
    )
    assert forged.ok, forged.text

    def refused() -> bool:
        return bool(
            suite.rows(
                "billing",
                "SELECT 1 FROM payment_message WHERE state = 'invalid' AND raw LIKE %s",
                b"%1FORGED2345678901%",
            )
        )

    until(refused, 20, "the forged message is refused")
    assert counts(suite, journey) == NOTHING


def test_billing_killed_while_paypal_tells_is_a_pause(suite: Suite, journey: Journey):
    before_paying(journey)
    with suite.without("billing"):
        journey.pays()
        until(lambda: attempts(suite, journey) >= 1, 30, "PayPal has tried in vain")
    requests.post(f"{suite.sandbox}/_sim/clock", json={"advance_seconds": 30}, timeout=30)

    after_paying(journey)
    suite.settled()

    assert counts(suite, journey) == ONE_OF_EACH


def messages(suite: Suite, **which: str) -> list[dict[str, Any]]:
    """PayPal's messages, as the sandbox remembers them."""
    answer = requests.get(f"{suite.sandbox}/_sim/messages", params=which, timeout=10)
    return list(answer.json()["items"])


def send_again(suite: Suite, told: list[dict[str, Any]]) -> None:
    for message in told:
        url = f"{suite.sandbox}/_sim/messages/{message['id']}/resend"
        assert requests.post(url, timeout=10).ok


def attempts(suite: Suite, journey: Journey) -> int:
    return sum(len(each["attempts"]) for each in messages(suite, invoice=journey.invoice_id))
