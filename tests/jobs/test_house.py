"""What the leader keeps up: terms, permissions, schedules; and what nodes tell when they renew."""

import uuid
from typing import Any

import psycopg2
import pytest

from tests.jobs.core import START, Core, after


def campaign(core: Core, holder: str, now: Any) -> tuple[int, bool]:
    row = core.rows("SELECT * FROM campaign('jobs', %s, 10, %s)", holder, now)[0]
    return row.term, row.leads


def lead(core: Core, holder: str, term: int, now: Any) -> None:
    core.rows("SELECT lead('jobs', %s, %s, %s)", holder, term, now)


def test_one_leads_until_its_lease_runs_out_and_terms_only_grow(core: Core) -> None:
    assert campaign(core, "a", after(0)) == (1, True)
    assert campaign(core, "b", after(9)) == (1, False)
    assert campaign(core, "a", after(9)) == (1, True)
    assert campaign(core, "b", after(19)) == (2, True)
    assert campaign(core, "a", after(19)) == (2, False)
    assert campaign(core, "b", after(40)) == (3, True), "its own lease had run out"


def test_a_leader_of_a_past_term_is_stopped_at_its_first_statement(core: Core) -> None:
    campaign(core, "a", after(0))
    lead(core, "a", 1, after(9))
    with pytest.raises(psycopg2.Error) as stopped:
        lead(core, "a", 1, after(10))
    assert stopped.value.pgcode == "MH001"
    campaign(core, "b", after(11))
    for holder, term in (("a", 1), ("a", 2), ("b", 1)):
        with pytest.raises(psycopg2.Error):
            lead(core, holder, term, after(12))


def test_who_resigns_is_followed_at_once(core: Core) -> None:
    campaign(core, "a", after(0))
    assert not core.value("SELECT resign('jobs', 'a', 7, %s)", after(1))
    assert core.value("SELECT resign('jobs', 'a', 1, %s)", after(1))
    assert campaign(core, "b", after(1)) == (2, True)


def test_a_kind_that_asks_waits_for_permission(core: Core) -> None:
    core.declare(hooks={"allowing": "may_run"})
    now, later = core.enqueue({}, {"run_at": after(60)})
    session = core.join()
    assert core.claim(session) == []
    core.promote(after(60))
    asked = core.rows("SELECT * FROM waiting_for_permission(10, %s)", after(60))
    assert [row.id for row in asked] == [now.job_id, later.job_id]
    core.rows("SELECT ask_again(%s, %s)", [now.job_id], after(90))
    core.rows("SELECT * FROM permit(%s, %s)", [later.job_id], after(60))
    assert core.rows("SELECT * FROM waiting_for_permission(10, %s)", after(89)) == []
    assert [run.id for run in core.claim(session)] == [later.job_id]
    assert len(core.rows("SELECT * FROM waiting_for_permission(10, %s)", after(90))) == 1


def declare_schedule(core: Core, cron: str | None = "0 3 * * *") -> Any:
    schedule = cron and {"cron": cron, "time_zone": "UTC", "missed": "one", "args": {"n": 1}}
    core.declare(schedule=schedule)
    found = core.rows("SELECT * FROM schedule")
    return found[0] if found else None


def test_a_declared_schedule_comes_changes_and_goes_with_the_code(core: Core) -> None:
    first = declare_schedule(core)
    assert (first.name, first.next_fire_at, first.is_declared) == ("tests.work", None, True)
    core.rows("UPDATE schedule SET next_fire_at = %s", START)
    assert declare_schedule(core).next_fire_at == START
    changed = declare_schedule(core, "0 4 * * *")
    assert (changed.next_fire_at, changed.version) == (None, first.version + 1)
    assert declare_schedule(core, None) is None


def test_an_instant_fires_once(core: Core) -> None:
    schedule = declare_schedule(core).schedule_id
    fires = [after(0), after(60)]

    def fire(moments: list[Any], following: Any) -> int:
        return int(
            core.value(
                "SELECT fire_schedule(%s, %s::timestamptz[], %s)", schedule, moments, following
            )
        )

    assert fire(fires[:1], after(60)) == 1
    assert fire(fires, after(120)) == 1
    assert fire(fires, after(120)) == 0
    rows = core.rows("SELECT j.args FROM fire f JOIN live j ON j.uid = f.uid")
    assert [row.args for row in rows] == [{"n": 1}, {"n": 1}]
    core.rows("UPDATE schedule SET paused_at = now()")
    assert fire([after(180)], after(240)) == 0


def test_a_renewal_carries_orders_and_numbers(core: Core) -> None:
    session = core.join(slots=2)
    kind = core.kind_id()
    stats = [{"kind_id": kind, "succeeded": 2, "failed": 1, "run_s": 0.5, "wait_s": 0.25}]
    beat = core.renew(session, load={"load1": 0.5}, stats=stats)
    assert (beat.standing, beat.slots, beat.paused) == (True, 2, False)
    core.rows("UPDATE node SET slots_wanted = 7")
    assert core.renew(session, stats=stats).slots == 7
    assert core.value("SELECT slots FROM node_session") == 7
    minute = core.rows("SELECT * FROM kind_minute")[0]
    assert (minute.succeeded, minute.failed, minute.run_s, minute.wait_s) == (4, 2, 1, 0.5)
    assert not core.renew(session + 1).standing


def test_only_the_run_that_holds_a_job_says_how_far_it_is(core: Core) -> None:
    core.enqueue({})
    session, other = core.join("anna"), core.join("bert")
    [run] = core.claim(session)
    said = [{"id": run.id, "run_no": run.run_no, "percent": 40, "note": "half"}]
    lines = [
        {"id": run.id, "run_no": run.run_no, "line_no": n, "at": after(n - 100), "text": "x" * 900}
        for n in (1, 2, 201)
    ]
    assert core.note(other, said, lines) == 0
    assert core.note(session, [{**said[0], "run_no": 2}], lines[:0]) == 0
    assert core.note(session, said, lines, now=after(1)) == 3
    assert core.note(session, said, lines, now=after(1)) == 1
    assert core.value("SELECT percent FROM progress") == 40
    kept = core.rows("SELECT line_no, length(text) AS size, at FROM job_log ORDER BY 1")
    assert [(row.line_no, row.size, row.at) for row in kept] == [(1, 500, START), (2, 500, START)]


def test_pruning_drops_what_is_old_and_keeps_what_lives(core: Core) -> None:
    old, group = "2019-01-01", uuid.uuid4()
    core.open_group(group)
    core.enqueue({"group_id": group})
    core.open_group(uuid.uuid4())
    core.rows("UPDATE job_group SET created_at = %s", old)
    core.rows("INSERT INTO kind_minute VALUES (1, %s, 1, 1, 1, 1)", old)
    core.rows("INSERT INTO progress VALUES (-1, 1, 1, '', %s)", old)
    core.rows(
        "INSERT INTO document (uid, name, content_type, content, created_at)"
        " VALUES (gen_random_uuid(), 'a', 'text/csv', '', %s)",
        old,
    )
    core.rows("SELECT prune_history(date '2019-01-02')")
    for table in ("kind_minute", "progress", "document"):
        assert core.value(f"SELECT count(*) FROM {table}") == 0
    assert [row.group_id for row in core.rows("SELECT group_id FROM job_group")] == [group]
