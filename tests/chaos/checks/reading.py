"""The third witness, PostgreSQL, and all three put together."""

from pathlib import Path
from typing import Any

from tests.chaos.checks.history import Attempt, Done, Fire, History, Live, Window, bodies_of
from tests.chaos.ledger import Accepted, read_marks
from tests.chaos.promises import Promises
from tests.chaos.world import World

# The suite's own kinds have their own tests; here they only share the tables.
OURS = "k.name LIKE 'chaos.%'"

DONE = f"""
SELECT d.id, d.uid::text, k.name, d.outcome, d.attempt, d.max_attempts, d.run_no, d.session_id,
    extract(epoch FROM d.created_at)::float8, extract(epoch FROM d.claimed_at)::float8,
    extract(epoch FROM d.finished_at)::float8, coalesce(d.error, '')
FROM done d JOIN kind k USING (kind_id) WHERE {OURS} ORDER BY d.id
"""
LIVE = f"""
SELECT l.id, l.uid::text, k.name, l.state, l.attempt, l.run_no, l.session_id
FROM live l JOIN kind k USING (kind_id) WHERE {OURS} ORDER BY l.id
"""
ATTEMPTS = """
SELECT job_id, run_no, session_id, extract(epoch FROM started_at)::float8,
    extract(epoch FROM ended_at)::float8, outcome, error FROM attempt ORDER BY job_id, run_no
"""
FIRES = """
SELECT extract(epoch FROM fire_at)::float8, uid::text FROM fire JOIN schedule USING (schedule_id)
WHERE schedule.name = %s ORDER BY fire_at
"""


def read_history(
    world: World,
    accepted: list[Accepted],
    windows: list[Window],
    *,
    folder: Path,
    offset: float,
    schedule: str,
    promises: Promises,
) -> History:
    """Everything there is to know; `offset` takes bodies' steady clock to PostgreSQL's."""
    marks = (
        (mark.what, mark.uid, mark.pid, mark.run_no, mark.steady + offset)
        for mark in read_marks(folder)
    )
    effects: list[tuple[Any, ...]] = world.rows("SELECT uid::text, times FROM chaos.effect")
    nodes: list[tuple[Any, ...]] = world.rows("SELECT session_id, node_name FROM node_session")
    return History(
        accepted=accepted,
        done=[Done(*row) for row in world.rows(DONE)],
        live=[Live(*row) for row in world.rows(LIVE)],
        attempts=[Attempt(*row) for row in world.rows(ATTEMPTS)],
        bodies=bodies_of(marks),
        effects=dict(effects),
        fires=[Fire(*row) for row in world.rows(FIRES, schedule)],
        windows=windows,
        nodes=dict(nodes),
        promises=promises,
    )
