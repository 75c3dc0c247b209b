from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, ClassVar
from uuid import UUID

import pytest

from chassis.bus.failing import next_step
from chassis.envelope import seal, unseal
from chassis.errors import Denied, Invalid, Unavailable
from chassis.events import Event
from chassis.money import Money
from tests.chassis.test_context import PRIVATE, VERIFIER, Signer

ID = UUID("018f0000-0000-7000-8000-000000000001")


@dataclass(frozen=True, kw_only=True)
class Paid(Event):
    wire: ClassVar[str] = "gateway.paid"
    invoice_id: UUID
    amount: Money
    at: datetime
    day: date | None = None
    tags: tuple[str, ...] = ()


def a_body(**changes: Any):
    values = {"invoice_id": ID, "amount": Money(5, "EUR"), "at": datetime(2026, 1, 2, tzinfo=UTC)}
    return Paid(**(values | changes)).to_body()


def test_a_body_is_flat_json():
    assert a_body(tags=("a",), day=date(2026, 1, 2)) == {
        "version": 1,
        "invoice_id": str(ID),
        "amount": {"amount": 5, "currency": "EUR"},
        "at": "2026-01-02T00:00:00Z",
        "day": "2026-01-02",
        "tags": ["a"],
    }


def test_an_instant_without_a_zone_is_a_defect():
    with pytest.raises(ValueError, match="time zone"):
        a_body(at=datetime(2026, 1, 2))  # noqa: DTZ001 - the defect itself


HEADERS = {
    "occurred_at": "2026-01-02T00:00:00Z",
    "version": 1,
    "site_id": str(ID),
    "account_id": None,
    "actor": "service:gateway",
    "request_id": "r-1",
    "causation_id": None,
}


def sealed():
    return seal(Signer("gateway", PRIVATE), str(ID), "gateway.paid", HEADERS, b"{}")


def test_an_envelope_is_read_by_the_hearer_also_after_a_retry_added_its_headers():
    message = unseal(VERIFIER, str(ID), "gateway.paid", {**sealed(), "attempt": 2}, b"{}")

    assert (message.id, message.site_id, message.request_id) == (ID, ID, "r-1")


@pytest.mark.parametrize(
    ("wire", "headers", "body"),
    [
        ("billing.paid", {}, b"{}"),
        ("gateway.refunded", {}, b"{}"),
        ("gateway.paid", {"account_id": str(ID)}, b"{}"),
        ("gateway.paid", {"signature": None}, b"{}"),
        ("gateway.paid", {}, b'{"amount":1}'),
    ],
)
def test_a_changed_event_is_refused(wire, headers, body):
    with pytest.raises(Denied):
        unseal(VERIFIER, str(ID), wire, {**sealed(), **headers}, body)


@pytest.mark.parametrize(
    ("attempt", "error", "step"),
    [
        (1, RuntimeError(), "retry.10"),
        (2, Unavailable("away", "Away."), "retry.20"),
        (3, RuntimeError(), "dead"),
        (1, Invalid("wrong", "Wrong."), "dead"),
    ],
)
def test_a_failed_delivery_waits_longer_each_time_and_then_is_dead(attempt, error, step):
    assert next_step(attempt, (10, 20), error) == step
