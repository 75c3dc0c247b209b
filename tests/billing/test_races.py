"""Many at once, with real commits: every effect once, no number lost."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from chassis.database import Database
from chassis.errors import Unavailable
from chassis.ids import new_id
from services.billing import commands
from services.billing.models import Invoice, LedgerEntry, Payment, PaymentMessage, Subscription
from tests.billing import paypal
from tests.billing.story import Shop

THREADS = 8


@pytest.fixture(params=["read committed", "serializable"])
def isolated(request, database: Database) -> Database:
    """Commands hold under both isolation levels."""

    @event.listens_for(database.engine, "connect")
    def set_level(connection, _):
        cursor = connection.cursor()
        cursor.execute(f"SET default_transaction_isolation = '{request.param}'")
        connection.commit()

    database.engine.dispose()
    return database


def at_once(work, arguments) -> list:
    with ThreadPoolExecutor(THREADS) as threads:
        return [done.result() for done in [threads.submit(work, each) for each in arguments]]


def prepared(database: Database, prepare):
    """Run `prepare(shop)` and commit it."""
    return database.transact(lambda session: prepare(Shop(session).opened()))


def apply(database: Database, raw: bytes, message_id) -> None:
    now = datetime.now(UTC)
    database.transact(
        commands.apply_message, now=now, real_now=now, message_id=message_id,
        fact=paypal.fact(raw), merchant=paypal.MERCHANT,
    )  # fmt: skip


def counted(database: Database, *tables) -> list[int]:
    return [len(database.read(lambda s, t=table: Shop(s).rows(t))) for table in tables]


def test_one_message_applied_by_eight_at_once_is_one_payment(isolated: Database):
    def prepare(shop: Shop):
        raw = paypal.payment(shop.checkout())
        return raw, shop.receive(raw)

    raw, message_id = prepared(isolated, prepare)
    at_once(lambda _: apply(isolated, raw, message_id), range(THREADS))
    assert counted(isolated, Payment, Invoice, Subscription, LedgerEntry) == [1, 1, 1, 1]


def test_eight_resends_and_sign_ups_at_once_are_one_payment(isolated: Database):
    def prepare(shop: Shop):
        order = shop.checkout()
        raws = [paypal.payment(order, resend=str(count)) for count in range(THREADS - 2)]
        raws += [paypal.sign_up(order), paypal.cancel(order)]
        return [(raw, shop.receive(raw)) for raw in raws]

    messages = prepared(isolated, prepare)
    at_once(lambda pair: apply(isolated, *pair), messages)
    assert counted(isolated, Payment, Invoice, Subscription, LedgerEntry) == [1, 1, 1, 1]
    states = isolated.read(lambda s: sorted(each.state for each in Shop(s).rows(PaymentMessage)))
    assert states == ["applied"] * 3 + ["ignored"] * 5


def test_numbers_stay_gapless_when_many_pay_at_once(isolated: Database):
    def prepare(shop: Shop):
        orders = [shop.checkout(account_id=shop.meet(new_id())) for _ in range(THREADS)]
        raws = [
            paypal.payment(order, txn_id=f"T{count}", subscr_id=f"S{count}")
            for count, order in enumerate(orders)
        ]
        return [(raw, shop.receive(raw)) for raw in raws]

    messages = prepared(isolated, prepare)

    def tried(pair) -> None:
        # Serializable gives up on one series that all want; the sender then comes again.
        with suppress(Unavailable):
            apply(isolated, *pair)

    at_once(tried, messages)
    for pair in messages:
        apply(isolated, *pair)
    counts = isolated.read(lambda s: sorted(each.series_count for each in Shop(s).rows(Invoice)))
    assert counts == list(range(1, THREADS + 1))


def test_the_same_bytes_received_at_once_are_one_message(isolated: Database):
    at_once(
        lambda _: isolated.transact(lambda session: Shop(session).receive(b"a=1")), range(THREADS)
    )
    (message,) = isolated.read(lambda session: Shop(session).rows(PaymentMessage))
    assert message.deliveries == THREADS


def test_one_checkout_started_at_once_is_one_invoice(isolated: Database):
    ann, plan_id = prepared(isolated, lambda shop: (shop.ann, shop.plan("basic").plan_id))
    invoice_id = new_id()

    def start(session: Session):
        now = datetime.now(UTC)
        return commands.start_checkout(
            session, now=now, account_id=ann, invoice_id=invoice_id, plan_id=plan_id
        )

    orders = at_once(lambda _: isolated.transact(start), range(THREADS))
    assert len(set(orders)) == 1
    assert counted(isolated, Invoice) == [1]
