"""What jobs answers: nodes, kinds, jobs in every state, groups, schedules."""

from typing import Any

from tests.gateway.sample_pages.values import LONG, Row, an_id, at

TRACE = (
    "Unavailable: billing does not answer\n"
    "Traceback (most recent call last):\n"
    '  File "tasks.py", line 40, in render_invoice\n'
    "Unavailable: billing does not answer"
)


def node(name: str, state: str, running: int, **changed: Any) -> Row:
    return {
        "name": name,
        "state": state,
        "paused_at": None,
        "slots": 4,
        "slots_wanted": None,
        "running": running,
        "load": {"load1": 1.25, "memory_mb": 312.7},
        "labels": {},
        "version": "0.1.0",
        "host": "worker-7.internal",
        "started_at": at(hours=30),
        "lease_until": at(seconds=-20),
        **changed,
    }


def kind(name: str, **changed: Any) -> Row:
    counts = ("ready", "scheduled", "running", "blocked", "dead", "nodes", "slots")
    return {
        "name": name,
        **dict.fromkeys(counts, 0),
        "rate_per_minute": 0.0,
        "run_ms": None,
        "wait_ms": None,
        "max_assigned": None,
        "paused_at": None,
        "timeout": 60,
        "max_attempts": 5,
        **changed,
    }


def job(number: int, state: str, **changed: Any) -> Row:
    return {
        "uid": str(an_id(500 + number)),
        "kind": "billing.render_invoice",
        "state": state,
        "priority": 2,
        "attempt": 1,
        "max_attempts": 5,
        "node": "n1" if state == "running" else None,
        "account_id": None,
        "tags": [],
        "run_at": at(minutes=number),
        "created_at": at(minutes=number),
        "claimed_at": None,
        "finished_at": None,
        "error": None,
        **changed,
    }


NODES = [
    node("n1", "live", 3, labels={"zone": "eu", "disk": "fast"}),
    node("n2", "draining", 4, paused_at=at(minutes=3), slots_wanted=2),
    node("n3", "dead", 0, load={"load1": None, "memory_mb": None}),
    node("n4", "left", 0),
]
KINDS = [
    kind(
        "billing.render_invoice",
        ready=12,
        scheduled=2,
        running=3,
        dead=1,
        nodes=2,
        slots=4,
        rate_per_minute=1312.4,
        run_ms=41.2,
        wait_ms=2.4,
    ),
    kind("affiliates.make_statement", nodes=1, paused_at=at(hours=1), max_assigned=8),
]
COUNTS = {"ready": 12, "scheduled": 2, "running": 3, "blocked": 0, "dead": 1}
LEADER = {"holder": "jobs-1.internal:4411", "term": 12, "since": at(hours=5)}
OVERVIEW: Row = {"nodes": NODES, "kinds": KINDS, "leader": LEADER, "counts": COUNTS}
EMPTY: Row = {"nodes": [], "kinds": [], "leader": None, "counts": dict.fromkeys(COUNTS, 0)}
STALLED: Row = {**OVERVIEW, "nodes": [NODES[2]], "leader": None}

DEAD = {"attempt": 5, "error": TRACE, "finished_at": at(minutes=1)}
JOBS = [
    job(1, "running"),
    job(2, "dead", **DEAD),
    job(3, "succeeded", finished_at=at(minutes=2)),
    job(4, "scheduled"),
    job(5, "blocked"),
    job(6, "cancelled", finished_at=at(minutes=2)),
]

DECLARED: Row = {
    "timeout_s": 60,
    "max_attempts": 5,
    "priority": 2,
    "queue_size": None,
    "max_assigned": None,
    "max_pending": None,
    "weight": 1.0,
    "node_filter": None,
    "node_labels": {},
    "concurrency_limit": 1,
    "rate_per_s": None,
    "rate_burst": None,
}
OVERRIDE: Row = {"timeout_s": 90, "node_labels": {"zone": "eu"}, "concurrency_limit": None}
KIND: Row = {
    **KINDS[0],
    "declared": DECLARED,
    "override": OVERRIDE,
    "effective": {**DECLARED, **OVERRIDE},
    "hooks": {"selecting": "due_renewals", "allowing": "may_run"},
    "minutes": [
        {
            "minute": at(minutes=60 - each),
            "succeeded": each * 7 % 40,
            "failed": each % 11 // 9,
            "run_ms": 40.0,
            "wait_ms": 2.0,
        }
        for each in range(60)
    ],
    "allocation": [
        {"node": "n1", "slots": 3, "running": 3},
        {"node": "n2", "slots": 1, "running": 0},
    ],
    "report": {
        "counts": {"total": 1000, "completed": 640, "pending": 350, "failed": 10},
        "at": at(seconds=4),
    },
}
PLAIN_KIND: Row = {
    **KINDS[1],
    "declared": DECLARED,
    "override": {},
    "effective": DECLARED,
    "hooks": {},
    "minutes": [],
    "allocation": [],
    "report": None,
    "nodes": 0,
}


