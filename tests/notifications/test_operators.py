"""What operators see of deliveries and do with them."""

import json
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from chassis.errors import Conflict, Denied, Invalid, NotFound
from chassis.ids import new_id
from services.notifications.models import Delivery
from tests.doors import Doors, caller
from tests.notifications import letters
from tests.notifications.neighbours import CODE, TOKEN
from tests.notifications.post import PostOffice

OPERATOR = caller(roles={"operator"})


def newest(doors: Doors) -> Any:
    return doors.ask("deliveries", OPERATOR)["items"][0]


def shown(doors: Doors) -> Any:
    return doors.ask("delivery", OPERATOR, delivery_id=UUID(newest(doors)["delivery_id"]))


def retry(doors: Doors) -> Any:
    return doors.ask("retry_delivery", OPERATOR, delivery_id=UUID(newest(doors)["delivery_id"]))


@pytest.mark.parametrize("method", ["deliveries", "delivery", "retry_delivery", "mail_overview"])
def test_all_of_it_is_for_operators_alone(doors: Doors, method: str) -> None:
    arguments = {"delivery_id": new_id()} if method in ("delivery", "retry_delivery") else {}
    with pytest.raises(Denied):
        doors.ask(method, caller(new_id()), **arguments)


def test_a_preview_shows_the_mail_and_hides_its_secret(doors: Doors, post: PostOffice) -> None:
    doors.hear(letters.confirmation())
    doors.service.send_due()
    view = shown(doors)
    assert view["state"] == "sent"
    assert view["preview"]["subject"] == "Confirm your address for Memberhall"
    assert "/confirm?token=[hidden]" in view["preview"]["html"]
    assert "Or type this code where you signed up: [hidden]" in view["preview"]["text"]
    assert TOKEN not in json.dumps(view)
    assert CODE not in json.dumps(view)
    assert view["message_id"] == post.only().message["Message-ID"]


def test_a_mail_that_cannot_be_rendered_is_shown_without_one(
    doors: Doors, session: Session
) -> None:
    doors.hear(letters.reset())
    session.execute(update(Delivery).values(facts={}))
    assert shown(doors)["preview"] is None


def test_deliveries_are_paged_newest_first_and_by_state(doors: Doors, session: Session) -> None:
    for _ in range(3):
        doors.hear(letters.password_changed())
    doors.hear(letters.earned(new_id()))
    first = doors.ask("deliveries", OPERATOR, state="due", limit=2)
    second = doors.ask("deliveries", OPERATOR, state="due", limit=2, cursor=first["next_cursor"])
    seen = [each["delivery_id"] for each in first["items"] + second["items"]]
    assert len(seen) == 3
    assert seen == sorted(seen, reverse=True)
    assert second["next_cursor"] is None
    (skipped,) = doors.ask("deliveries", OPERATOR, state="skipped")["items"]
    assert (skipped["email"], skipped["rule"]) == (None, "commission_earned")
    with pytest.raises(Invalid):
        doors.ask("deliveries", OPERATOR, state="lost")


def test_the_overview_counts_every_state(doors: Doors) -> None:
    doors.hear(letters.password_changed())
    doors.hear(letters.paid(new_id()))
    assert doors.ask("mail_overview", OPERATOR) == {
        "due": 1,
        "waiting_for_document": 1,
        "sending": 0,
        "unknown": 0,
        "sent": 0,
        "failed": 0,
        "skipped": 0,
    }


def test_another_sites_operator_sees_and_does_nothing(doors: Doors) -> None:
    doors.hear(letters.password_changed())
    delivery_id = UUID(newest(doors)["delivery_id"])
    stranger = caller(roles={"operator"}, site_id=new_id())
    assert doors.ask("deliveries", stranger)["items"] == []
    for method in ("delivery", "retry_delivery"):
        with pytest.raises(NotFound):
            doors.ask(method, stranger, delivery_id=delivery_id)


def test_what_failed_is_sent_when_an_operator_says_so(
    doors: Doors, session: Session, post: PostOffice
) -> None:
    post.answers["RCPT"] = "550 no such user"
    doors.hear(letters.password_changed())
    doors.service.send_due()
    assert newest(doors)["state"] == "failed"
    post.answers.clear()
    assert retry(doors)["state"] == "due"
    doors.service.send_due()
    assert newest(doors)["state"] == "sent"
    assert [wire for wire, _ in doors.told()] == [
        "notifications.mail_failed",
        "notifications.mail_sent",
    ]


def test_what_is_sent_or_being_sent_is_not_sent_again(doors: Doors, session: Session) -> None:
    doors.hear(letters.password_changed())
    doors.service.send_due()
    with pytest.raises(Conflict, match="has been sent"):
        retry(doors)


def test_a_delivery_without_an_address_cannot_be_sent(doors: Doors) -> None:
    doors.hear(letters.earned(new_id()))
    with pytest.raises(Conflict, match="address"):
        retry(doors)


def test_a_receipt_that_waits_is_due_at_once(doors: Doors, session: Session) -> None:
    doors.hear(letters.paid(new_id()))
    doors.service.send_due()
    assert retry(doors)["state"] == "waiting_for_document"
    assert session.scalars(select(Delivery)).one().reason is None


def test_a_delivery_that_is_none_is_not_found(doors: Doors) -> None:
    for method in ("delivery", "retry_delivery"):
        with pytest.raises(NotFound):
            doors.ask(method, OPERATOR, delivery_id=new_id())
