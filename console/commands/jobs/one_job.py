"""One job as text: what it is, how it goes, and what happened to it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from console.tables import moment, pairs, table

Plain = Mapping[str, Any]

_MOMENTS = (
    ("enqueued", "created_at"),
    ("due", "run_at"),
    ("started", "claimed_at"),
    ("ended", "finished_at"),
)


def job_lines(job: Plain) -> Iterator[str]:
    """Its facts, then its timeline and its log; lines without an end."""
    yield from pairs(_facts(job))
    if job["timeline"]:
        yield ""
        titles = ("when", "what", "detail")
        yield from table(
            titles, ((moment(each["at"]), each["what"], each["detail"]) for each in job["timeline"])
        )
    if job["log"]:
        yield ""
        titles = ("when", "run", "log")
        yield from table(
            titles, ((moment(each["at"]), each["run_no"], each["text"]) for each in job["log"])
        )
    if job["error"]:
        yield ""
        yield from job["error"].rstrip().splitlines()


def _facts(job: Plain) -> Iterator[tuple[str, Any]]:
    yield "job", job["uid"]
    yield "kind", f"{job['kind']}, version {job['version']}"
    yield "state", _state(job)
    yield "progress", _progress(job["progress"])
    yield "attempt", f"{job['attempt']} of {job['max_attempts']}"
    yield "priority", job["priority"]
    yield "node", job["node"]
    for name, field in _MOMENTS:
        yield name, moment(job[field]) if job[field] else None
    yield "account", job["account_id"]
    yield "request", job["request_id"]
    yield "tags", job["tags"]
    yield "group", job["group_id"]
    yield "needs", job["needs"]
    yield "arguments", json.dumps(job["args"], ensure_ascii=False)
    yield "result", json.dumps(job["result"], ensure_ascii=False) if job["result"] else None
    if document := job["document"]:
        yield "document", f"{document['name']} ({document['content_type']})"


def _state(job: Plain) -> str:
    text = str(job["state"])
    if job["blocked_by"]:
        text += f" by {job['blocked_by']}"
    if job["cancel_requested"]:
        text += ", to be cancelled"
    return text


def _progress(progress: Plain | None) -> str | None:
    if progress is None:
        return None
    note = f", {progress['note']}" if progress["note"] else ""
    return f"{progress['percent']:.0f} %{note}"
