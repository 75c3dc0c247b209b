"""What users complain of when tables grow: everything becomes slow.

Not timed: what a call costs is counted in pages that the database touches, and no neighbour on
the machine changes that.
"""

import json
import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from services.jobs.queries import tables_to_vacuum
from services.jobs.settings import Settings
from tests.jobs.core import START, Core, after

FINISHED, WAITING, SCHEDULED = 200_000, 50_000, 100_000
BATCH = 100  # jobs

FILL_DONE = """
INSERT INTO done (id, uid, kind_id, outcome, priority, attempt, max_attempts, run_no, session_id,
    run_at, created_at, claimed_at, finished_at, args)
SELECT nextval('job_seq'), gen_random_uuid(), kind_id, 1, 2, 1, 3, 1, 1, %s, %s, %s, %s, '{}'
FROM kind, generate_series(1, %s) WHERE name = 'tests.work'
"""
FILL_LIVE = """
INSERT INTO live (uid, kind_id, state, priority, seq, max_attempts, run_at, created_at, args)
SELECT gen_random_uuid(), kind_id, %s, 2, nextval('job_seq'), 3, %s, %s, '{}'
FROM kind, generate_series(1, %s) WHERE name = 'tests.work'
"""


@pytest.fixture
def emptied(core: Core) -> Iterator[Core]:
    """A core whose tables are short again afterwards."""
    yield core
    core.rows("TRUNCATE live, done, enqueue_receipt")


def pages(core: Core, statement: str, *values: object) -> int:
    """How many pages the statement touches, also within the functions that it calls."""
    [[plan]] = core.rows(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", *values)
    top = plan[0]["Plan"]
    return int(top["Shared Hit Blocks"] + top["Shared Read Blocks"])


def cost_of_a_round(core: Core) -> dict[str, int]:
    """Pages that each step touches; promoting and rescuing have nothing to do."""
    session = core.join()
    kind = core.value("SELECT kind_id FROM kind WHERE name = 'tests.work'")
    core.enqueue_many(BATCH)
    core.complete(session, core.claim(session, room=5))  # the first calls also read catalogues
    claim = pages(
        core, "SELECT * FROM claim(%s, %s, %s, %s, %s)", session, [kind], [BATCH], 50, START
    )
    held = core.rows("SELECT id, run_no FROM live WHERE state = 2 AND session_id = %s", session)
    ids, runs = [row.id for row in held], [row.run_no for row in held]
    complete = "SELECT complete(%s, %s::bigint[], %s::int[], %s::jsonb[], %s)"
    job = [{"uid": str(uuid.uuid4()), "kind": "tests.work", "args": {}}]
    return {
        "claim": claim,
        "complete": pages(core, complete, session, ids, runs, [None] * len(ids), START),
        "enqueue": pages(core, "SELECT * FROM enqueue(%s, %s)", json.dumps(job), START),
        "promote": pages(core, "SELECT * FROM promote(100, %s)", START),
        "rescue": pages(core, "SELECT * FROM rescue(1000, NULL, %s)", START),
    }


def test_c15_c20_c27_c28_no_step_reads_more_because_tables_are_long(emptied: Core) -> None:
    cost_of_a_round(emptied)
    short = cost_of_a_round(emptied)
    emptied.rows(FILL_DONE, START, START, START, START, FINISHED)
    emptied.rows(FILL_LIVE, 1, START, START, WAITING)
    emptied.rows(FILL_LIVE, 0, after(86_400), START, SCHEDULED)
    long = cost_of_a_round(emptied)
    dearer = {step: (short[step], long[step]) for step in long if long[step] > 2 * short[step] + 60}
    assert not dearer, f"pages touched with short and with long tables: {dearer}"


def test_c21_rows_that_are_gone_are_swept_up_and_history_ends_by_default(
    emptied: Core, session: Session
) -> None:
    """The leader vacuums where the server's own vacuum is busy elsewhere."""
    emptied.rows("ALTER TABLE live SET (autovacuum_enabled = off)")
    emptied.rows(FILL_LIVE, 1, START, START, 60_000)
    emptied.rows("DELETE FROM live")
    emptied.rows("SELECT pg_stat_force_next_flush()")
    assert "live" in tables_to_vacuum(session)
    session.rollback()  # a transaction sees one state of the statistics
    emptied.rows("VACUUM live")
    emptied.rows("ALTER TABLE live RESET (autovacuum_enabled)")
    assert "live" not in tables_to_vacuum(session)
    [table] = emptied.rows("SELECT reloptions FROM pg_class WHERE oid = 'live'::regclass")
    assert "autovacuum_vacuum_scale_factor=0.02" in table.reloptions
    assert Settings.history_days == 30
