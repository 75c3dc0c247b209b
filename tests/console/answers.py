"""What the jobs service may answer; a test changes what it is about."""

from typing import Any

AT = "2026-03-01T12:00:00Z"
UID = "018f0000-0000-7000-8000-00000000010b"
OTHER = "018f0000-0000-7000-8000-00000000010c"
KIND = "billing.render_invoice"


def node(**changed: Any) -> dict[str, Any]:
    usual = {
        "name": "anna",
        "state": "live",
        "paused_at": None,
        "slots": 4,
        "slots_wanted": None,
        "running": 3,
        "load": {"load1": 0.71, "memory_mb": 212.0},
        "labels": {"zone": "a"},
        "version": "1.0",
        "host": "box",
        "started_at": AT,
        "lease_until": AT,
    }
    return {**usual, **changed}


def kind(**changed: Any) -> dict[str, Any]:
    usual = {
        "name": KIND,
        "ready": 0,
        "scheduled": 0,
        "running": 0,
        "blocked": 0,
        "dead": 0,
        "nodes": 1,
        "rate_per_minute": 0.0,
        "run_ms": None,
        "wait_ms": None,
        "slots": 1,
        "max_assigned": None,
        "paused_at": None,
        "timeout": 60,
        "max_attempts": 5,
    }
    return {**usual, **changed}


def kind_view(**changed: Any) -> dict[str, Any]:
    more = {
        "declared": {"timeout_s": 60, "max_assigned": None},
        "override": {},
        "hooks": {},
        "effective": {"timeout_s": 60},
        "minutes": [],
        "allocation": [],
        "report": None,
    }
    return {**kind(), **more, **changed}


def job(**changed: Any) -> dict[str, Any]:
    usual = {
        "uid": UID,
        "kind": KIND,
        "state": "running",
        "priority": 2,
        "attempt": 1,
        "max_attempts": 5,
        "node": "anna",
        "account_id": None,
        "tags": [],
        "run_at": AT,
        "created_at": AT,
        "claimed_at": AT,
        "finished_at": None,
        "error": None,
    }
    return {**usual, **changed}


def job_view(**changed: Any) -> dict[str, Any]:
    more = {
        "args": {"invoice_id": "7"},
        "result": None,
        "request_id": "request-1",
        "version": 1,
        "attempts": [],
        "group_id": None,
        "needs": [],
        "blocked_by": None,
        "document": None,
        "cancel_requested": False,
        "progress": None,
        "log": [],
        "timeline": [],
    }
    return {**job(), **more, **changed}


def group(**changed: Any) -> dict[str, Any]:
    usual = {
        "group_id": UID,
        "total": 10,
        "succeeded": 0,
        "dead": 0,
        "cancelled": 0,
        "sealed": True,
        "created_at": AT,
        "finished_at": None,
        "callback_uid": None,
    }
    return {**usual, **changed}


def schedule(**changed: Any) -> dict[str, Any]:
    usual = {
        "schedule_id": UID,
        "name": "nightly",
        "kind": KIND,
        "cron": "0 3 * * *",
        "time_zone": "Europe/Madrid",
        "missed": "one",
        "args": {},
        "paused_at": None,
        "next_fire_at": "2026-03-02T02:00:00Z",
        "last_fire_at": None,
        "is_declared": False,
    }
    return {**usual, **changed}
