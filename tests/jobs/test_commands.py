"""Commands and queries of the jobs service, on a real database."""

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.database import count_statements
from chassis.errors import Conflict, Denied, Invalid, NotFound
from chassis.shapes import load
from services.jobs import commands, queries, schemas
from tests.jobs.accepting import ACCOUNT, ASKING, accept, see
from tests.jobs.core import Core, Run, after


def kill_job(core: Core) -> list[Run]:
    """Let the one waiting job fail as often as it may."""
    session, runs = core.join(now=after(1e6)), []
    for _ in range(3):
        runs = core.claim(session, now=after(1e6))
        core.fail(session, runs, error="ValueError: no\nwith a traceback")
        core.promote(after(1e6))
    return runs


def page(session: Session, **request: Any) -> Any:
    session.rollback()
    return queries.jobs(session, **load(schemas.ListJobs(), request))


def test_an_accepted_job_carries_whose_it_is_and_where_it_came_from(session: Session) -> None:
    uid = accept(session, args={"invoice_id": "7"}, priority=1)
    job = see(session, uid)
    assert (job["state"], job["account_id"], job["request_id"]) == ("ready", ACCOUNT, "request-1")
    assert (job["args"], job["priority"], job["attempts"]) == ({"invoice_id": "7"}, 1, [])


def test_a_second_request_is_answered_and_a_contradiction_refused(session: Session) -> None:
    uid = accept(session, args={"a": 1})
    again = {"uid": uid, "kind": "tests.work", "caller": ASKING}
    assert commands.enqueue(session, args={"a": 1}, **again).is_repeated
    with pytest.raises(Conflict):
        commands.enqueue(session, args={"a": 2}, **again)


def test_a_kind_nobody_declares_is_refused_and_nothing_is_stored(
    session: Session, core: Core
) -> None:
    with pytest.raises(NotFound) as refused:
        accept(session, kind="tests.unheard_of")
    assert "/kind" in refused.value.fields
    assert core.value("SELECT count(*) FROM live") == 0


@pytest.mark.parametrize(
    "args", [{"a": "x\x00"}, {"a": ["\ud800"]}, {"a": float("nan")}, {"a": "x" * 300_000}]
)
def test_arguments_that_cannot_be_stored_are_refused_at_the_door(args: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        load(schemas.Enqueue(), {"uid": str(uuid.uuid4()), "kind": "tests.work", "args": args})
    assert list(refused.value.fields) == ["/args"]


def test_a_job_of_another_account_is_not_there(session: Session) -> None:
    uid = accept(session)
    with pytest.raises(NotFound):
        queries.job(session, uid=uid, account_id=uuid.UUID(int=6), is_insider=False)
    assert queries.job(session, uid=uid, account_id=None, is_insider=True)["uid"] == uid


def test_a_dead_job_is_told_of_once_with_one_line_of_reason(session: Session, core: Core) -> None:
    uid = accept(session)
    kill_job(core)
    assert commands.announce_deaths(session) == 1
    session.commit()
    assert commands.announce_deaths(session) == 0
    wire, headers, body = session.execute(text("SELECT wire, headers, body FROM outbox")).one()
    assert wire == "jobs.job_died"
    assert headers["account_id"] == str(ACCOUNT)
    assert f'"uid":"{uid}"'.encode() in bytes(body)
    assert b"traceback" not in bytes(body)


def test_a_dead_job_shows_its_attempts_and_can_be_tried_again(session: Session, core: Core) -> None:
    uid = accept(session)
    runs = kill_job(core)
    dead = see(session, uid)
    assert (dead["state"], len(dead["attempts"]), dead["attempts"][0]["node"]) == (
        "dead",
        3,
        "anna",
    )
    assert commands.retry_job(session, job_id=uid) == "tests.work"
    session.commit()
    again = see(session, uid)
    assert (again["state"], again["attempt"]) == ("ready", 0)
    assert core.live(runs[0].id).run_no == 3
    with pytest.raises(Conflict):
        commands.retry_job(session, job_id=uid)
    with pytest.raises(NotFound):
        commands.retry_job(session, job_id=uuid.uuid4())


def test_pages_run_through_live_and_done_jobs_newest_first(session: Session, core: Core) -> None:
    uids = [accept(session, args={"n": n}) for n in range(5)]
    node = core.join()
    core.complete(node, core.claim(node, room=3))
    seen, cursor = [], None
    while True:
        got = page(session, limit=2, cursor=cursor)
        seen += [(line["uid"], line["state"]) for line in got["items"]]
        if (cursor := got["next_cursor"]) is None:
            break
    states = ["succeeded"] * 3 + ["ready"] * 2
    assert seen == list(reversed(list(zip(uids, states, strict=True))))
    assert len(page(session, state="ready")["items"]) == 2
    assert len(page(session, state="succeeded")["items"]) == 3
    assert page(session, kind="tests.unheard_of")["items"] == []


def test_lists_and_overview_take_the_same_number_of_statements_for_any_size(
    session: Session, core: Core
) -> None:
    def statements() -> int:
        seen: list[str] = []
        count_statements(session.get_bind(), seen)
        page(session)
        queries.overview(session)
        return len([each for each in seen if each.lstrip().startswith("SELECT")])

    accept(session)
    few = statements()
    for number in range(5):
        accept(session)
        core.declare(name=f"tests.kind_{number}")
        core.join(f"node {number}")
    assert statements() == few


def test_the_overview_counts_jobs_by_kind_and_nodes(session: Session, core: Core) -> None:
    for _ in range(3):
        accept(session)
    accept(session, run_at=after(9e6))
    core.claim(core.join(), room=1)
    overview = queries.overview(session)
    [kind] = overview["kinds"]
    assert {name: kind[name] for name in ("ready", "scheduled", "running", "dead", "nodes")} == {
        "ready": 2,
        "scheduled": 1,
        "running": 1,
        "dead": 0,
        "nodes": 1,
    }
    assert [(node["name"], node["running"]) for node in overview["nodes"]] == [("anna", 1)]
    assert schemas.Overview().dump(overview)["nodes"][0]["state"] == "live"


def test_history_is_made_ahead_and_dropped_when_old(session: Session, core: Core) -> None:
    later = datetime(2033, 5, 1, tzinfo=UTC)
    commands.keep_history(session, now=later, history_days=30)
    present = text("SELECT to_regclass('done_20330530') IS NOT NULL")
    assert session.execute(present).scalar_one()
    assert session.execute(text("SELECT to_regclass('done_20330531')")).scalar_one() is None
    session.rollback()


def test_the_clock_moves_ahead_in_sandbox_mode_alone_and_tells_each_move(session: Session) -> None:
    with pytest.raises(Denied):
        commands.advance_clock(session, seconds=60, is_sandbox=False)
    assert commands.advance_clock(session, seconds=60, is_sandbox=True) == 60
    assert commands.advance_clock(session, seconds=30, is_sandbox=True) == 90
    told = session.execute(text("SELECT body FROM outbox ORDER BY message_id")).scalars()
    assert [bytes(body) for body in told] == [
        b'{"version":1,"offset_seconds":60}',
        b'{"version":2,"offset_seconds":90}',
    ]
