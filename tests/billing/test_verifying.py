"""The sender that asks PayPal, against a PayPal that answers as a test says, with real commits."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from chassis.database import Database
from services.billing.adapters.verification import Verifier
from services.billing.domain.verifying import Verdict
from services.billing.models import Payment, PaymentMessage
from services.billing.service import BillingService
from tests.billing import paypal
from tests.billing.story import Shop


@dataclass
class Answering:
    """What the listener answers next, and what it was asked."""

    url: str = ""
    status: int = 200
    body: bytes = b"VERIFIED"
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[bytes, Any]] = field(default_factory=list)


@pytest.fixture
def answering() -> Iterator[Answering]:
    answering = Answering()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            answering.asked.append((raw, self.headers))
            self.send_response(answering.status)
            for name, value in answering.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answering.body)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    answering.url = f"http://127.0.0.1:{server.server_address[1]}/webscr"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield answering
    server.shutdown()
    thread.join()
    server.server_close()


RAW = b"b=%FCber&a=1+2&blank=&c=x%20y&payment_date=03%3A15%3A00+Jan+31%2C+2026+PST"


def test_the_very_bytes_are_posted_back(answering: Answering):
    assert Verifier(answering.url).verdict(RAW) is Verdict.VERIFIED
    ((raw, headers),) = answering.asked
    assert raw == b"cmd=_notify-validate&" + RAW
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert headers["User-Agent"]


@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [
        (200, b"VERIFIED", Verdict.VERIFIED),
        (200, b"INVALID", Verdict.INVALID),
        (200, b"INVALID\r\n", Verdict.INVALID),
        (200, b"<html>VERIFIED</html>", Verdict.UNKNOWN),
        (200, b"", Verdict.UNKNOWN),
        (200, b"verified", Verdict.UNKNOWN),
        (403, b"VERIFIED", Verdict.UNKNOWN),
        (500, b"INVALID", Verdict.UNKNOWN),
    ],
)
def test_only_paypals_two_words_count(answering: Answering, status: int, body: bytes, verdict):
    answering.status, answering.body = status, body
    assert Verifier(answering.url).verdict(RAW) is verdict


def test_a_redirect_is_not_followed(answering: Answering):
    answering.status, answering.headers = 302, {"Location": answering.url}
    assert Verifier(answering.url).verdict(RAW) is Verdict.UNKNOWN
    assert len(answering.asked) == 1


def test_nobody_there_is_no_word():
    assert Verifier("http://127.0.0.1:1/").verdict(RAW) is Verdict.UNKNOWN


@pytest.fixture
def billing(database: Database, answering: Answering) -> BillingService:
    """The service on that database, which asks that listener."""
    service = BillingService()
    settings = SimpleNamespace(
        paypal_verify_url=answering.url,
        paypal_receiver_id=paypal.MERCHANT.receiver_id,
        paypal_business=paypal.MERCHANT.email,
        is_sandbox=True,
    )
    service.runtime = SimpleNamespace(database=database, settings=settings)
    return service


def paid_for(database: Database) -> UUID:
    """A payment has arrived and nobody has asked about it yet."""

    def prepare(session) -> UUID:
        shop = Shop(session).opened()
        return shop.receive(paypal.payment(shop.checkout()))

    return database.transact(prepare)


def message(database: Database) -> PaymentMessage:
    return database.read(lambda session: Shop(session).rows(PaymentMessage)[0])


def payments(database: Database) -> int:
    return database.read(lambda session: len(Shop(session).rows(Payment)))


def due_again(database: Database) -> None:
    def make_due(session) -> None:
        session.execute(
            update(PaymentMessage).values(
                next_try_at=PaymentMessage.next_try_at - timedelta(hours=1)
            )
        )

    database.transact(make_due)


def test_a_verified_payment_has_its_effect(billing: BillingService, database: Database):
    paid_for(database)
    billing.verify_messages()
    found = message(database)
    assert (found.state, found.reason) == ("applied", None)
    assert found.verified_at is not None
    assert payments(database) == 1


def test_a_forged_message_never_has_one(
    billing: BillingService, database: Database, answering: Answering
):
    answering.body = b"INVALID"
    paid_for(database)
    billing.verify_messages()
    assert (message(database).state, payments(database)) == ("invalid", 0)
    due_again(database)
    billing.verify_messages()
    assert len(answering.asked) == 1


def test_without_a_word_nothing_is_granted_and_nothing_dropped(
    billing: BillingService, database: Database, answering: Answering
):
    answering.status = 500
    paid_for(database)
    billing.verify_messages()
    assert (message(database).state, payments(database)) == ("received", 0)
    billing.verify_messages()
    assert len(answering.asked) == 1
    answering.status = 200
    due_again(database)
    billing.verify_messages()
    assert (message(database).state, payments(database)) == ("applied", 1)


def test_a_message_that_breaks_us_holds_up_no_other(
    billing: BillingService, database: Database, monkeypatch: pytest.MonkeyPatch
):
    paid_for(database)
    database.transact(lambda session: Shop(session).receive(b"broken=1"))
    read = paypal.ipn.read

    def breaking(raw: bytes) -> Any:
        if raw == b"broken=1":
            raise RuntimeError("a defect")
        return read(raw)

    monkeypatch.setattr("services.billing.service.ipn.read", breaking)
    billing.verify_messages()
    assert payments(database) == 1


def test_many_messages_are_all_asked_about(billing: BillingService, database: Database):
    def prepare(session) -> None:
        shop = Shop(session).opened()
        for count in range(20):
            shop.receive(b"a=%d" % count)

    database.transact(prepare)
    billing.verify_messages()
    states = database.read(lambda s: {each.state for each in Shop(s).rows(PaymentMessage)})
    assert states == {"unmatched"}
