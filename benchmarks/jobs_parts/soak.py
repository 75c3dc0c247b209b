"""A steady load for a while: what grows?"""

import time
from collections.abc import Sequence

from benchmarks.figures import percentile
from benchmarks.jobs_parts.ours import OurArena, Ours
from benchmarks.jobs_parts.parts import Bench
from benchmarks.jobs_parts.processor import resident_mb
from benchmarks.jobs_parts.witness import Record

RATE = 500.0  # a second
SECONDS = 60.0

_LIVE = "SELECT pg_relation_size('jobs.live'), pg_indexes_size('jobs.live')"


def soak(bench: Bench, _number: int) -> None:
    """500 a second for a minute: latency of the first and of the last third, memory, tables."""
    with Ours("soak", bench.world).arena() as arena:
        arena.start()
        sent = arena.send_at_random(RATE, SECONDS, 1)
        time.sleep(1)
        arena.settle()
        records = arena.witness.records()
        third = len(records) // 3
        bench.figures.note("soak lost or repeated", arena.witness.seen(sent).lost)
        for name, some in (("first", records[:third]), ("last", records[-third:])):
            bench.figures.note(f"soak {name} third p50", _late(some, 0.5))
            bench.figures.note(f"soak {name} third p99", _late(some, 0.99))
        _note_sizes(bench, arena)
        first, last = _late(records[:third], 0.99), _late(records[-third:], 0.99)
        bench.say(f"soak: p99 {first:.1f} ms in the first third, {last:.1f} ms in the last")


def _note_sizes(bench: Bench, arena: OurArena) -> None:
    [(table, indexes)] = arena.rows(_LIVE)
    bench.figures.note("soak live table, MiB", table / 2**20)
    bench.figures.note("soak live indexes, MiB", indexes / 2**20)
    bench.figures.note("soak: agent resident", resident_mb(arena.agents()[0]))


def _late(records: Sequence[Record], share: float) -> float:
    return percentile([(each.start - each.due) / 1e6 for each in records], share)
