"""What operators change while the cluster runs: kinds, nodes, schedules; and ending jobs."""

import base64
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chassis.errors import Conflict, Invalid, NotFound
from chassis.shapes import load
from services.jobs import commands, queries, schemas
from tests.jobs.accepting import ACCOUNT, accept, see
from tests.jobs.core import Core


def now() -> datetime:
    return datetime.now(UTC)


def change(session: Session, override: dict[str, Any], kind: str = "tests.work") -> Any:
    """Through the door, as an operator does; returns the kind afterwards."""
    request = load(schemas.ChangeKind(), {"kind": kind, "override": override})
    commands.change_kind(session, **request)
    session.commit()
    return queries.kind(session, name=kind)


def test_a_paused_kind_starts_nothing_until_it_is_resumed(session: Session, core: Core) -> None:
    accept(session)
    node = core.join(now=now())
    commands.pause_kind(session, kind="tests.work")
    session.commit()
    assert core.claim(node, now=now()) == []
    paused_at = queries.kind(session, name="tests.work")["paused_at"]
    commands.pause_kind(session, kind="tests.work")
    session.commit()
    assert queries.kind(session, name="tests.work")["paused_at"] == paused_at
    commands.resume_kind(session, kind="tests.work")
    session.commit()
    assert len(core.claim(node, now=now())) == 1


def test_a_paused_node_starts_nothing_also_after_it_joined_anew(
    session: Session, core: Core
) -> None:
    accept(session)
    core.join("anna", now=now())
    commands.pause_node(session, node="anna")
    session.commit()
    assert core.claim(core.join("anna", now=now()), now=now()) == []
    assert len(core.claim(core.join("bert", now=now()), now=now())) == 1
    lines = {(line["name"], line["paused_at"] is None) for line in queries.nodes(session)["items"]}
    assert lines == {("anna", False), ("bert", True)}
    commands.resume_node(session, node="anna")
    session.commit()
    accept(session)
    assert len(core.claim(core.join("anna", now=now()), now=now())) == 1


def test_a_node_is_told_how_many_workers_it_shall_have(session: Session, core: Core) -> None:
    core.join("anna", now=now())
    commands.change_node(session, node="anna", workers=7)
    session.commit()
    [line] = queries.nodes(session)["items"]
    assert line["slots_wanted"] == 7
    with pytest.raises(NotFound) as refused:
        commands.change_node(session, node="nobody", workers=1)
    assert list(refused.value.fields) == ["/node"]


def test_what_is_changed_of_a_kind_counts_until_it_is_taken_back(session: Session) -> None:
    changed = change(session, {"timeout_s": 5, "max_assigned": 2, "node_labels": {"gpu": "yes"}})
    assert (changed["timeout"], changed["max_assigned"]) == (5, 2)
    assert changed["declared"]["timeout_s"] == 60
    assert changed["effective"]["node_labels"] == {"gpu": "yes"}
    assert change(session, {})["timeout"] == 60


def test_a_change_made_over_limits_that_are_no_longer_so_tells_what_was_changed(
    session: Session,
) -> None:
    change(session, {"timeout_s": 5, "weight": 2, "queue_size": None})
    seen = queries.kind(session, name="tests.work")["override"]
    change(session, {"timeout_s": 9, "queue_size": None, "max_assigned": 3})
    request = {"kind": "tests.work", "override": {"priority": 1}, "instead_of": seen}
    with pytest.raises(Conflict) as refused:
        commands.change_kind(session, **load(schemas.ChangeKind(), request))
    assert refused.value.fields == {
        "/override/timeout_s": ["It was set to 9."],
        "/override/max_assigned": ["It was set to 3."],
        "/override/weight": ["It is as declared again."],
    }
    session.rollback()
    stands = queries.kind(session, name="tests.work")["override"]
    assert stands == {"timeout_s": 9, "queue_size": None, "max_assigned": 3}
    commands.change_kind(session, **load(schemas.ChangeKind(), {**request, "instead_of": stands}))
    assert queries.kind(session, name="tests.work")["override"] == {"priority": 1}


