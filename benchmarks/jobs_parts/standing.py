"""What an idle cluster takes, and what its processes keep in memory."""

import time
from collections.abc import Mapping, Sequence
from contextlib import closing

from benchmarks.jobs_parts.ours import OurArena, Ours
from benchmarks.jobs_parts.parts import Bench
from benchmarks.jobs_parts.processor import children, memory_mb, resident_mb, usage
from tests.processes import until

NODES = 4
SETTLING = 8.0  # seconds: from joining to rest
IDLE_SECONDS = 30.0
SCHEDULED = 1_000_000
DUE = 100
DUE_SECONDS = 12.0

_SCHEDULE = """
    WITH kept AS (
        INSERT INTO jobs.live (uid, kind_id, state, priority, seq, max_attempts, run_at,
            created_at, args)
        SELECT gen_random_uuid(), kind_id, 0, 2, nextval('jobs.job_seq'), 5,
            now() + interval '1 day', now(), '{"number": -1, "due_ns": 0}'
        FROM jobs.kind, generate_series(1, %s) WHERE name = 'bench.nothing'
        RETURNING uid, id)
    INSERT INTO jobs.enqueue_receipt (uid, job_id, digest, accepted_at)
    SELECT uid, id, '', now() FROM kept
"""


def idle(bench: Bench, _number: int) -> None:
    """Four nodes with nothing to do; each process group's share of one core.

    The servers take a share for themselves, also where nobody is connected to them.
    """
    alone = _shares(bench.world.server_pids())
    bench.say(f"idle: {_told(alone)} of one core without us")
    for name, share in alone.items():
        bench.figures.note(f"idle {name} without us", 100 * share)
    with Ours("idle", bench.world, NODES, 2).arena() as arena:
        arena.start()
        arena.wait_until_ready()
        time.sleep(SETTLING)
        groups = {"nodes": arena.node_pids, "service": [arena.service_pid]}
        groups |= bench.world.server_pids()
        shares = _shares(groups)
        for name, share in shares.items():
            bench.figures.note(f"idle {name}", 100 * share)
        bench.figures.note("idle all", 100 * sum(shares.values()))
        _note_memory(bench, "idle", arena)
        bench.say(f"idle: {_told(shares)} of one core")


def _shares(groups: Mapping[str, Sequence[int]]) -> dict[str, float]:
    """Cores that each group of processes keeps busy for a while."""
    before = usage(groups)
    time.sleep(IDLE_SECONDS)
    spent = usage(groups).since(before).groups
    return {name: seconds / IDLE_SECONDS for name, seconds in spent.items()}


def _told(shares: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {share:.2%}" for name, share in shares.items())


def scheduled(bench: Bench, _number: int) -> None:
    """A million jobs that are due tomorrow, and some that are due now and then."""
    with Ours("scheduled", bench.world).arena() as arena:
        arena.start()
        arena.wait_until_ready()
        _note_memory(bench, "before the million", arena)
        bench.world.execute(_SCHEDULE, SCHEDULED, url=arena.url)
        _schedule_soon(arena)
        until(lambda: arena.witness.count >= DUE, DUE_SECONDS + 20, "the due ones have run")
        seen = arena.witness.seen(DUE)
        for share in (0.5, 0.99):
            bench.figures.note(f"scheduled late p{100 * share:.0f}", seen.latency(share))
        _note_memory(bench, "with the million", arena)
        bench.say(f"scheduled: {seen.latency(0.5):.0f} ms late, p99 {seen.latency(0.99):.0f} ms")


def _schedule_soon(arena: OurArena) -> None:
    """Jobs due over the next seconds, asked for as any other, beside the million."""
    with closing(arena.connect()) as connection, connection.cursor() as cursor:
        for each in range(DUE):
            wait = 1.0 + each * (DUE_SECONDS - 2.0) / DUE
            due = time.monotonic_ns() + int(wait * 1e9)
            cursor.execute(
                "SELECT verdict FROM enqueue(jsonb_build_array(jsonb_build_object('uid',"
                " gen_random_uuid(), 'kind', 'bench.nothing', 'args', jsonb_build_object('number',"
                " %s, 'due_ns', %s), 'run_at', clock_timestamp() + make_interval(secs => %s))))",
                (each, due, wait),
            )


def _note_memory(bench: Bench, when: str, arena: OurArena) -> None:
    """Of the first node: its agent, and the worst of its workers."""
    agent = arena.agents()[0]
    workers = children(agent)
    for name, pids in (("agent", [agent]), ("child", workers)):
        resident = max(resident_mb(pid) for pid in pids)
        bench.figures.note(f"{when}: {name} resident", resident)
        bench.figures.note(f"{when}: {name} own", max(memory_mb(pid) for pid in pids))
        bench.say(f"{when}: {name} {resident:.0f} MiB resident")
