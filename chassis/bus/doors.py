"""The decorators of a service's doors.

They do what every door does in the same way: admit the caller, load the schema, open the
transaction, remember call id or message id in it, run ONE command or query, dump the answer. A door
is thus two or three lines, and none can forget a step.
"""

import functools
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

from marshmallow import Schema
from sqlalchemy.orm import Session

from chassis import shapes
from chassis.bus.calls import IncomingCall
from chassis.bus.entrypoints import Every, Handler, Rpc
from chassis.context import Caller
from chassis.envelope import Message
from chassis.errors import Denied
from chassis.inbox import Asked, answered_once, earlier_answer, first_delivery

Door = Callable[..., Any]
Before = Callable[[Any, Caller, dict[str, Any]], dict[str, Any]]

wait = time.sleep


def rpc(
    loads: type[Schema],
    dumps: type[Schema] | None = None,
    *,
    roles: Collection[str] = (),
    callers: Collection[str] = (),
) -> Callable[[Door], Door]:
    """A door without a transaction, for what acts outside: method(self, caller, request).

    `roles`: the caller needs one of them; `callers`: only these principals may call.
    """
    load, dump = loads(), dumps() if dumps else None

    def decorate(method: Door) -> Door:
        def run(self: Any, call: IncomingCall, request: dict[str, Any]) -> Any:
            return _dumped(dump, method(self, call.caller, request))

        return _door(method, load, roles, callers, run)

    return decorate


def query(
    loads: type[Schema],
    dumps: type[Schema] | None = None,
    *,
    roles: Collection[str] = (),
    callers: Collection[str] = (),
) -> Callable[[Door], Door]:
    """A door that only reads: method(self, session, caller, request)."""
    load, dump = loads(), dumps() if dumps else None

    def decorate(method: Door) -> Door:
        def run(self: Any, call: IncomingCall, request: dict[str, Any]) -> Any:
            def work(session: Session) -> Any:
                return _dumped(dump, method(self, session, call.caller, request))

            return self.db.read(work)

        return _door(method, load, roles, callers, run)

    return decorate


def command(
    loads: type[Schema],
    dumps: type[Schema] | None = None,
    *,
    roles: Collection[str] = (),
    callers: Collection[str] = (),
    before: Before | None = None,
    takes: float = 0.0,
) -> Callable[[Door], Door]:
    """A door that changes something: method(self, session, caller, request), in one transaction.

    The answer is stored under the call id in that transaction, and a repeat is answered from it.
    `before(self, caller, request)` does slow work ahead of the transaction and returns values that
    are added to the request; a call that was answered before goes without. `takes`: no answer and
    no refusal leaves sooner than so many seconds after the call began, so that the time tells
    nothing about what was found.
    """
    load, dump = loads(), dumps() if dumps else None
    # A password must not be kept under a fast hash, not even for a day: load_only marks secrets.
    secrets = {name for name, field in load.fields.items() if field.load_only}

    def decorate(method: Door) -> Door:
        def run(self: Any, call: IncomingCall, request: dict[str, Any]) -> Any:
            with _at_least(takes):
                return decided(self, call, request)

        def decided(self: Any, call: IncomingCall, request: dict[str, Any]) -> Any:
            told = {each: call.arguments[each] for each in call.arguments if each not in secrets}
            asked = Asked(method.__name__, _asker(call.caller), told)
            if before:
                # A repeat must not be judged anew: what it uses up is used up by itself.
                if earlier := self.db.read(earlier_answer, call.call_id, asked):
                    return earlier.answer
                request = {**request, **before(self, call.caller, request)}

            def work(session: Session) -> Any:
                def answer() -> Any:
                    # A retried transaction must start from the request as it was.
                    return _dumped(dump, method(self, session, call.caller, dict(request)))

                return answered_once(session, call.call_id, asked, answer)

            return self.db.transact_as({"caller": call.caller}, work)

        return _door(method, load, roles, callers, run, mutates=True)

    return decorate


def handles(wire: str, hears: type[Schema]) -> Callable[[Door], Door]:
    """A handler: method(self, session, message, event), its effect and the inbox row in one commit.

    `wire` is an event's name; its first word may be "*". The queue and its bindings are made by
    `memberhall migrate`, so a new handler needs one run of it.
    """
    load = hears()

    def decorate(method: Door) -> Door:
        @functools.wraps(method)
        def door(self: Any, message: Message, body: dict[str, Any]) -> None:
            event = shapes.load(load, body)

            def work(session: Session) -> None:
                if first_delivery(session, message.id, message.wire):
                    method(self, session, message, dict(event))

            info = {"caller": message.caller(self.name), "causation_id": message.id}
            self.db.transact_as(info, work)

        door.hears = wire  # type: ignore[attr-defined]  # read by handled_events
        door.loads = load  # type: ignore[attr-defined]  # read by the tests of contracts
        marked: Door = Handler.decorator(wire)(door)
        return marked

    return decorate


def every(seconds: float) -> Callable[[Door], Door]:
    """The service's own plumbing, run about every so many seconds by one replica at a time."""

    def decorate(method: Door) -> Door:
        marked: Door = Every.decorator(seconds)(method)
        return marked

    return decorate


def handled_events(service: type) -> tuple[str, ...]:
    """The wire names a service's inbox has to be bound to, sorted."""
    doors = (getattr(service, name) for name in dir(service))
    return tuple(sorted({door.hears for door in doors if hasattr(door, "hears")}))


def _door(
    method: Door,
    load: Schema,
    roles: Collection[str],
    callers: Collection[str],
    run: Callable[[Any, IncomingCall, dict[str, Any]], Any],
    *,
    mutates: bool = False,
) -> Door:
    @functools.wraps(method)
    def door(self: Any, call: IncomingCall) -> Any:
        _admit(call.caller, roles, callers)
        return run(self, call, shapes.load(load, call.arguments))

    door.mutates = mutates  # type: ignore[attr-defined]  # these three are read by the tests
    door.loads = load  # type: ignore[attr-defined]  # of contracts
    door.callers = frozenset(callers)  # type: ignore[attr-defined]
    marked: Door = Rpc.decorator()(door)
    return marked


@contextmanager
def _at_least(seconds: float) -> Iterator[None]:
    """Stay inside for so many seconds, however it ends; nothing is locked while it waits."""
    until = time.monotonic() + seconds
    try:
        yield
    finally:
        if (left := until - time.monotonic()) > 0:
            wait(left)


def _admit(caller: Caller, roles: Collection[str], callers: Collection[str]) -> None:
    if callers and caller.principal not in callers:
        raise Denied("not_for_you", "This request is not for the process that made it.")
    if roles and not caller.roles.intersection(roles):
        raise Denied("role_missing", f"This needs the role {' or '.join(sorted(roles))}.")


def _asker(caller: Caller) -> str:
    return f"{caller.actor} {caller.account_id} {caller.site_id}"


def _dumped(dump: Schema | None, answer: Any) -> Any:
    if dump is None:
        return {}
    return dump.dump(answer)
