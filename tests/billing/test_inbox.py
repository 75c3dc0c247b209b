"""The inbox of messages: kept, claimed, asked about again, replayed."""

from datetime import timedelta

import pytest

from chassis.errors import Conflict, Invalid, NotFound
from chassis.ids import new_id
from services.billing import commands, queries
from services.billing.domain.catalog import MAIN_SITE
from services.billing.models import PaymentMessage
from tests.billing import paypal
from tests.billing.story import Shop

OTHER_SITE = new_id()


@pytest.mark.parametrize("size", [0, 64 * 1024 + 1])
def test_an_oversized_or_empty_message_is_not_kept(shop: Shop, size: int):
    with pytest.raises(Invalid, match="message_size"):
        shop.receive(b"x" * size)


def receive(shop: Shop, message_id, raw: bytes):
    return commands.receive_ipn(
        shop.session, now=shop.now, due=shop.now, site_id=MAIN_SITE, message_id=message_id,
        raw=raw, digest=raw[:1] * 32, content_type="x",
    )  # fmt: skip


def test_a_message_is_kept_byte_for_byte(shop: Shop):
    raw = bytes(range(256))
    message_id = shop.receive(raw)
    shop.session.expire_all()
    message = shop.session.get_one(PaymentMessage, message_id)
    assert bytes(message.raw) == raw
    assert (message.state, message.deliveries) == ("received", 1)


def test_the_same_call_keeps_one_message(shop: Shop):
    message_id = new_id()
    assert receive(shop, message_id, b"a") == receive(shop, message_id, b"a") == message_id
    assert shop.rows(PaymentMessage)[0].deliveries == 1


def test_a_message_id_with_other_bytes_is_refused(shop: Shop):
    message_id = new_id()
    receive(shop, message_id, b"a")
    with pytest.raises(Conflict):
        receive(shop, message_id, b"b")


def test_a_claimed_message_is_nobody_elses_for_a_while(shop: Shop):
    message_id = shop.receive(b"a=1")
    (claimed,) = commands.claim_messages(shop.session, real_now=shop.now)
    assert (claimed.message_id, claimed.raw, claimed.verified) == (message_id, b"a=1", False)
    assert commands.claim_messages(shop.session, real_now=shop.now) == []
    later = shop.now + timedelta(seconds=61)
    assert len(commands.claim_messages(shop.session, real_now=later)) == 1


def test_without_a_word_the_message_is_asked_about_again_and_again(shop: Shop):
    message_id = shop.receive(b"a=1")
    pauses = []
    for _ in range(12):
        assert len(commands.claim_messages(shop.session, real_now=shop.now)) == 1
        commands.ask_again(shop.session, message_id=message_id, real_now=shop.now)
        message = shop.session.get_one(PaymentMessage, message_id)
        pauses.append((message.next_try_at - shop.now).total_seconds())
        shop.now = message.next_try_at
    assert pauses == [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]
    assert message.state == "received"


def test_a_disowned_message_is_asked_about_again_only_when_it_comes_again(shop: Shop):
    raw = paypal.payment(shop.checkout())
    message_id = shop.receive(raw)
    commands.refuse_message(shop.session, message_id=message_id, now=shop.now)
    assert commands.claim_messages(shop.session, real_now=shop.now) == []
    commands.refuse_message(shop.session, message_id=message_id, now=shop.now)
    commands.ask_again(shop.session, message_id=message_id, real_now=shop.now)
    assert shop.apply(message_id).state == "invalid"
    assert shop.granted_nothing()
    assert shop.receive(raw) == message_id
    assert len(commands.claim_messages(shop.session, real_now=shop.now)) == 1


def replay(shop: Shop, message_id, site_id=MAIN_SITE):
    return commands.replay_payment_message(
        shop.session, site_id=site_id, message_id=message_id, due=shop.now
    )


def test_an_operator_can_have_the_checks_run_again(shop: Shop):
    order = shop.checkout(account_id=shop.ann)
    shop.load()
    early = shop.deliver(paypal.payment(order, receiver_id="OTHEROTHER123"))
    assert early.state == "unmatched"
    assert replay(shop, early.message_id).state == "received"
    (claimed,) = commands.claim_messages(shop.session, real_now=shop.now)
    assert claimed.verified
    assert shop.apply(early.message_id).reason == "other_receiver"


def test_an_applied_message_is_not_replayed(shop: Shop):
    shop.subscribed()
    for message in shop.rows(PaymentMessage):
        with pytest.raises(Conflict):
            replay(shop, message.message_id)


def test_a_message_of_another_site_is_not_there(shop: Shop):
    with pytest.raises(NotFound):
        queries.payment_message(shop.session, site_id=MAIN_SITE, message_id=new_id())
    with pytest.raises(NotFound):
        replay(shop, shop.receive(b"a=1"), OTHER_SITE)
    with pytest.raises(NotFound):
        replay(shop, new_id())
