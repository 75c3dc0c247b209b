"""Asking for jobs: singly, many at once, in groups; and what is refused, with its place."""

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.database import count_statements
from chassis.errors import Conflict, Failure, Invalid, NotFound
from chassis.shapes import load
from services.jobs import commands, queries, schemas
from services.jobs.adapters import NodeBell
from tests.jobs.accepting import ACCOUNT, ASKING, accept, see
from tests.jobs.core import Core


def job(**options: Any) -> dict[str, Any]:
    """A request for one job, as it comes through the door."""
    return {"uid": str(uuid.uuid4()), "kind": "tests.work", **options}


def ask_many(session: Session, jobs: list[dict[str, Any]], group: Any = None) -> list[Any]:
    request = load(schemas.EnqueueMany(), {"jobs": jobs, "group": group})
    accepted = commands.enqueue_many(session, caller=ASKING, **request)
    session.commit()
    return accepted


def work_off(core: Core) -> None:
    """Let everything that is ready succeed."""
    now = datetime.now(UTC)
    node = core.join(now=now)
    core.complete(node, core.claim(node, now=now), now=now)


def pointers(request: Any, shape: Any = schemas.Enqueue) -> list[str]:
    """Where the door finds fault with a request."""
    with pytest.raises(Invalid) as refused:
        load(shape(), request)
    return sorted(refused.value.fields)


def test_many_jobs_are_accepted_together_each_with_its_verdict(session: Session) -> None:
    jobs = [job(args={"n": n}) for n in range(3)]
    assert [each.verdict for each in ask_many(session, jobs)] == ["accepted"] * 3
    again = ask_many(session, [*jobs, job()])
    assert [each.verdict for each in again] == ["repeated"] * 3 + ["accepted"]


def test_of_many_jobs_none_is_stored_when_one_is_refused(session: Session, core: Core) -> None:
    with pytest.raises(NotFound) as refused:
        ask_many(session, [job(), job(kind="tests.unheard_of"), job()])
    session.rollback()
    assert list(refused.value.fields) == ["/jobs/1/kind"]
    assert core.value("SELECT count(*) FROM live") == 0
    assert core.value("SELECT count(*) FROM enqueue_receipt") == 0


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"args": {"a": "x" * 300_000}}, "/args"),
        ({"args": {"a": "\x00"}}, "/args"),
        ({"args": {"a": "\ud800"}}, "/args"),
        ({"kind": ""}, "/kind"),
        ({"uid": "7"}, "/uid"),
        ({"priority": 9}, "/priority"),
        ({"run_at": "tomorrow"}, "/run_at"),
        ({"tags": ["a b"]}, "/tags/0"),
        ({"needs": ["7"]}, "/needs/0"),
        ({"version": 0}, "/version"),
        ({"surprise": 1}, "/surprise"),
    ],
)
def test_what_is_wrong_with_a_job_is_told_with_its_place(wrong: dict[str, Any], place: str) -> None:
    assert pointers(job(**wrong)) == [place]
    assert pointers({"jobs": [job(), job(**wrong)]}, schemas.EnqueueMany) == [f"/jobs/1{place}"]


def test_more_jobs_or_more_arguments_than_one_request_may_hold_are_refused() -> None:
    many = [job() for _ in range(501)]
    assert pointers({"jobs": many}, schemas.EnqueueMany) == ["/jobs"]
    heavy = [job(args={"a": "x" * 250_000}) for _ in range(20)]
    assert pointers({"jobs": heavy}, schemas.EnqueueMany) == ["/jobs"]
    assert pointers({"jobs": []}, schemas.EnqueueMany) == ["/jobs"]


def test_a_job_waits_for_those_it_needs(session: Session, core: Core) -> None:
    first = accept(session)
    second = accept(session, needs=[first])
    waits = see(session, second)
    assert (waits["state"], waits["blocked_by"], waits["needs"]) == ("blocked", "needs", [first])
    work_off(core)
    assert see(session, second)["state"] == "ready"


def test_a_job_cannot_need_one_that_nobody_knows(session: Session, core: Core) -> None:
    with pytest.raises(NotFound) as refused:
        accept(session, needs=[uuid.uuid4()])
    session.rollback()
    assert list(refused.value.fields) == ["/needs"]
    assert core.value("SELECT count(*) FROM live") == 0


def test_a_job_of_the_same_unique_values_stands_for_a_second_one(
    session: Session, core: Core
) -> None:
    core.declare(unique_by=["invoice_id"])
    first = accept(session, args={"invoice_id": 1})
    second = commands.enqueue(
        session, uid=uuid.uuid4(), kind="tests.work", args={"invoice_id": 1}, caller=ASKING
    )
    assert (second.verdict, second.duplicate_of) == ("duplicate", first)
    session.commit()
    assert see(session, second.uid)["uid"] == first


