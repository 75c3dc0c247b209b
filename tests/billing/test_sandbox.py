"""Billing and the sandbox's PayPal, for real: our form, their messages, their word on them.

The listener stands for the gateway: it keeps the bytes by billing's own command and answers 200.
"""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from chassis.database import Database
from chassis.ids import new_id
from services.billing import commands
from services.billing.adapters import buttons, ipn
from services.billing.domain.catalog import MAIN_SITE
from services.billing.models import Invoice, LedgerTransfer, Payment, PaymentMessage, Subscription
from services.billing.service import BillingService
from tests.billing import paypal
from tests.billing.story import Shop
from tests.sandbox.running import Running, start

MERCHANT = paypal.MERCHANT


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Running]:
    running = start(
        MEMBERHALL_BILLING_PAYPAL_BUSINESS=MERCHANT.email,
        MEMBERHALL_BILLING_PAYPAL_RECEIVER_ID=MERCHANT.receiver_id,
    )
    yield running
    assert running.stop() == 0


@pytest.fixture
def webhook(database: Database) -> Iterator[str]:
    """The public URL under which messages are taken in."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            now = datetime.now(UTC)
            database.transact(
                commands.receive_ipn, now=now, due=now, site_id=MAIN_SITE, message_id=new_id(),
                raw=raw, digest=ipn.digest(raw), content_type=self.headers["Content-Type"],
            )  # fmt: skip
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


class Club:
    """The club whose members pay at the sandbox."""

    def __init__(self, database: Database, sandbox: Running, public_url: str) -> None:
        self.database = database
        self.sandbox = sandbox
        webscr = f"{sandbox.url}/cgi-bin/webscr"
        self.paypal = buttons.Shop(webscr, MERCHANT.email, public_url)
        self.service = BillingService()
        settings = SimpleNamespace(
            paypal_verify_url=webscr,
            paypal_receiver_id=MERCHANT.receiver_id,
            paypal_business=MERCHANT.email,
            is_sandbox=True,
        )
        self.service.runtime = SimpleNamespace(database=database, settings=settings)

    def buy(self, code: str, **changes: str) -> dict[str, Any]:
        """Somebody new goes through the checkout and approves at PayPal."""

        def start_checkout(session) -> Any:
            shop = Shop(session).opened()
            return shop.checkout(code)

        order = self.database.transact(start_checkout)
        fields = buttons.form(self.paypal, order)["fields"]
        approved: dict[str, Any] = self.sandbox.approve({**fields, **changes})
        self.settle()
        return approved

    def settle(self) -> None:
        self.sandbox.settle()
        self.service.verify_messages()

    def rows(self, table: type[Any]) -> list[Any]:
        return self.database.read(lambda session: Shop(session).rows(table))

    def outcomes(self) -> list[tuple[str, str | None]]:
        return sorted((each.state, each.reason) for each in self.rows(PaymentMessage))


@pytest.fixture
def club(database: Database, sandbox: Running, webhook: str) -> Iterator[Club]:
    sandbox.delete("/_sim/faults")
    yield Club(database, sandbox, webhook)
    sandbox.settle()


def test_a_subscription_bought_at_the_sandbox_is_paid(club: Club):
    club.buy("basic")
    assert club.outcomes() == [("applied", None), ("applied", None)]
    (invoice,), (payment,) = club.rows(Invoice), club.rows(Payment)
    assert (invoice.state, payment.standing, payment.amount) == ("paid", "completed", 1200)
    assert club.rows(Subscription)[0].paid_through == invoice.period_to


def test_a_single_payment_bought_at_the_sandbox_is_paid(club: Club):
    club.buy("handbook")
    assert club.outcomes() == [("applied", None)]
    assert club.rows(Invoice)[0].state == "paid"


def test_a_free_trial_bought_at_the_sandbox_begins(club: Club):
    club.buy("free")
    assert club.outcomes() == [("applied", None)]
    assert club.rows(Subscription)[0].paid_through is not None


@pytest.mark.parametrize("fault", ["duplicate", "reorder"])
def test_what_the_network_does_changes_nothing(club: Club, fault: str):
    club.sandbox.arm(fault)
    club.buy("basic")
    assert len(club.rows(Payment)) == len(club.rows(Invoice)) == 1
    assert club.rows(Invoice)[0].state == "paid"


def test_a_price_lowered_on_the_way_buys_nothing(club: Club):
    club.buy("basic", a3="0.01")
    assert club.outcomes() == [("unmatched", "terms_differ"), ("unmatched", "underpaid")]
    assert club.rows(Payment) == club.rows(LedgerTransfer) == []


def test_renewals_follow_when_the_clock_moves(club: Club):
    club.buy("basic")
    club.sandbox.advance(days=32)
    club.settle()
    first, second = sorted(club.rows(Invoice), key=lambda each: each.period_index)
    assert (first.state, second.state) == ("paid", "paid")
    assert second.period_from == first.period_to


def test_a_message_that_the_sandbox_did_not_send_is_invalid(club: Club):
    def forge(session) -> UUID:
        shop = Shop(session).opened()
        return shop.receive(paypal.payment(shop.checkout()))

    club.database.transact(forge)
    club.settle()
    assert club.outcomes() == [("invalid", "not_sent_by_provider")]
    assert club.rows(Payment) == []
