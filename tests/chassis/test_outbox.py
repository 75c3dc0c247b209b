"""Asking for offline work within a transaction: what is told, and what is refused at once."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from chassis import migrating, outbox, plumbing, registry
from chassis.database import Database, sqlalchemy_url
from chassis.errors import Invalid
from services.jobs import domain
from services.jobs.schemas import JobRequested, JobsRequested, enqueueing, fields
from tests.doors import rolled_back

UID = UUID("018f0000-0000-7000-8000-000000000001")
OTHER = UUID("018f0000-0000-7000-8000-000000000002")
SOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def service_url(auth_url: str) -> str:
    """Any service's database will do: the plumbing is the same in all."""
    migrating.upgrade(auth_url, registry.service("auth").migrations_folder)
    return auth_url


@pytest.fixture
def session(service_url: str) -> Iterator[Session]:
    engine = create_engine(sqlalchemy_url(service_url))
    with rolled_back(engine) as session:
        yield session
    engine.dispose()


def staged(session: Session) -> list[tuple[str, dict[str, Any]]]:
    rows = session.execute(
        select(plumbing.outbox.c.wire, plumbing.outbox.c.body).order_by("message_id")
    )
    return [(row.wire, json.loads(row.body)) for row in rows]


def test_a_job_is_asked_for_with_all_that_was_said(session: Session) -> None:
    outbox.enqueue(
        session,
        "billing.render_invoice",
        {"invoice_id": "7"},
        uid=UID,
        run_at=SOON,
        priority=3,
        tags=("invoices", "run:2026-03"),
        needs=[OTHER],
        group_id=OTHER,
        version=2,
    )
    assert staged(session) == [
        (
            "billing.job_requested",
            {
                "uid": str(UID),
                "kind": "billing.render_invoice",
                "args": {"invoice_id": "7"},
                "run_at": "2026-03-01T12:00:00Z",
                "priority": 3,
                "tags": ["invoices", "run:2026-03"],
                "needs": [str(OTHER)],
                "group_id": str(OTHER),
                "version": 2,
            },
        )
    ]


def test_many_jobs_are_asked_for_in_one_event(session: Session) -> None:
    jobs = [(UID, {"n": 1}), (OTHER, {"n": 2})]
    outbox.enqueue_many(
        session, "billing.charge", jobs, tags=["march"], needs=[UID], group_id=UID, version=3
    )
    assert staged(session) == [
        (
            "billing.jobs_requested",
            {
                "kind": "billing.charge",
                "jobs": [
                    {"uid": str(UID), "args": {"n": 1}},
                    {"uid": str(OTHER), "args": {"n": 2}},
                ],
                "run_at": None,
                "priority": None,
                "tags": ["march"],
                "needs": [str(UID)],
                "group_id": str(UID),
                "version": 3,
            },
        )
    ]


def test_a_service_asks_for_another_ones_kind_in_its_own_name(service_url: str) -> None:
    """The broker lets no service publish as another: such a row would never leave the outbox."""
    database = Database(service_url, service="billing")

    def work(session: Session) -> list[tuple[str, dict[str, Any]]]:
        outbox.enqueue(session, "jobs.http_request", {"url": "https://example.com"}, uid=UID)
        outbox.enqueue_many(session, "jobs.http_request", [(UID, {})])
        return staged(session)[-2:]

    [(one, _), (many, _)] = database.read(work)
    database.close()
    assert (one, many) == ("billing.job_requested", "billing.jobs_requested")


REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("/kind", {"kind": "Render Invoice"}),
    ("/kind", {"kind": f"billing.{'x' * 100}"}),
    ("/args", {"args": {"at": SOON}}),
    ("/args", {"args": {"share": float("nan")}}),
    ("/args", {"args": {"half": "\ud800"}}),
    ("/args", {"args": {"deep": [{"nul": "a\x00b"}]}}),
    ("/args", {"args": {"nul\x00": 1}}),
    ("/args", {"args": {"text": "x" * outbox.MOST_ARGUMENTS}}),
    ("/tags", {"tags": ["x"] * 21}),
    ("/tags", {"tags": ["two words"]}),
    ("/tags", {"tags": "urgent"}),
    ("/needs", {"needs": [OTHER] * 101}),
    ("/priority", {"priority": 5}),
    ("/version", {"version": 0}),
    ("/version", {"version": 40_000}),
]


@pytest.mark.parametrize(("place", "said"), REFUSED)
def test_what_jobs_would_refuse_fails_the_command(
    session: Session, place: str, said: dict[str, Any]
) -> None:
    asked = {"kind": "billing.charge", "args": {}, "uid": UID} | said
    with pytest.raises(Invalid) as refused:
        outbox.enqueue(session, **asked)
    assert [*refused.value.fields] == [place]
    assert staged(session) == []


def test_a_backslash_before_u0000_is_no_nul(session: Session) -> None:
    outbox.enqueue(session, "billing.charge", {"path": "C:\\u0000"}, uid=UID)
    [(_, body)] = staged(session)
    assert body["args"] == {"path": "C:\\u0000"}


@pytest.mark.parametrize(
    ("place", "jobs"),
    [
        ("/jobs", []),
        ("/jobs", [(UUID(int=n), {}) for n in range(501)]),
        ("/jobs", [(UID, {"n": 1}), (UID, {"n": 2})]),
        ("/jobs", [(UUID(int=n), {"text": "x" * 250_000}) for n in range(17)]),
        ("/jobs/1/args", [(UID, {}), (OTHER, {"at": SOON})]),
    ],
    ids=["none", "too many", "one uid twice", "too large together", "one that is wrong"],
)
def test_of_many_jobs_all_are_asked_for_or_none(
    session: Session, place: str, jobs: list[tuple[UUID, dict[str, Any]]]
) -> None:
    with pytest.raises(Invalid) as refused:
        outbox.enqueue_many(session, "billing.charge", jobs)
    assert [*refused.value.fields] == [place]
    assert staged(session) == []


def test_the_bounds_are_those_of_the_service_that_hears() -> None:
    assert outbox.MOST_ARGUMENTS == domain.MOST_ARGUMENTS
    assert outbox.MOST_ARGUMENTS_TOGETHER == domain.MOST_ARGUMENTS_AT_ONCE
    assert outbox.MOST_JOBS == fields.MOST_JOBS_AT_ONCE
    assert outbox.MOST_TAGS == enqueueing.MOST_TAGS
    assert outbox.MOST_NEEDS == enqueueing.MOST_NEEDS
    assert outbox.MOST_VERSION == enqueueing.MOST_VERSION


def test_what_is_told_is_what_the_service_hears(session: Session) -> None:
    outbox.enqueue(session, "billing.charge", {}, uid=UID)
    [(_, body)] = staged(session)
    assert body.keys() == JobRequested().fields.keys()


def test_what_is_told_of_many_is_what_the_service_hears(session: Session) -> None:
    outbox.enqueue_many(session, "billing.charge", [(UID, {})])
    [(_, body)] = staged(session)
    assert body.keys() == JobsRequested().fields.keys()
