"""The three planner traps: cost must follow the batch, never the backlog.

Each function runs once on an empty core, so that its plan is made there, and then on a big one in
the same connection; auto_explain shows what really ran.
"""

import re
from collections.abc import Callable

import pytest

from tests.jobs.core import START, Core, Run, after

BACKLOG = 30_000


@pytest.fixture
def explained(core: Core, connect: Callable[[], Core], admin_url: str) -> Callable[..., str]:
    """Run an act on a superuser's connection and return the plans of every statement inside."""
    admin = Core(admin_url)
    admin.rows("SET search_path = jobs")
    admin.rows("LOAD 'auto_explain'")
    admin.rows(
        "VACUUM ANALYZE live, done, enqueue_receipt"
    )  # the worst time to plan: the table is known to be empty

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
        " args) SELECT gen_random_uuid(), (SELECT kind_id FROM kind), 1, 2, n, 3, now(), now(),"
        " '{}' FROM generate_series(1, %s) n",
        BACKLOG,
    )
    core.rows(
        "INSERT INTO done (id, uid, kind_id, outcome, priority, attempt, max_attempts, run_no,"
        " run_at, created_at, finished_at, args)"
        " SELECT -n, gen_random_uuid(), 1, 1, 2, 1, 1, 1, %s, %s, %s, '{}'"
        " FROM generate_series(1, %s) n",
        START, START, START, BACKLOG,
    )  # fmt: skip
    core.rows(
        "INSERT INTO enqueue_receipt SELECT gen_random_uuid(), n, '', now()"
        " FROM generate_series(1, %s) n",
        BACKLOG,
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
        admin.promote(after(3600))
        admin.rescue(after(1))
        admin.rows("SELECT * FROM take_back_overdue(100, %s)", after(1))

    explained(round_trip)
    fill(core)
    plans = explained(round_trip)
    assert len(first) == 60
    assert not re.search(r"Seq Scan on (live|done|enqueue_receipt)", plans)
    assert "Tid Scan on live" in plans
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


def largest_read(plans: str) -> int:
    """The most rows that any node of the plans produced."""
    actual = [part.split("rows=")[1].split()[0] for part in plans.split("(actual ")[1:]]
    return max(int(float(rows)) for rows in actual)
