"""A service's doors, called as the bus calls them, inside one transaction that is rolled back."""

import dataclasses
import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from chassis import plumbing, shapes
from chassis.bus import Message
from chassis.bus.calls import IncomingCall
from chassis.context import Caller
from chassis.events import Event
from chassis.ids import new_id

MAIN_SITE = UUID("018f0000-0000-7000-8000-000000000001")
LONG_AGO = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


@contextmanager
def rolled_back(engine: Engine) -> Iterator[Session]:
    """A session whose commits are savepoints of a transaction that is thrown away."""
    with engine.connect() as connection:
        transaction = connection.begin()
        with Session(
            connection, join_transaction_mode="create_savepoint", expire_on_commit=False
        ) as session:
            yield session
        transaction.rollback()


class OneTransaction:
    """Stands for the service's database: every unit of work is a savepoint of the one session."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def transact(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with self.session.begin_nested():
            done = work(self.session, *args, **kwargs)
        self.session.expire_all()
        return done

    def transact_as(self, info: dict[str, Any], work: Callable[[Session], Any]) -> Any:
        self.session.info.update(info)
        return self.transact(work)

    def read(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self.session.flush()
        return work(self.session, *args, **kwargs)


class Doors:
    """One service object with its doors open."""

    def __init__(
        self,
        service: type[Any],
        session: Session,
        settings: Any = None,
        client: Any = None,
        database: Any = None,
    ) -> None:
        """`database`: where units of work shall commit; what they did is read by `session`."""
        self.session = session
        self.service = service()
        self.service.runtime = SimpleNamespace(
            database=database or OneTransaction(session), settings=settings, client=client
        )

    def ask(self, method: str, caller: Caller, **arguments: Any) -> Any:
        """The answer of a request, as it leaves the door."""
        call = IncomingCall(caller=caller, arguments=shapes.plain(arguments), call_id=new_id())
        return getattr(self.service, method)(call)

    def hear(self, told: Event | tuple[str, dict[str, Any]], **envelope: Any) -> Message:
        """Deliver an event; returns its envelope, with which it can be delivered again."""
        wire, body = (told.wire, told.to_body()) if isinstance(told, Event) else told
        message = dataclasses.replace(message_of(wire, body), **envelope)
        self.hear_again(message, body)
        return message

    def hear_again(self, message: Message, body: dict[str, Any]) -> None:
        handlers = {
            getattr(type(self.service), name).hears: name
            for name in dir(type(self.service))
            if hasattr(getattr(type(self.service), name), "hears")
        }
        any_teller = f"*.{message.wire.partition('.')[2]}"
        name = handlers.get(message.wire) or handlers[any_teller]
        getattr(self.service, name)(message, shapes.plain(body))

    def told(self) -> list[tuple[str, Any]]:
        """The wire name and body of every event staged so far, oldest first."""
        self.session.flush()
        rows = self.session.execute(
            select(plumbing.outbox.c.wire, plumbing.outbox.c.body).order_by(
                plumbing.outbox.c.message_id
            )
        )
        return [(wire, json.loads(bytes(body))) for wire, body in rows]


def caller(account_id: UUID | None = None, **values: Any) -> Caller:
    """Somebody at the main site."""
    return Caller(
        principal=values.pop("principal", "gateway"),
        request_id=values.pop("request_id", "request-1"),
        account_id=account_id,
        user_id=account_id,
        site_id=values.pop("site_id", MAIN_SITE),
        roles=frozenset(values.pop("roles", ())),
    )


def message_of(wire: str, body: dict[str, Any]) -> Message:
    """An envelope for the event, new with each call."""
    account = body.get("account_id")
    return Message(
        id=new_id(),
        wire=wire,
        occurred_at=LONG_AGO,
        version=body.get("version", 1),
        site_id=MAIN_SITE,
        account_id=uuid.UUID(str(account)) if account else None,
        actor="service:tests",
        request_id="request-1",
        causation_id=None,
    )
