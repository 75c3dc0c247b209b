"""Events are contracts: what is told keeps its form, and what is heard is told by somebody."""

import json
import os
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from chassis import registry, shapes
from chassis.bus import Service, handled_events
from chassis.events import Event
from console.processes import principals
from tests.contracts.samples import SAMPLES, a_sample, event_types

SNAPSHOTS = Path(__file__).parent / "events"
EVENTS = event_types()
HANDLERS = [
    (entry.name, wire)
    for entry in registry.services()
    for wire in handled_events(entry.service_class())
]
# Processes without an inbox: they hear what is told while they run.
LISTENERS = [(principal.name, wire) for principal in principals() for wire in principal.hears]


def handler_of(service: str, wire: str) -> Any:
    doors = vars(registry.service(service).service_class()) | vars(Service)
    return next(door for door in doors.values() if getattr(door, "hears", None) == wire)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.wire)
def test_an_event_looks_like_its_snapshot(event: type[Event]) -> None:
    """A changed snapshot is a visible act: fields are only added; a new meaning is a new name.

    UPDATE_SNAPSHOTS=1 writes it anew.
    """
    file = SNAPSHOTS / f"{event.wire}.json"
    body = a_sample(event).to_body()
    if os.environ.get("UPDATE_SNAPSHOTS"):
        file.write_text(json.dumps(body, indent=2) + "\n")

    assert json.loads(file.read_text()) == body


def test_no_snapshot_is_left_of_an_event_that_is_gone() -> None:
    assert {file.stem for file in SNAPSHOTS.glob("*.json")} == {event.wire for event in EVENTS}


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.wire)
def test_an_event_is_named_after_its_service_and_says_when_it_is_true(event: type[Event]) -> None:
    assert event.__module__.split(".")[1] == event.wire.split(".")[0]
    assert event.__doc__


@pytest.mark.parametrize(("hearer", "wire"), HANDLERS + LISTENERS)
def test_what_is_heard_is_told_by_somebody(hearer: str, wire: str) -> None:
    assert wire in SAMPLES


@pytest.mark.parametrize(("service", "wire"), HANDLERS)
def test_a_hearer_reads_what_the_teller_tells(service: str, wire: str) -> None:
    """Every field that the hearer declares is there, in a form that it can load."""
    shape = handler_of(service, wire).loads

    heard = shapes.load(shape, SAMPLES[wire])

    assert heard.keys() == shape.load_fields.keys()
    assert shape.load_fields.keys() <= SAMPLES[wire].keys()


def test_the_catalogue_of_events_is_complete() -> None:
    """docs/events.md names every event, its fields, when it is true, and who hears it.

    `python -m tests.contracts.test_events` writes it anew.
    """
    catalogue = (registry.service("auth").folder.parents[1] / "docs" / "events.md").read_text()

    assert catalogue == rendered_catalogue()


HEAD = """# Events

What the services tell one another, on the exchange `memberhall.events`, under the wire name as
routing key. Every event has `version`, the version of the thing it is about; order is not promised.
Money is `{amount: minor units, currency}`, moments are RFC 3339 in UTC. Services hear through an
inbox that keeps what they miss; gateway and nodes listen while they run. This page is checked
against the code by a test.

| event | true when | fields | heard by |
| --- | --- | --- | --- |
"""
FOOT = """
Beside them any service may tell `<service>.job_requested` (`uid`, `kind`, `args`) and
`<service>.jobs_requested` (`kind`, `jobs` with `uid` and `args`), both with `run_at`, `priority`,
`tags`, `needs`, `group_id`, `version`, written by `chassis.outbox` and heard by jobs.
"""


def rendered_catalogue() -> str:
    return HEAD + "".join(map(_line, EVENTS)) + FOOT


def _line(event: type[Event]) -> str:
    said = " ".join((event.__doc__ or "").split())
    named = ", ".join(f"`{each.name}`" for each in fields(event) if each.name != "version")
    heard_by = sorted({hearer for hearer, wire in HANDLERS + LISTENERS if wire == event.wire})
    return f"| `{event.wire}` | {said} | {named} | {', '.join(heard_by) or '—'} |\n"


if __name__ == "__main__":
    Path("docs/events.md").write_text(rendered_catalogue())
