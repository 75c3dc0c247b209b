"""From an event to a mail in somebody's mailbox, once."""

from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from chassis.ids import new_id
from services.notifications import commands
from services.notifications.models import Delivery
from services.notifications.service import NotificationsService
from tests.doors import Doors
from tests.notifications import letters
from tests.notifications.letters import make_due
from tests.notifications.neighbours import CODE, PDF, TOKEN, Neighbours
from tests.notifications.post import PostOffice
from tests.notifications.sending import only, send, told


def test_a_confirmation_is_mailed_with_link_and_code(doors: Doors, post: PostOffice) -> None:
    doors.hear(letters.confirmation())
    assert post.received == []
    send(doors)
    mail = post.only()
    assert mail.recipients == ("ann@example.org",)
    for kind in ("plain", "html"):
        assert f"https://shop.example/confirm?token={TOKEN}" in mail.body(kind)
        assert CODE in mail.body(kind)
    assert mail.message["X-Request-Id"] == "request-1"
    assert told(doors) == [("notifications.mail_sent", 1)]


def test_a_secret_is_asked_for_the_account_and_stored_nowhere(
    doors: Doors, session: Session, neighbours: Neighbours
) -> None:
    doors.hear(letters.confirmation())
    send(doors)
    ((asked, caller),) = neighbours.asked
    assert (asked, caller.principal) == ("auth.mail_secret", "notifications")
    assert caller.account_id == only(session).account_id
    for table in ("delivery", "outbox", "inbox"):
        for row in session.execute(text(f"SELECT t::text FROM {table} t")).scalars():
            assert TOKEN not in row
            assert CODE not in row


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (letters.sign_up_repeated(), "has an account already"),
        (letters.reset(), f"https://shop.example/reset?token={TOKEN}"),
        (letters.password_changed(), "has just been changed"),
        (letters.confirmed(), "your account is ready"),
    ],
)
def test_what_happens_to_an_account_is_mailed_to_its_owner(
    doors: Doors, post: PostOffice, event: tuple[str, dict[str, Any]], words: str
) -> None:
    doors.hear(event)
    send(doors)
    assert words in post.only().body("plain")


def test_n01_a_second_delivery_of_any_event_mails_nothing_more(
    doors: Doors, session: Session, post: PostOffice, neighbours: Neighbours
) -> None:
    account, invoice = new_id(), new_id()
    neighbours.documents[invoice] = PDF
    events = [
        letters.signed_up(account_id=str(account)),
        letters.confirmed(account_id=str(account)),
        letters.confirmation(),
        letters.reset(),
        letters.password_changed(),
        letters.sign_up_repeated(),
        letters.paid(invoice),
        letters.document_ready(invoice),
        letters.cancelled(account),
        letters.refunded(account),
        letters.earned(account),
    ]
    heard = [(doors.hear(event), event[1]) for event in events]
    send(doors)
    assert len(post.received) == 9
    for message, body in heard:
        doors.hear_again(message, body)
    # And once more as after a pruned inbox: the rows themselves hold the promise.
    session.execute(text("DELETE FROM inbox"))
    for message, body in heard:
        doors.hear_again(message, body)
    send(doors)
    assert len(post.received) == 9
    assert len({mail.message["Message-ID"] for mail in post.received}) == 9
    assert len(told(doors)) == 9


def test_n05_two_events_are_two_mails_and_one_rule_is_one(doors: Doors, session: Session) -> None:
    doors.hear(letters.confirmation())
    doors.hear(letters.confirmation())
    assert session.scalar(select(func.count()).select_from(Delivery)) == 2


def test_a_receipt_waits_for_its_invoice_and_carries_it(
    doors: Doors, session: Session, post: PostOffice, neighbours: Neighbours
) -> None:
    invoice = new_id()
    doors.hear(letters.paid(invoice))
    send(doors)
    assert post.received == []
    assert only(session).state == "waiting_for_document"
    neighbours.documents[invoice] = PDF
    doors.hear(letters.document_ready(invoice))
    send(doors)
    (attached,) = post.only().message.iter_attachments()
    assert attached.get_content() == PDF
    assert attached.get_filename() == "invoice-2026-0001.pdf"
    assert post.only().message["Subject"] == "Receipt 2026-0001 from Memberhall"
    assert "Paid: EUR 15.00" in post.only().body("plain")
    assert "Paid on: 5 March 2026, 14:05 CET" in post.only().body("plain")
    assert "Until" not in post.only().body("plain")


def test_a_document_that_is_ready_first_needs_no_second_word(
    doors: Doors, post: PostOffice, neighbours: Neighbours
) -> None:
    invoice = new_id()
    neighbours.documents[invoice] = PDF
    doors.hear(letters.document_ready(invoice))
    doors.hear(letters.paid(invoice))
    send(doors)
    assert len(post.received) == 1


def test_a_document_that_gets_ready_while_it_is_asked_for_is_not_missed(
    doors: Doors, post: PostOffice, neighbours: Neighbours
) -> None:
    invoice = new_id()
    doors.hear(letters.paid(invoice))

    def gets_ready() -> None:
        neighbours.meanwhile = None
        doors.hear(letters.document_ready(invoice))
        doors.service.db.transact(lambda session: session.flush())

    neighbours.meanwhile = gets_ready
    service_call, neighbours.documents = neighbours.documents, {}
    send_once(doors)
    neighbours.documents = {**service_call, invoice: PDF}
    send(doors)
    assert len(post.received) == 1


def send_once(doors: Doors) -> None:
    """One attempt, as `send_due` makes it."""
    service: NotificationsService = doors.service
    claimed = service.db.transact(commands.claim_next)
    assert claimed is not None
    service._send(claimed)  # the loop's own body, to stop between two rounds


def test_a_receipt_may_wait_for_long(
    doors: Doors, session: Session, post: PostOffice, neighbours: Neighbours
) -> None:
    doors.hear(letters.paid(new_id()))
    for _ in range(5):
        make_due(session)
        send(doors)
    assert only(session).state == "waiting_for_document"
    assert only(session).attempts == 5


def test_an_address_is_known_from_what_auth_told(doors: Doors, post: PostOffice) -> None:
    account = new_id()
    doors.hear(letters.confirmed(account_id=str(account), email="new@example.org"))
    doors.hear(letters.signed_up(account_id=str(account), email="old@example.org"))
    doors.hear(letters.cancelled(account))
    send(doors)
    mail = post.received[-1]
    assert mail.recipients == ("new@example.org",)
    assert "until 1 April 2026, 00:30 CEST" in mail.body("plain")


def test_without_an_address_a_mail_is_skipped_with_the_reason(
    doors: Doors, session: Session, post: PostOffice
) -> None:
    doors.hear(letters.earned(new_id()))
    send(doors)
    assert post.received == []
    assert only(session).state == "skipped"
    assert "No address" in str(only(session).reason)


def test_an_address_that_is_told_later_is_mailed_then(
    doors: Doors, session: Session, post: PostOffice
) -> None:
    account = new_id()
    message, body = doors.hear(event := letters.earned(account)), None
    doors.hear(letters.signed_up(account_id=str(account)))
    send(doors)
    assert post.only().message["Subject"] == "You earned EUR 3.00"
    session.execute(text("DELETE FROM inbox"))
    doors.hear_again(message, event[1])
    send(doors)
    assert len(post.received) == 1
    assert body is None