def test_the_same_change_made_again_over_the_old_limits_is_no_conflict(session: Session) -> None:
    for _ in range(2):
        commands.change_kind(session, kind="tests.work", override={"weight": 2}, instead_of={})
    assert queries.kind(session, name="tests.work")["override"] == {"weight": 2}


def test_a_change_outlives_a_new_declaration(session: Session, core: Core) -> None:
    change(session, {"timeout_s": 5})
    core.declare(timeout_s=90)
    kind = queries.kind(session, name="tests.work")
    assert (kind["timeout"], kind["declared"]["timeout_s"]) == (5, 90)


@pytest.mark.parametrize(
    ("override", "place"),
    [
        ({"timeout_s": 0}, "/override/timeout_s"),
        ({"max_attempts": 101}, "/override/max_attempts"),
        ({"weight": 0}, "/override/weight"),
        ({"queue_size": 201}, "/override/queue_size"),
        ({"node_filter": "gpu-[0-9"}, "/override/node_filter"),
        ({"node_labels": {"gpu": 1}}, "/override/node_labels/gpu/value"),
        ({"rate_per_s": 5.0}, "/override/rate_burst"),
        ({"concurrency_limit": 2}, "/override/concurrency_limit"),
        ({"unique_by": ["a"]}, "/override/unique_by"),
    ],
)
def test_a_change_that_cannot_work_is_refused_with_its_place_and_changes_nothing(
    session: Session, override: dict[str, Any], place: str
) -> None:
    with pytest.raises(Invalid) as refused:
        change(session, override)
    assert list(refused.value.fields) == [place]
    session.rollback()
    assert queries.kind(session, name="tests.work")["override"] == {}


def test_a_filter_that_only_python_understands_is_refused(session: Session) -> None:
    with pytest.raises(Invalid) as refused:
        change(session, {"node_filter": "(?P<name>gpu)"})
    assert list(refused.value.fields) == ["/override/node_filter"]


@pytest.mark.parametrize("act", [commands.pause_kind, commands.resume_kind])
def test_an_unknown_kind_is_not_found(session: Session, act: Any) -> None:
    with pytest.raises(NotFound) as refused:
        act(session, kind="tests.unheard_of")
    assert list(refused.value.fields) == ["/kind"]


def test_a_limit_lowered_while_jobs_run_holds_for_those_that_start(
    session: Session, core: Core
) -> None:
    for _ in range(4):
        accept(session)
    node = core.join(now=now())
    core.claim(node, room=2, now=now())
    change(session, {"max_assigned": 1})
    assert core.claim(node, now=now()) == []


def test_a_kind_shows_its_last_hour(session: Session, core: Core) -> None:
    accept(session)
    minute = now().replace(second=0, microsecond=0) - timedelta(minutes=2)
    core.rows("INSERT INTO kind_minute SELECT kind_id, %s, 8, 2, 5.0, 0.5 FROM kind", minute)
    kind = queries.kind(session, name="tests.work")
    assert (kind["rate_per_minute"], kind["run_ms"], kind["wait_ms"]) == (2, 500, 50)
    [shown] = kind["minutes"]
    assert (shown["succeeded"], shown["failed"], shown["run_ms"]) == (8, 2, 500)
    with pytest.raises(NotFound):
        queries.kind(session, name="tests.unheard_of")


def test_a_waiting_job_is_cancelled_at_once_and_a_running_one_asked_to_stop(
    session: Session, core: Core
) -> None:
    first, second = accept(session), accept(session, run_at=now() + timedelta(hours=1))
    core.claim(core.join(now=now()), now=now())
    assert commands.cancel_job(session, job_id=first) == "requested"
    assert commands.cancel_job(session, job_id=second) == "cancelled"
    session.commit()
    assert see(session, first)["cancel_requested"] is True
    cancelled = see(session, second)
    assert (cancelled["state"], cancelled["timeline"][-1]["what"]) == ("cancelled", "cancelled")
    with pytest.raises(Conflict):
        commands.cancel_job(session, job_id=second)
    with pytest.raises(NotFound):
        commands.cancel_job(session, job_id=uuid.uuid4())


