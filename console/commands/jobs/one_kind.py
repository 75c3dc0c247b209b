"""One kind as text: what its code declares, what operators changed, and how it goes."""

from collections.abc import Iterator, Mapping
from typing import Any

from console.tables import cell, counted, duration, moment, pairs, table

Plain = Mapping[str, Any]

MINUTES_SHOWN = 10


def kind_lines(kind: Plain) -> Iterator[str]:
    """Its counts, its settings, its slots on the nodes and its last minutes; lines without end."""
    yield from pairs(_facts(kind))
    yield ""
    yield from _settings(kind["declared"], kind["override"])
    if kind["allocation"]:
        yield ""
        rows = ((each["node"], each["slots"], each["running"]) for each in kind["allocation"])
        yield from table(("node", "slots", "running"), rows)
    if kind["minutes"]:
        yield ""
        titles = ("minute", "succeeded", "failed", "runs for", "waits")
        yield from table(titles, map(_minute, kind["minutes"][-MINUTES_SHOWN:]))


def _facts(kind: Plain) -> Iterator[tuple[str, Any]]:
    yield "kind", kind["name"]
    if kind["paused_at"]:
        yield "paused", f"since {moment(kind['paused_at'])}; running jobs finish"
    for state in ("ready", "scheduled", "running", "blocked", "dead"):
        yield state, counted(kind[state])
    yield "nodes", kind["nodes"]
    yield "hooks", kind["hooks"]
    if report := kind["report"]:
        yield "reported", f"{cell(report['counts'])} at {moment(report['at'])}"


def _settings(declared: Plain, override: Plain) -> list[str]:
    rows = [
        (name, each, _changed(override[name]) if name in override else None)
        for name, each in sorted(declared.items())
    ]
    return table(("setting", "declared", "changed to"), rows)


def _changed(value: Any) -> Any:
    return "none" if value is None else value


def _minute(minute: Plain) -> list[Any]:
    return [
        *(moment(minute["minute"]), minute["succeeded"], minute["failed"]),
        *(
            duration(minute[each] / 1000) if minute[each] is not None else None
            for each in ("run_ms", "wait_ms")
        ),
    ]
