"""A million jobs waiting and ten million done: does anything grow with the tables?"""

import json
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta

from benchmarks.figures import percentile
from benchmarks.jobs_parts import kinds
from benchmarks.jobs_parts.measuring import rate_of_first
from benchmarks.jobs_parts.ours import OurArena, Ours
from benchmarks.jobs_parts.parts import Bench
from chassis.jobkinds import kinds_in

PROBED_KIND = kinds_in([kinds])["bench.nothing"]
BACKLOG = 1_000_000
HISTORY = 10_000_000
DAYS = 10  # that the history is spread over
PROBES = 300
PROBED = 50  # jobs in a claim
DRAINED = 200_000

_HISTORY = """
    INSERT INTO jobs.done (id, uid, kind_id, outcome, priority, attempt, max_attempts, run_no,
        session_id, run_at, created_at, claimed_at, finished_at, args)
    SELECT nextval('jobs.job_seq'), gen_random_uuid(), kind_id, 1, 2, 1, 5, 1, 1, at, at, at, at,
        '{"number": -1, "due_ns": 0}'
    FROM jobs.kind, generate_series(1, %s) AS n,
        LATERAL (SELECT %s::timestamptz + n * interval '1 millisecond' AS at) t
    WHERE name = 'bench.nothing'
"""
_BACKLOG = """
    INSERT INTO jobs.live (uid, kind_id, state, priority, seq, max_attempts, run_at, created_at,
        args)
    SELECT gen_random_uuid(), kind_id, 1, 2, nextval('jobs.job_seq'), 5, now(), now(),
        jsonb_build_object('number', n, 'due_ns', 0)
    FROM jobs.kind, generate_series(%s, %s) AS n WHERE name = 'bench.nothing'
"""


def big(bench: Bench, _number: int) -> None:
    """The same claims and the same drain with small tables and with big ones."""
    for name, history, backlog in (
        ("small", 0, DRAINED + PROBES * PROBED),
        ("big", HISTORY, BACKLOG),
    ):
        with Ours(name, bench.world).arena() as arena:
            began = time.monotonic()
            _fill(arena, history, backlog)
            bench.world.settle()
            bench.say(f"big: {name} tables filled in {time.monotonic() - began:.0f} s")
            claims = _claims(arena)
            bench.figures.note(f"claim {name} p50", 1000 * percentile(claims, 0.5))
            bench.figures.note(f"claim {name} p99", 1000 * percentile(claims, 0.99))
            done = rate_of_first(arena, DRAINED)
            bench.figures.note(f"drain {name}", done)
            bench.say(
                f"big: {name}: claim p50 {1000 * percentile(claims, 0.5):.2f}"
                f" p99 {1000 * percentile(claims, 0.99):.2f} ms, drain {done:,.0f}/s"
            )


def _fill(arena: OurArena, history: int, backlog: int) -> None:
    """By plain statements, because a million enqueues would only take longer."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [today - timedelta(days=day) for day in range(DAYS if history else 0)]
    if days:
        with closing(arena.connect()) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT ensure_partitions(%s::date, %s)", (days[-1], len(days)))
    for day in days:
        arena.rows(_HISTORY, history // DAYS, day)
    arena.rows(_BACKLOG, 0, backlog - 1)
    arena.rows("ANALYZE jobs.live")


def _claims(arena: OurArena) -> list[float]:
    """Seconds of each claim of a session that takes jobs and hands them back."""
    taken = []
    with closing(arena.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT session_id, kind_id FROM open_session('prober', '{}', 100, '1', 'here', 1, %s)",
            (json.dumps([PROBED_KIND.as_json()]),),
        )
        [(session, kind)] = cursor.fetchall()
        for _ in range(PROBES):
            began = time.perf_counter()
            cursor.execute(
                "SELECT id, run_no FROM claim(%s, %s, %s, %s)", (session, [kind], [PROBED], PROBED)
            )
            claimed = cursor.fetchall()
            taken.append(time.perf_counter() - began)
            assert len(claimed) == PROBED, len(claimed)
            ids, runs = zip(*claimed, strict=True)
            cursor.execute(
                "SELECT complete(%s, %s::bigint[], %s::int[], %s::jsonb[])",
                (session, list(ids), list(runs), [None] * len(ids)),
            )
        cursor.execute("SELECT close_session(%s, 'left')", (session,))
    return taken
