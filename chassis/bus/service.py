"""The base of every service class: its means, and the doors that all services have."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar, ParamSpec, TypeVar

import eventlet.tpool
from marshmallow import fields
from nameko.extensions import DependencyProvider
from sqlalchemy.orm import Session

from chassis import clock, timekeeping
from chassis.bus.dead_letters import DeadLetters
from chassis.bus.doors import every, handles, query, rpc
from chassis.bus.runtime import Runtime
from chassis.context import Caller
from chassis.database import Database
from chassis.envelope import Message
from chassis.pruning import prune
from chassis.shapes import Heard, Instant, Shape

P = ParamSpec("P")
T = TypeVar("T")


class Nothing(Shape):
    """A request without arguments."""


class DeadLetter(Shape):
    """A delivery that was given up."""

    message_id = fields.String(required=True)
    wire = fields.String()
    error = fields.String()
    attempt = fields.Integer()
    first_failed_at = fields.String(allow_none=True)
    failed_at = fields.String(allow_none=True)
    request_id = fields.String(allow_none=True)
    account_id = fields.String(allow_none=True)
    body = fields.Raw()


class DeadLetterPage(Shape):
    """The oldest dead letters of a service."""

    items = fields.List(fields.Nested(DeadLetter))


class WhichDeadLetter(Shape):
    """One dead letter, or all of them where no id is given."""

    message_id = fields.String(load_default=None, allow_none=True)


class OneDeadLetter(Shape):
    """One dead letter."""

    message_id = fields.String(required=True)


class Replayed(Shape):
    """How many dead letters went round again."""

    replayed = fields.Integer()


class ClockView(Shape):
    """The service's business time and how far it is ahead of real time."""

    now = Instant()
    offset_seconds = fields.Integer()


class ClockAdvanced(Heard):
    """The part of jobs.clock_advanced that every service follows."""

    offset_seconds = fields.Integer(required=True)
    version = fields.Integer(required=True)


class RuntimeProvider(DependencyProvider):  # type: ignore[misc]  # nameko is untyped
    """Gives each worker the process' one runtime."""

    def get_dependency(self, worker_ctx: Any) -> Runtime:
        runtime: Runtime = self.container.config["runtime"]
        return runtime


class Service:
    """A service: subclasses have a `name` and doors."""

    name: ClassVar[str]
    runtime = RuntimeProvider()

    @property
    def settings(self) -> Any:
        """The service's own settings dataclass."""
        return self.runtime.settings

    @property
    def db(self) -> Database:
        database: Database = self.runtime.database
        return database

    def call(
        self, service: str, method: str, /, caller: Caller | None = None, **arguments: Any
    ) -> Any:
        """Ask another service in this service's own name; never inside a transaction."""
        asking = caller or Caller(principal=self.name, request_id=f"{self.name}-{id(self):x}")
        return self.runtime.client.call(
            service, method, caller=asking.acting_as(self.name), **arguments
        )

    def off_loop(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run work that keeps a core busy in a real thread, so that the other workers go on."""
        done: T = eventlet.tpool.execute(work, *args, **kwargs)
        return done

    @query(Nothing, ClockView)
    def clock_reading(self, session: Session, caller: Caller, request: dict[str, Any]) -> Any:
        seconds = int(clock.offset() / timedelta(seconds=1))
        return {"now": clock.now(), "offset_seconds": seconds}

    @handles("jobs.clock_advanced", ClockAdvanced)
    def on_clock_advanced(self, session: Session, message: Message, event: dict[str, Any]) -> None:
        timekeeping.remember(session, **event)

    @rpc(Nothing, DeadLetterPage, roles={"operator"})
    def dead_letters(self, caller: Caller, request: dict[str, Any]) -> Any:
        return {"items": self._dead_letters().listed()}

    @rpc(WhichDeadLetter, Replayed, roles={"operator"})
    def replay_dead_letters(self, caller: Caller, request: dict[str, Any]) -> Any:
        return {"replayed": self._dead_letters().replay(request["message_id"])}

    @rpc(OneDeadLetter, roles={"operator"})
    def drop_dead_letter(self, caller: Caller, request: dict[str, Any]) -> None:
        self._dead_letters().drop(request["message_id"])

    @every(600)
    def prune_plumbing(self) -> None:
        self.db.transact(prune)

    def _dead_letters(self) -> DeadLetters:
        return DeadLetters(self.name, self.runtime.publisher)
