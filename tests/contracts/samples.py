"""One sample of every event that any service tells, all about the same few people and payments.

The identifiers agree with one another, so that the samples together are a history that could have
been: a member signed up through a link, paid, was refunded.
"""

import importlib
from dataclasses import fields
from datetime import UTC, datetime
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from chassis import registry
from chassis.events import Event
from chassis.money import Money


def an_id(number: int) -> UUID:
    return UUID(f"018f0000-0000-7000-8000-{number:012x}")


SITE = an_id(1)
ACCOUNT = an_id(0xA1)
AFFILIATE_ACCOUNT = an_id(0xA2)

# By the service that tells: where its word is about somebody else than the member.
TOLD_OF: dict[str, dict[str, Any]] = {"affiliates": {"account_id": AFFILIATE_ACCOUNT}}

# By the field's name: the same name means the same thing in every event.
NAMED: dict[str, Any] = {
    "account_id": ACCOUNT,
    "referred_account_id": ACCOUNT,
    "email": "ann.lee@example.com",
    "customer_email": "ann.lee@example.com",
    "name": "Ann Lee",
    "customer_name": "Ann Lee",
    "time_zone": "Europe/Berlin",
    "visit_id": str(an_id(0xB1)),
    "session_hashes": ("0" * 64,),
    "number": "2026-000001",
    "plan_name": "Pro, monthly",
    "amount": Money(1500, "EUR"),
    "refunded_total": Money(1500, "EUR"),
    "fee": Money(79, "EUR"),
    "offset_seconds": 2_764_800,
    "kind": "billing.render_invoice",
    "kinds": ("billing.render_invoice",),
    "error": "RuntimeError: no paper",
    "rule": "receipt",
    "version": 1,
}
MOMENTS = {
    "paid_at": datetime(2026, 1, 31, 11, 15, 5, tzinfo=UTC),
    "period_from": datetime(2026, 1, 31, 11, 15, 5, tzinfo=UTC),
    "period_to": datetime(2026, 2, 28, 11, 15, 5, tzinfo=UTC),
    "paid_through": datetime(2026, 2, 28, 11, 15, 5, tzinfo=UTC),
}
WHEN = datetime(2026, 2, 2, 9, 30, tzinfo=UTC)


def event_types() -> list[type[Event]]:
    """Every event of every service in the registry, by wire name."""
    found = []
    for entry in registry.services():
        module = importlib.import_module(f"{entry.package}.events")
        found += [
            each
            for each in vars(module).values()
            if isinstance(each, type) and issubclass(each, Event) and each is not Event
        ]
    return sorted(found, key=lambda each: each.wire)


def a_sample(event: type[Event]) -> Event:
    """The sample of an event: each field from its name, else from its type."""
    hints, own = get_type_hints(event), TOLD_OF.get(event.wire.split(".")[0], {})
    return event(**{each.name: _value(each.name, hints[each.name]) for each in fields(event)} | own)


def _value(name: str, hint: Any) -> Any:
    if name in NAMED:
        return NAMED[name]
    if name in MOMENTS:
        return MOMENTS[name]
    (kind,) = {part for part in _parts(hint) if part is not type(None)}
    if kind is UUID:
        return an_id(int.from_bytes(name.encode()[:5]))
    if kind is datetime:
        return WHEN
    raise AssertionError(f"Say in samples.py what {name} looks like.")


def _parts(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


# The body of every event by wire name. Anybody may request a job, so that is no event of a service.
SAMPLES: dict[str, dict[str, Any]] = {
    **{event.wire: a_sample(event).to_body() for event in event_types()},
    "*.job_requested": {
        "uid": str(an_id(0x10B)),
        "kind": NAMED["kind"],
        "args": {"invoice_id": str(an_id(0x10C))},
        "run_at": None,
        "priority": 2,
        "tags": ["invoices"],
        "needs": [],
        "group_id": None,
        "version": None,
    },
    "*.jobs_requested": {
        "kind": NAMED["kind"],
        "jobs": [{"uid": str(an_id(0x10D)), "args": {"invoice_id": str(an_id(0x10E))}}],
        "run_at": None,
        "priority": 2,
        "tags": ["invoices"],
        "needs": [],
        "group_id": None,
        "version": None,
    },
}