def test_what_a_job_carries_is_seen_and_found(session: Session) -> None:
    group, other = uuid.uuid4(), accept(session)
    uid = accept(session, tags=["nightly", "eu"], group_id=group)
    job = see(session, uid)
    assert (job["tags"], job["group_id"], job["version"]) == (["nightly", "eu"], group, 1)
    for wanted in ({"tag": "eu"}, {"group_id": str(group)}):
        session.rollback()
        page = queries.jobs(session, **load(schemas.ListJobs(), wanted))
        assert [line["uid"] for line in page["items"]] == [uid]
    mine = load(schemas.ListJobs(), {"account_id": str(ACCOUNT)})
    assert {line["uid"] for line in queries.jobs(session, **mine)["items"]} == {uid, other}
    nobodys = load(schemas.ListJobs(), {"account_id": str(uuid.uuid4())})
    assert queries.jobs(session, **nobodys)["items"] == []


def test_jobs_are_found_by_the_node_they_run_on(session: Session, core: Core) -> None:
    uid = accept(session)
    accept(session)
    core.claim(core.join("bert", now=datetime.now(UTC)), room=1, now=datetime.now(UTC))
    page = queries.jobs(session, **load(schemas.ListJobs(), {"node": "bert"}))
    assert [(line["uid"], line["node"]) for line in page["items"]] == [(uid, "bert")]
    session.rollback()
    assert queries.jobs(session, **load(schemas.ListJobs(), {"node": "cora"}))["items"] == []


def test_enqueueing_takes_one_statement(session: Session) -> None:
    """The start of a job waits for every one of them."""
    accept(session)
    seen: list[str] = []
    count_statements(session.get_bind(), seen)
    accept(session)
    assert len(seen) == 1


def test_a_groups_callback_runs_when_all_of_it_has_ended(session: Session, core: Core) -> None:
    group, callback = uuid.uuid4(), job()
    ask_many(session, [job(), job()],
             {"group_id": str(group), "callback": callback, "sealed": True})  # fmt: skip
    seen = queries.group(session, group_id=group)
    assert (seen["total"], seen["sealed"], seen["finished_at"]) == (2, True, None)
    assert str(seen["callback_uid"]) == callback["uid"]
    assert see(session, uuid.UUID(callback["uid"]))["state"] == "blocked"

    work_off(core)

    session.rollback()
    seen = queries.group(session, group_id=group)
    assert (seen["succeeded"], seen["finished_at"] is not None) == (2, True)
    assert see(session, uuid.UUID(callback["uid"]))["state"] == "ready"


def test_a_group_takes_jobs_until_it_is_sealed(session: Session) -> None:
    group = {"group_id": str(uuid.uuid4()), "sealed": False}
    ask_many(session, [job()], group)
    ask_many(session, [job()], group)
    ask_many(session, [], {**group, "sealed": True})
    seen = queries.group(session, group_id=uuid.UUID(group["group_id"]))
    assert (seen["total"], seen["sealed"]) == (2, True)
    with pytest.raises(Conflict) as refused:
        ask_many(session, [job()], group)
    assert refused.value.code == "group_sealed"
    session.rollback()
    with pytest.raises(NotFound):
        queries.group(session, group_id=uuid.uuid4())


def test_a_group_asked_for_again_is_the_same_and_another_callback_is_refused(
    session: Session,
) -> None:
    group = {"group_id": str(uuid.uuid4()), "callback": job(), "sealed": True}
    jobs = [job(), job()]
    ask_many(session, jobs, group)
    assert {each.verdict for each in ask_many(session, jobs, group)} == {"repeated"}
    with pytest.raises(Conflict) as refused:
        ask_many(session, jobs, {**group, "callback": job()})
    assert refused.value.code == "group_taken"


def test_a_callback_of_an_unknown_kind_opens_no_group(session: Session, core: Core) -> None:
    group = {"group_id": str(uuid.uuid4()), "callback": job(kind="tests.unheard_of")}
    with pytest.raises(Failure) as refused:
        ask_many(session, [job()], group)
    session.rollback()
    assert list(refused.value.fields) == ["/group/callback/kind"]
    assert core.value("SELECT count(*) FROM job_group") == 0


def test_the_bell_rings_once_what_it_rings_for_is_committed(session: Session) -> None:
    bell, rung = NodeBell("amqp://nowhere"), list[tuple[str, ...]]()
    bell.ring = lambda kinds: rung.append(tuple(kinds))  # type: ignore[method-assign]
    bell.ring_after(session, ["tests.work"])
    session.execute(text("SELECT 1"))
    assert rung == []
    session.commit()
    session.execute(text("SELECT 1"))
    session.commit()
    assert rung == [("tests.work",)]