def test_all_dead_jobs_of_a_kind_are_tried_again(session: Session, core: Core) -> None:
    for name in ("tests.work", "tests.other"):
        core.declare(name=name, max_attempts=1)
    kinds = ("tests.work", "tests.work", "tests.other")
    uids = [accept(session, kind=kind) for kind in kinds]
    node = core.join(kinds=kinds[1:], now=now())
    core.fail(node, core.claim(node, kinds=kinds[1:], now=now()), now=now())
    assert commands.retry_dead(session, kind="tests.work") == 2
    session.commit()
    assert [see(session, uid)["state"] for uid in uids] == ["ready", "ready", "dead"]
    assert commands.retry_dead(session, kind=None) == 1
    with pytest.raises(NotFound):
        commands.retry_dead(session, kind="tests.unheard_of")


def test_a_job_tells_what_happened_to_it_in_order(session: Session, core: Core) -> None:
    uid = accept(session)
    node = core.join("anna", now=now())
    [run] = core.claim(node, now=now())
    core.rows(
        "SELECT note(%s, %s, %s)", node,
        f'[{{"id": {run.id}, "run_no": {run.run_no}, "percent": 40, "note": "pages"}}]',
        f'[{{"id": {run.id}, "run_no": {run.run_no}, "line_no": 1, "text": "hello",'
        f' "at": "{now().isoformat()}"}}]',
    )  # fmt: skip
    seen = see(session, uid)
    assert (seen["progress"]["percent"], seen["log"][0]["text"]) == (40, "hello")
    core.fail(node, [run], error="ValueError: no\ntrace", now=now())
    moments = [(each["what"], each["detail"]) for each in see(session, uid)["timeline"]]
    assert [what for what, _ in moments if what != "progress"] == ["enqueued", "started", "failed"]
    assert ("started", "anna") in moments
    assert ("failed", "ValueError: no") in moments
    assert schemas.JobView().dump(see(session, uid))["timeline"][0]["what"] == "enqueued"


def test_the_file_a_job_made_is_kept_with_the_job_and_seen_by_its_account(
    session: Session,
) -> None:
    uid = accept(session)
    made = {"name": "r.csv", "content_type": "text/csv"}
    for content in (b"first", b"second"):
        coded = base64.b64encode(content).decode()
        commands.store_document(session, uid=uid, content=coded, **made)
    session.commit()
    kept = queries.document(session, uid=uid, account_id=ACCOUNT, is_insider=False)
    assert kept == {**made, "content": base64.b64encode(b"second").decode()}
    assert see(session, uid)["document"] == made
    with pytest.raises(NotFound):
        queries.document(session, uid=uid, account_id=uuid.uuid4(), is_insider=False)
    with pytest.raises(NotFound):
        commands.store_document(session, uid=uuid.uuid4(), content="", **made)


@pytest.mark.parametrize(
    "content", ["no base64!", base64.b64encode(b"x" * (10 * 1024 * 1024 + 1)).decode()]
)
def test_a_file_that_is_unreadable_or_too_large_is_refused(session: Session, content: str) -> None:
    uid = accept(session)
    with pytest.raises(Invalid) as refused:
        commands.store_document(
            session, uid=uid, name="r", content_type="text/csv", content=content
        )
    assert list(refused.value.fields) == ["/content"]


def test_the_overview_names_the_leader_and_counts_everything(session: Session) -> None:
    accept(session)
    assert queries.overview(session)["leader"] is None
    session.rollback()
    commands.campaign(session, holder="ann", seconds=10)
    session.commit()
    overview = schemas.Overview().dump(queries.overview(session))
    assert (overview["leader"]["holder"], overview["leader"]["term"]) == ("ann", 1)
    assert overview["counts"] == {
        "ready": 1, "scheduled": 0, "running": 0, "blocked": 0, "dead": 0,
    }  # fmt: skip


def test_counts_stop_where_an_operator_only_wants_to_know_that_it_is_much(
    session: Session, core: Core
) -> None:
    core.rows(
        "INSERT INTO live (uid, kind_id, state, priority, seq, max_attempts, run_at, created_at,"
        " args) SELECT gen_random_uuid(), k.kind_id, 1, 2, n, 3, now(), now(), '{}'"
        " FROM kind k, generate_series(1, 12000) AS n"
    )
    [line] = queries.kinds(session)["items"]
    assert line["ready"] == 10_000
