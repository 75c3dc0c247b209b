"""One measurement of one contender: a drain, or jobs at random instants."""

import os
import time
from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.jobs_parts.contender import Arena, Contender
from benchmarks.jobs_parts.processor import Usage, usage
from benchmarks.jobs_parts.witness import Seen
from benchmarks.jobs_parts.world import World

PATIENCE = 20.0  # seconds without any job
LONGEST = 180.0  # seconds for one drain, whatever happens
LOOK = 0.1


class Cost(NamedTuple):
    """What a job took: microseconds of processor by who used them, bytes of PostgreSQL's log, its
    commits; `foreign` is how many cores the rest of the machine kept busy meanwhile."""

    workers: float
    postgres: float
    broker: float
    log_bytes: float
    commits: float
    foreign: float


class Drain(NamedTuple):
    seen: Seen
    cost: Cost
    preload: float  # jobs a second


def drain(world: World, contender: Contender, jobs: int, work: str = "nothing") -> Drain:
    """Jobs wait; the workers start; how fast they are gone."""
    with contender.arena() as arena:
        seconds = arena.preload(jobs, work)
        world.settle()
        written = world.written(arena.database_url) if arena.database_url else (0.0, 0)
        began, used = time.monotonic(), _usage(world, arena)
        arena.start()
        _wait_for(arena, jobs)
        arena.settle()
        spent, took = _usage(world, arena).since(used), time.monotonic() - began
        seen = arena.witness.seen(jobs)
        after = world.written(arena.database_url) if arena.database_url else (0.0, 0)
        cost = _cost(
            spent, took, jobs, [now - then for now, then in zip(after, written, strict=True)]
        )
        return Drain(seen, cost, jobs / seconds)


def latency(
    world: World, contender: Contender, *, rate: float, seconds: float, seed: int
) -> tuple[Seen, float]:
    """Warm workers wait for jobs at random instants; what became of them, and how many cores the
    rest of the machine kept busy."""
    with contender.arena() as arena:
        world.settle()
        arena.start()
        began, used = time.monotonic(), _usage(world, arena)
        sent = arena.send_at_random(rate, seconds, seed)
        _wait_for(arena, sent)
        spent, took = _usage(world, arena).since(used), time.monotonic() - began
        arena.settle()
        return arena.witness.seen(sent), _foreign(spent, took)


def rate_of_first(arena: Arena, jobs: int, at_most: float = 60.0) -> float:
    """Jobs a second of the middle 80 % of the first so many, or of as many as ran in `at_most`
    seconds; the rest is left undone."""
    arena.start()
    _wait_for_records(arena, jobs, at_most)
    ends = [record.end for record in arena.witness.records()[:jobs]]
    low, high = len(ends) // 10, len(ends) * 9 // 10
    return (high - low) / ((ends[high] - ends[low]) / 1e9)


def _wait_for_records(arena: Arena, jobs: int, at_most: float = LONGEST) -> None:
    """Until so many bodies have run; what nothing is heard of for long counts as lost."""
    count, heard, end = -1, time.monotonic(), time.monotonic() + at_most
    while arena.witness.count < jobs and time.monotonic() < end:
        arena.check()
        if arena.witness.count != count:
            count, heard = arena.witness.count, time.monotonic()
        if time.monotonic() - heard > PATIENCE:
            return
        time.sleep(LOOK)


def _wait_for(arena: Arena, jobs: int) -> None:
    """Until that many different jobs have run, beside those that warmed up."""
    wanted = jobs
    while True:
        _wait_for_records(arena, wanted)
        missing = jobs - len({record.number for record in arena.witness.records()})
        if missing <= 0 or arena.witness.count < wanted:  # all ran, or some never will
            return
        wanted = arena.witness.count + missing


def _usage(world: World, arena: Arena) -> Usage:
    servers = world.server_pids()
    run = [os.getpid(), *(pid for pids in servers.values() for pid in pids)]
    return usage({"workers": arena.pids(), **servers, "run": run})


def _foreign(spent: Usage, took: float) -> float:
    return max(0.0, spent.machine - spent.groups["run"]) / took


def _cost(spent: Usage, took: float, jobs: int, written: Sequence[float]) -> Cost:
    micro = {name: seconds / jobs * 1e6 for name, seconds in spent.groups.items()}
    return Cost(
        micro["workers"],
        micro["postgres"],
        micro["broker"],
        written[0] / jobs,
        written[1] / jobs,
        _foreign(spent, took),
    )
