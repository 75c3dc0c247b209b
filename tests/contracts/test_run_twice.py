"""A second delivery changes nothing: every handler and every command of every service.

The lists come from the services themselves. A new handler is covered by the sample of its event; a
new command is named here until `requests/` says how it is asked for. Both run in transactions
that are really committed, at READ COMMITTED and at SERIALIZABLE.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chassis import clock, registry, shapes
from chassis.bus import Message, Service, command, handled_events, handles
from chassis.bus.calls import IncomingCall
from chassis.bus.service import Nothing
from chassis.context import Caller
from chassis.ids import new_id
from chassis.shapes import Heard
from tests.contracts.requests import BEFORE_HEARING, REQUESTS
from tests.contracts.samples import SAMPLES
from tests.contracts.tables import Rows, Tables
from tests.doors import Doors, message_of

# Where a new message id is meant to have an effect of its own: a mail goes out once an event.
ONE_EACH_MESSAGE = {("notifications", "delivery")}


def commands_of(service: type[Any]) -> list[str]:
    return [name for name in sorted(dir(service)) if getattr(getattr(service, name), "mutates", 0)]


HANDLERS = [
    (entry.name, wire)
    for entry in registry.services()
    for wire in handled_events(entry.service_class())
]
COMMANDS = [
    (entry.name, name)
    for entry in registry.services()
    for name in commands_of(entry.service_class())
]


@pytest.mark.parametrize(("service", "method"), COMMANDS)
def test_a_command_asked_twice_is_done_once_and_answered_alike(
    doors: Doors, tables: Tables, service: str, method: str
) -> None:
    request = REQUESTS[f"{service}.{method}"](doors)
    call = IncomingCall(
        caller=request.caller, arguments=shapes.plain(request.arguments), call_id=new_id()
    )
    untouched = tables.rows()
    first = getattr(doors.service, method)(call)
    done = tables.rows()

    again = getattr(doors.service, method)(call)

    assert again == first
    assert tables.rows() == done
    assert done != untouched


@pytest.mark.parametrize(("service", "wire"), HANDLERS)
def test_an_event_delivered_twice_has_the_effect_of_once(
    doors: Doors, tables: Tables, service: str, wire: str
) -> None:
    message = hear_everything(doors, last=wire)
    done = tables.rows()

    doors.hear_again(message, SAMPLES[wire])

    assert tables.rows() == done


@pytest.mark.parametrize(("service", "wire"), HANDLERS)
def test_an_event_that_two_replicas_hear_at_once_has_the_effect_of_once(
    doors: Doors, tables: Tables, service: str, wire: str
) -> None:
    prepare(doors)
    hear_others(doors, wire)
    message, body = new_message(wire), SAMPLES[wire]
    before = tables.rows()

    with ThreadPoolExecutor(2) as replicas:
        delivered = [replicas.submit(doors.hear_again, message, body) for _ in range(2)]
    for each in delivered:
        each.result()

    done = tables.rows()
    doors.hear_again(message, body)
    assert tables.rows() == done
    assert len(done["inbox"]) == len(before["inbox"]) + 1


@pytest.mark.parametrize(("service", "wire"), HANDLERS)
def test_an_event_told_anew_under_another_id_duplicates_nothing(
    doors: Doors, tables: Tables, service: str, wire: str
) -> None:
    """A teller that tells the same fact again is no second fact, and nothing is told on twice."""
    hear_everything(doors, last=wire)
    done = tables.rows()

    hear(doors, wire)

    now = tables.rows()
    assert len(now["inbox"]) == len(done["inbox"]) + 1
    for table in now.keys() - {"inbox"}:
        if (service, table) not in ONE_EACH_MESSAGE:
            assert len(now[table]) == len(done[table]), table


@pytest.mark.parametrize(("service", "wire"), HANDLERS)
def test_an_event_heard_first_or_last_is_kept(
    doors: Doors, tables: Tables, service: str, wire: str
) -> None:
    """Else the tests above would be content with a handler that does nothing."""
    prepare(doors)
    before = tables.rows()

    hear(doors, wire)
    alone = changed(before, tables.rows())
    hear_others(doors, wire)

    assert (alone | changed(before, tables.rows())) - {"inbox"}


def test_every_command_has_a_sample() -> None:
    assert not without_sample((f"{service}.{method}" for service, method in COMMANDS), REQUESTS)


def test_every_handler_has_a_sample() -> None:
    assert not without_sample((wire for _, wire in HANDLERS), SAMPLES)


def test_no_sample_is_left_of_a_command_that_is_gone() -> None:
    assert not REQUESTS.keys() - {f"{service}.{method}" for service, method in COMMANDS}


class Novel(Service):
    """A service that somebody has just extended."""

    name = "novel"

    @command(Nothing)
    def do_something_new(self, session: Session, caller: Caller, request: Any) -> None: ...

    @handles("novel.something_happened", Heard)
    def on_something(self, session: Session, message: Message, event: Any) -> None: ...


def test_a_new_command_is_missed_until_it_has_a_sample() -> None:
    asked = [f"novel.{method}" for method in commands_of(Novel)]

    assert without_sample(asked, REQUESTS) == ["novel.do_something_new"]


def test_a_new_handler_is_missed_until_its_event_has_a_sample() -> None:
    assert without_sample(handled_events(Novel), SAMPLES) == ["novel.something_happened"]


def without_sample(names: Iterable[str], samples: Iterable[str]) -> list[str]:
    return sorted(set(names) - set(samples))


def hear_everything(doors: Doors, last: str) -> Message:
    """Whatever the service hears, so that the last event finds all that it could act on."""
    prepare(doors)
    hear_others(doors, last)
    return hear(doors, last)


def prepare(doors: Doors) -> None:
    """What the service has to know before it hears anything, if there is something."""
    if bring_about := BEFORE_HEARING.get(doors.service.name):
        bring_about(doors)


def hear_others(doors: Doors, wire: str) -> None:
    for other in handled_events(type(doors.service)):
        if other != wire:
            hear(doors, other)


def hear(doors: Doors, wire: str) -> Message:
    message = new_message(wire)
    doors.hear_again(message, SAMPLES[wire])
    return message


def new_message(wire: str) -> Message:
    """An envelope around the sample, told now; what any service may tell is told by billing."""
    return replace(message_of(wire.replace("*", "billing"), SAMPLES[wire]), occurred_at=clock.now())


def changed(before: Rows, now: Rows) -> set[str]:
    return {table for table in now if now[table] != before[table]}
