"""What cannot be mailed, or not at once: put off, refused, cut off, in doubt."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from chassis import clock
from chassis.errors import Denied, NotFound, Unavailable
from services.notifications import commands
from services.notifications.domain.delivering import Ending, Outcome
from services.notifications.models import Delivery
from tests.doors import Doors
from tests.notifications import letters
from tests.notifications.letters import make_cut_off, make_due
from tests.notifications.neighbours import Neighbours
from tests.notifications.post import PostOffice
from tests.notifications.sending import only, send, told


def test_a_token_that_is_used_up_is_not_mailed(
    doors: Doors, session: Session, post: PostOffice, neighbours: Neighbours
) -> None:
    """N04: what is too late to be of use is skipped, with the reason."""
    neighbours.failure = NotFound("token_unusable", "This token is used, void or too old.")
    doors.hear(letters.reset())
    send(doors)
    assert post.received == []
    assert (only(session).state, only(session).reason) == (
        "skipped",
        "This token is used, void or too old.",
    )


def test_a_service_that_is_away_is_waited_for(
    doors: Doors, session: Session, post: PostOffice, neighbours: Neighbours
) -> None:
    neighbours.failure = Unavailable("auth_away", "The auth service does not answer.")
    doors.hear(letters.confirmation())
    send(doors)
    assert only(session).state == "due"
    neighbours.failure = None
    make_due(session)
    send(doors)
    assert len(post.received) == 1


def test_a_request_that_is_denied_is_a_fault_that_operators_see(
    doors: Doors, session: Session, neighbours: Neighbours
) -> None:
    neighbours.failure = Denied("not_for_you", "This request is not for you.")
    doors.hear(letters.confirmation())
    send(doors)
    assert only(session).state == "failed"
    assert told(doors) == [("notifications.mail_failed", 1)]


def test_n02_cut_off_between_acceptance_and_commit_it_goes_once_more_under_its_name(
    doors: Doors, session: Session, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    doors.hear(letters.password_changed())
    with monkeypatch.context() as dying:
        dying.setattr(commands, "record", lambda *_, **__: None)
        send(doors)
    assert only(session).state == "sending"
    send(doors)
    assert len(post.received) == 1

    make_cut_off(session)
    send(doors)
    first, second = post.received
    assert first.message["Message-ID"] == second.message["Message-ID"]
    assert (only(session).state, only(session).resends) == ("sent", 1)


def test_n02_twice_in_doubt_it_stays_there_for_an_operator(
    doors: Doors, session: Session, post: PostOffice
) -> None:
    doors.hear(letters.password_changed())
    post.hang_up_after = "DATA"
    send(doors)
    assert only(session).state == "unknown"
    post.hang_up_after = None
    send(doors)
    assert len(post.received) == 2
    assert (only(session).state, only(session).due_at) == ("unknown", None)


def test_n02_one_late_attempt_changes_nothing_for_the_next(
    doors: Doors, session: Session, post: PostOffice
) -> None:
    doors.hear(letters.password_changed())
    claimed = doors.service.db.transact(commands.claim_next)
    make_cut_off(session)
    doors.service.db.transact(commands.take_up_again)
    doors.service.db.transact(
        commands.record,
        claimed=claimed,
        outcome=Outcome(Ending.REFUSED, "late"),
        now=clock.now(),
        real_now=clock.now(),
        chance=0.5,
    )
    assert only(session).state == "unknown"
    assert told(doors) == []


def test_n29_put_off_it_is_tried_again_later_and_then_sent(
    doors: Doors, session: Session, post: PostOffice
) -> None:
    post.answers["RCPT"] = "450 greylisted"
    doors.hear(letters.password_changed())
    send(doors)
    assert (only(session).state, only(session).attempts) == ("due", 1)
    assert "450 greylisted" in str(only(session).reason)
    send(doors)
    assert only(session).attempts == 1
    post.answers.clear()
    make_due(session)
    send(doors)
    assert (only(session).state, len(post.received)) == ("sent", 1)


def test_n29_after_three_days_it_is_given_up(
    doors: Doors, session: Session, post: PostOffice
) -> None:
    post.answers["RCPT"] = "450 full"
    doors.hear(letters.password_changed())
    session.execute(update(Delivery).values(tried_since=clock.now() - timedelta(days=4)))
    send(doors)
    assert only(session).state == "failed"
    assert told(doors) == [("notifications.mail_failed", 1)]


def test_n29_a_refusal_is_final(doors: Doors, session: Session, post: PostOffice) -> None:
    post.answers["RCPT"] = "550 no such user"
    doors.hear(letters.password_changed())
    send(doors)
    assert (only(session).state, only(session).due_at) == ("failed", None)
    assert "550 no such user" in str(only(session).reason)


def test_n29_while_the_mail_server_is_away_one_row_asks_for_all(
    doors: Doors, session: Session, post: PostOffice
) -> None:
    post.close()
    for _ in range(3):
        doors.hear(letters.password_changed())
    send(doors)
    attempts = session.scalars(select(Delivery.attempts)).all()
    assert sorted(attempts) == [0, 0, 1]
    post.open()
    make_due(session)
    send(doors)
    assert len(post.received) == 3


def test_n14_a_row_that_cannot_be_mailed_holds_up_nobody(
    doors: Doors, session: Session, post: PostOffice
) -> None:
    doors.hear(letters.password_changed(email="ann@example.org\r\nBcc: victim@example.org"))
    doors.hear(letters.password_changed(email="nobody"))
    doors.hear(letters.password_changed(name="Ann\r\nBcc: victim@example.org"))
    doors.hear(letters.password_changed())
    session.execute(
        update(Delivery).where(Delivery.email == "nobody").values(rule="a rule that is gone")
    )
    doors.hear(letters.reset())
    session.execute(
        update(Delivery).where(Delivery.rule == "reset_password").values(facts={"token_id": "?"})
    )
    send(doors)
    session.expire_all()
    states = session.scalars(select(Delivery.state).order_by(Delivery.delivery_id)).all()
    assert states == ["failed", "failed", "sent", "sent", "failed"]
    assert {mail.recipients for mail in post.received} == {("ann@example.org",)}


def test_n14_one_recipient_refused_the_next_one_is_served(
    doors: Doors, session: Session, post: PostOffice
) -> None:
    post.answers["bad@example.org"] = "550 no"
    doors.hear(letters.password_changed(email="bad@example.org"))
    doors.hear(letters.password_changed(email="good@example.org"))
    send(doors)
    assert post.only().recipients == ("good@example.org",)
