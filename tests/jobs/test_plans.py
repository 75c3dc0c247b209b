"""The planner's traps: cost must follow the batch, never the backlog nor the batch's square.

Each function runs once on an empty core, so that its plan is made there, and then on a big one in
the same connection; auto_explain shows what really ran.
"""

import re
import uuid
from collections.abc import Callable
from functools import partial

import pytest

from tests.jobs.core import START, Core, Run, after

SCANNED = r"Seq Scan on (live|done|enqueue_receipt|dependency|job_group)"
BACKLOG = 100_000  # jobs that are ready, and as many scheduled; twice as many are done


@pytest.fixture(params=[0, 5], ids=["planned when empty", "planned when nearly empty"])
def explained(core: Core, admin_url: str, request: pytest.FixtureRequest) -> Callable[..., str]:
    """Run an act on a superuser's connection and return the plans of every statement inside.

    The worst time to plan: the tables are known to be empty, or nearly.
    """
    admin = Core(admin_url)
    admin.rows("SET search_path = jobs")
    admin.rows("LOAD 'auto_explain'")
    few: int = request.param
    hold_keys(core, few)
    tie(core, few)
    admin.rows("VACUUM ANALYZE live, done, enqueue_receipt, dependency, job_group")
    admin.rows("DELETE FROM live; DELETE FROM dependency; DELETE FROM job_group")

    def explain(act: Callable[[Core], object]) -> str:
        del admin.connection.notices[:]
        admin.rows(
            "SET client_min_messages = log; SET auto_explain.log_min_duration = 0;"
            "SET auto_explain.log_nested_statements = on; SET auto_explain.log_analyze = on;"
            "SET auto_explain.log_timing = off"
        )
        act(admin)
        admin.rows("RESET client_min_messages; SET auto_explain.log_min_duration = -1")
        return "".join(admin.connection.notices)

    return explain


def fill(core: Core) -> None:
    core.rows(
        "INSERT INTO live (uid, kind_id, state, priority, seq, max_attempts, run_at, created_at,"
        " args) SELECT gen_random_uuid(), (SELECT min(kind_id) FROM kind), 1, 2, n, 3, now(),"
        " now(), '{}' FROM generate_series(1, %s) n",
        BACKLOG,
    )
    core.rows(
        "INSERT INTO live (uid, kind_id, state, priority, seq, max_attempts, run_at, created_at,"
        " args) SELECT gen_random_uuid(), (SELECT min(kind_id) FROM kind), 0, 2, n, 3,"
        " %s + n * interval '1 second', now(), '{}' FROM generate_series(1, %s) n",
        after(7200), BACKLOG,
    )  # fmt: skip
    core.rows(
        "INSERT INTO done (id, uid, kind_id, outcome, priority, attempt, max_attempts, run_no,"
        " run_at, created_at, finished_at, args)"
        " SELECT -n, gen_random_uuid(), 1, 1, 2, 1, 1, 1, %s, %s, %s, '{}'"
        " FROM generate_series(1, %s) n",
        START, START, START, 2 * BACKLOG,
    )  # fmt: skip
    core.rows(
        "INSERT INTO enqueue_receipt SELECT gen_random_uuid(), n, '', now()"
        " FROM generate_series(1, %s) n",
        BACKLOG,
    )


def hold_keys(core: Core, number: int) -> None:
    """That many run of a thousand keys."""
    core.rows(
        "INSERT INTO live (uid, kind_id, state, priority, seq, max_attempts, run_at, created_at,"
        " args, concurrency_key, session_id, deadline_at) SELECT gen_random_uuid(), 1, 2, 2, n, 3,"
        " now(), now(), '{}', 'other ' || n %% 1000, 1, now() FROM generate_series(1, %s) n",
        number,
    )


def tie(core: Core, number: int) -> None:
    core.rows("INSERT INTO dependency SELECT -n, -n - 1 FROM generate_series(1, %s) n", number)
    core.rows(
        "INSERT INTO job_group (group_id, created_at) SELECT gen_random_uuid(), now()"
        " FROM generate_series(1, %s) n",
        number,
    )


def test_no_statement_of_the_hot_path_reads_the_table(
    core: Core, explained: Callable[..., str]
) -> None:
    session = core.join()
    first: list[Run] = []

    def round_trip(admin: Core) -> None:
        admin.enqueue({}, {})
        first[:] = admin.claim(session, room=60)
        admin.complete(session, first[:20])
        admin.complete(session, first[:20])
        admin.fail(session, first[20:40])
        admin.release(session, first[40:])
        admin.heartbeat(session, [], now=after(1))
        admin.renew(session, [], now=after(1))
        admin.promote(after(3600))
        admin.rescue(after(1))
        admin.overdue(after(1))

    explained(round_trip)
    fill(core)
    plans = explained(round_trip)
    assert len(first) == 60
    assert not re.search(SCANNED, plans)
    assert "Tid Scan on live" in plans
    assert largest_read(plans) < 1000


