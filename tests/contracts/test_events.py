"""Events are contracts: what is told keeps its form, and what is heard is told by somebody."""

import json
import os
from pathlib import Path

import pytest

from chassis import registry
from chassis.bus import handled_events
from chassis.events import Event
from tests.contracts.samples import a_sample, event_types

SNAPSHOTS = Path(__file__).parent / "events"
EVENTS = event_types()
HANDLERS = [
    (entry.name, wire)
    for entry in registry.services()
    for wire in handled_events(entry.service_class())
]


def handler_of(service: str, wire: str):
    cls = registry.service(service).service_class()
    return next(
        getattr(cls, name) for name in dir(cls) if getattr(getattr(cls, name), "hears", "") == wire
    )


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.wire)
def test_an_event_looks_like_its_snapshot(event: type[Event]):
    """A changed snapshot is a visible act: fields are only added; a new meaning is a new name.

    UPDATE_SNAPSHOTS=1 writes it anew.
    """
    file = SNAPSHOTS / f"{event.wire}.json"
    body = a_sample(event).to_body()
    if os.environ.get("UPDATE_SNAPSHOTS"):
        file.write_text(json.dumps(body, indent=2) + "\n")

    assert json.loads(file.read_text()) == body


def test_no_snapshot_is_left_of_an_event_that_is_gone():
    assert {file.stem for file in SNAPSHOTS.glob("*.json")} == {event.wire for event in EVENTS}


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.wire)
def test_an_event_is_named_after_its_service_and_says_when_it_is_true(event: type[Event]):
    assert event.__module__.split(".")[1] == event.wire.split(".")[0]
    assert event.__doc__


@pytest.mark.parametrize(("service", "wire"), HANDLERS)
def test_what_is_heard_is_told_by_somebody(service: str, wire: str):
    told = {event.wire for event in EVENTS} | {"*.job_requested"}  # a pattern anybody may tell

    assert wire in told


def test_the_catalogue_of_events_is_complete():
    """docs/events.md names every event, its fields, when it is true, and who hears it."""
    catalogue = (registry.service("auth").folder.parents[1] / "docs" / "events.md").read_text()

    assert catalogue == rendered_catalogue()


def rendered_catalogue() -> str:
    lines = [
        "# Events",
        "",
        "What the services tell one another, on the exchange `memberhall.events`, under the wire name",
        "as routing key. Every event has `version`, the version of the thing it is about; order is not",
        "promised. Money is `{amount: minor units, currency}`, moments are RFC 3339 in UTC. This page",
        "is checked against the code by a test.",
        "",
        "| event | true when | fields | heard by |",
        "| --- | --- | --- | --- |",
    ]
    for event in EVENTS:
        said = " ".join((event.__doc__ or "").split())
        fields = ", ".join(f"`{name}`" for name in event.__dataclass_fields__ if name != "version")
        hearers = ", ".join(sorted({service for service, wire in HANDLERS if wire == event.wire}))
        lines.append(f"| `{event.wire}` | {said} | {fields} | {hearers or '—'} |")
    lines += [
        "",
        "Beside them any service may tell `<service>.job_requested` (`uid`, `kind`, `args`, `run_at`,",
        "`priority`), written by `chassis.outbox.enqueue` and heard by jobs.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    Path("docs/events.md").write_text(rendered_catalogue())