def moment(what: str, detail: str | None = None, **before: float) -> Row:
    return {"at": at(**before), "what": what, "detail": detail}


def whole(line: Row, **changed: Any) -> Row:
    """JobView of a line."""
    return {
        **line,
        "args": {"invoice_id": str(an_id(102)), "note": "Zoë"},
        "result": None,
        "request_id": str(an_id(700)),
        "attempts": [],
        "version": 1,
        "group_id": None,
        "needs": [],
        "blocked_by": None,
        "cancel_requested": False,
        "progress": None,
        "log": [],
        "document": None,
        "timeline": [moment("enqueued", minutes=5)],
        **changed,
    }


ATTEMPT = {
    "run_no": 1,
    "node": "n2",
    "started_at": at(minutes=4),
    "ended_at": at(minutes=3),
    "outcome": "failed",
    "error": TRACE,
}
LOG = [
    {"at": at(seconds=40 - each), "run_no": 1, "text": f"Page {each} of 9 is drawn. {LONG}"}
    for each in range(9)
]
RUNNING = whole(
    job(1, "running", account_id=str(an_id(1)), tags=["nightly", "eu"], claimed_at=at(seconds=44)),
    progress={"percent": 41.5, "note": "Page 9 of 22", "at": at(seconds=1)},
    log=LOG,
    group_id=str(an_id(800)),
    needs=[str(an_id(503))],
    timeline=[
        moment("enqueued", minutes=5),
        moment("started", "n2", minutes=4),
        moment("failed", TRACE.splitlines()[0], minutes=3),
        moment("started", "n1", seconds=44),
    ],
    attempts=[ATTEMPT],
)
STOPPING = {**RUNNING, "cancel_requested": True}
BLOCKED = whole(job(5, "blocked"), blocked_by="needs", needs=[str(an_id(501)), str(an_id(503))])
BURIED = whole(
    JOBS[1],
    attempts=[{**ATTEMPT, "run_no": run, "ended_at": at(minutes=8 - run)} for run in range(1, 6)],
    timeline=[moment("enqueued", minutes=9)]
    + [moment("failed", TRACE.splitlines()[0], minutes=8 - run) for run in range(1, 6)]
    + [moment("dead", TRACE.splitlines()[0], minutes=2)],
)
REPORTED = whole(
    JOBS[2],
    result={"rows": 12_845},
    document={"name": "Sales of November, all brands.csv", "content_type": "text/csv"},
)
GROUP = {
    "group_id": str(an_id(800)),
    "total": 12_000,
    "succeeded": 4_100,
    "dead": 3,
    "cancelled": 1,
    "sealed": True,
    "created_at": at(minutes=30),
    "finished_at": None,
    "callback_uid": str(an_id(801)),
}


def schedule(number: int, name: str, **changed: Any) -> Row:
    return {
        "schedule_id": str(an_id(820 + number)),
        "name": name,
        "kind": "affiliates.make_statement",
        "cron": "0 3 1 * *",
        "time_zone": "Asia/Tokyo",
        "missed": "one",
        "args": {"days": 30},
        "paused_at": None,
        "next_fire_at": at(days=-9),
        "last_fire_at": at(days=20),
        "is_declared": False,
        **changed,
    }


SCHEDULES = [
    schedule(1, "Monthly statements"),
    schedule(2, "affiliates.make_statement", is_declared=True, time_zone="America/New_York"),
    schedule(3, LONG, paused_at=at(days=1), last_fire_at=None, next_fire_at=None),
]
