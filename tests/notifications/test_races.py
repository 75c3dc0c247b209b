"""Several workers and several senders at once, with real commits."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import delete, select, text

from chassis import shapes
from chassis.database import Database
from chassis.ids import new_id
from services.notifications.models import Delivery
from services.notifications.service import NotificationsService
from tests.doors import message_of
from tests.notifications import letters
from tests.notifications.neighbours import Neighbours, settings_for
from tests.notifications.post import PostOffice


@pytest.fixture
def database(notifications_url: str) -> Iterator[Database]:
    database = Database(notifications_url)
    yield database
    database.transact(lambda session: session.execute(delete(Delivery)))
    database.transact(lambda session: session.execute(text("DELETE FROM outbox")))
    database.close()


@pytest.fixture
def service(database: Database, post: PostOffice) -> Any:
    service: Any = NotificationsService()
    service.runtime = SimpleNamespace(
        database=database, settings=settings_for(post.url), client=Neighbours()
    )
    return service


def test_n01_one_event_heard_by_many_at_once_is_one_mail(
    service: NotificationsService, database: Database, post: PostOffice
) -> None:
    wire, body = letters.password_changed(account_id=str(new_id()))
    message = message_of(wire, body)
    with ThreadPoolExecutor(8) as pool:
        for _ in range(50):
            pool.submit(service.on_password_changed, message, shapes.plain(body))
    service.send_due()
    assert len(post.received) == 1


def test_n01_senders_that_run_at_once_share_the_work_and_send_each_mail_once(
    service: NotificationsService, database: Database, post: PostOffice
) -> None:
    for number in range(30):
        wire, body = letters.password_changed(email=f"m{number}@example.org")
        service.on_password_changed(message_of(wire, body), shapes.plain(body))
    start = threading.Barrier(3)

    def send() -> None:
        start.wait()
        service.send_due()

    with ThreadPoolExecutor(3) as pool:
        for each in [pool.submit(send) for _ in range(3)]:
            each.result()
    service.send_due()
    assert len({mail.recipients for mail in post.received}) == len(post.received) == 30
    states = database.read(lambda session: session.scalars(select(Delivery.state)).all())
    assert set(states) == {"sent"}