def test_no_statement_of_tied_and_limited_jobs_reads_a_table(
    core: Core, explained: Callable[..., str]
) -> None:
    core.declare(name="tests.keyed", concurrency_key=["k"], concurrency_limit=1)
    core.declare(name="tests.single", unique_by=["k"], rate_per_s=1000, rate_burst=100)
    core.declare(name="tests.asking", hooks={"allowing": "may_run"}, max_assigned=2)
    kinds = ("tests.keyed", "tests.single", "tests.asking", "tests.work")
    session = core.join(kinds=kinds)

    def round_trip(admin: Core) -> None:
        group = uuid.uuid4()
        admin.open_group(group, {})
        keyed = [{"kind": "tests.keyed", "args": {"k": n % 5}} for n in range(10)]
        jobs = admin.enqueue(*keyed, {"kind": "tests.single"}, {"kind": "tests.single"})
        admin.enqueue({"kind": "tests.asking"}, {"needs": [jobs[0].uid, jobs[1].uid]})
        admin.enqueue({"needs": [jobs[2].uid], "group_id": group, "tags": ["a"]})
        runs = admin.claim(session, 20, kinds[:3])
        admin.note(session, [{"id": run.id, "run_no": 1, "percent": 5} for run in runs])
        admin.cancel(runs[-1].id)
        admin.cancel(jobs[2].job_id)
        admin.complete(session, runs[:2])
        admin.fail(session, runs[2:])
        admin.seal_group(group)
        asked = admin.rows("SELECT * FROM waiting_for_permission(10, %s)", after(1))
        admin.rows("SELECT * FROM permit(%s, %s)", [row.id for row in asked], after(1))
        admin.unblock(after(1))
        admin.promote(after(3600))
        admin.rows("SELECT rate_waiting(%s)", after(1))

    explained(round_trip)
    fill(core)
    hold_keys(core, BACKLOG)
    tie(core, BACKLOG)
    plans = explained(round_trip)
    assert not re.search(SCANNED, plans)
    assert largest_read(plans) < 1000


def test_due_jobs_are_found_by_index_among_many_that_are_not(
    core: Core, explained: Callable[..., str]
) -> None:
    explained(lambda admin: admin.promote(after(1)))
    fill(core)
    moved: list[int] = []
    plans = explained(lambda admin: moved.append(admin.promote(after(7210))))
    assert moved == [10]
    assert "ix_live_due" in plans
    assert largest_read(plans) < 100


def test_old_receipts_are_found_by_index(core: Core, explained: Callable[..., str]) -> None:
    prune = partial(Core.rows, statement="SELECT prune_receipts(date '2019-01-01', 100)")
    explained(prune)
    fill(core)
    core.rows("UPDATE enqueue_receipt SET accepted_at = '2018-01-01' WHERE job_id %% 1000 = 0")
    plans = explained(prune)
    assert "ix_enqueue_receipt_accepted_at" in plans
    assert not re.search(SCANNED, plans)
    assert largest_read(plans) < 1000


def test_the_fence_is_checked_by_primary_key_and_not_by_the_running_index(
    core: Core, explained: Callable[..., str]
) -> None:
    session = core.join()
    runs: list[Run] = []
    explained(lambda admin: admin.complete(session, admin.claim(session)))
    fill(core)
    runs += core.claim(session, room=2000)
    plans = explained(lambda admin: admin.complete(session, runs[:200]))
    assert "pk_live" in plans
    assert "ix_live_run" not in plans


def test_a_large_batch_is_not_compared_with_itself(
    core: Core, explained: Callable[..., str], admin_url: str
) -> None:
    Core(admin_url).rows("VACUUM ANALYZE jobs.kind")  # one kind, so one job is expected
    plans = explained(lambda admin: admin.enqueue_many(1000))
    dropped = [int(rows) for rows in re.findall(r"Rows Removed by Join Filter: (\d+)", plans)]
    assert max(dropped, default=0) < 1000
    assert "CTE Scan on receipt" in plans


def largest_read(plans: str) -> int:
    """The most rows that any node of the plans produced."""
    actual = [part.split("rows=")[1].split()[0] for part in plans.split("(actual ")[1:]]
    return max(int(float(rows)) for rows in actual)
