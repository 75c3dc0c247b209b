"""The parts in which many contend. Each notes figures, a round at a time."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from benchmarks.figures import Figures
from benchmarks.jobs_parts.contender import Contender
from benchmarks.jobs_parts.measuring import Drain, drain, latency, rate_of_first
from benchmarks.jobs_parts.ours import Ours
from benchmarks.jobs_parts.peers import peers
from benchmarks.jobs_parts.world import World

OURS = "Memberhall"
BY_CALL = "Memberhall, asked over the bus"
RATE = 100.0  # a second
LATENCY_SECONDS = 8.0
BRIEF_JOBS = 10_000
SCALE_JOBS = 50_000
LIMITED_JOBS = 40_000
LIMITED_SECONDS = 15.0  # start of the node included
SHARE = {"Celery": 0.08, "Celery, solo": 0.15, "Dramatiq": 0.5, "Procrastinate": 0.03}
"""Of the jobs of a drain, for those who would take minutes: each still drains for seconds."""


AnyOne = TypeVar("AnyOne")


class Bench(NamedTuple):
    """What every part works with."""

    world: World
    python: Path  # the peers'
    figures: Figures
    jobs: int
    contenders: str  # how the names of those who may contend begin
    say: Callable[[str], None]


def drains(bench: Bench, number: int) -> None:
    """No-op jobs that wait, the peers and ours by turns."""
    contenders: list[Contender] = [*peers(bench.world, bench.python)]
    contenders.append(Ours(OURS, bench.world))
    for contender in _turned(_chosen(bench, contenders), number):
        jobs = int(bench.jobs * SHARE.get(contender.name, 1.0))
        _note_drain(bench, "drain", contender, jobs)


def briefs(bench: Bench, _number: int) -> None:
    """Jobs that keep a core busy for a millisecond, on two workers: 2,000 a second at best."""
    _note_drain(bench, "brief", Ours(OURS, bench.world), BRIEF_JOBS, "brief")


def latencies(bench: Bench, number: int) -> None:
    """From when a job is due to its first line, 100 a second at random instants."""
    contenders: list[Contender] = [*peers(bench.world, bench.python, idle=True)]
    contenders += [Ours(OURS, bench.world), Ours(BY_CALL, bench.world, door="call")]
    for contender in _turned(_chosen(bench, contenders), number):
        seen, foreign = latency(
            bench.world, contender, rate=RATE, seconds=LATENCY_SECONDS, seed=number
        )
        name = f"latency {contender.name}"
        for share in (0.5, 0.99):
            bench.figures.note(f"{name} p{100 * share:.0f}", seen.latency(share))
        bench.figures.note(f"{name} lost or repeated", seen.lost + seen.repeated)
        bench.say(
            f"{name}: p50 {seen.latency(0.5):.2f}, p99 {seen.latency(0.99):.2f} ms"
            f" of {seen.sent} ({foreign:.1f} cores busy with other things)"
        )


def scale(bench: Bench, number: int) -> None:
    """One, two and four nodes: four workers in all, and two workers each."""
    kinds = [Ours(f"{nodes} x {4 // nodes}", bench.world, nodes, 4 // nodes) for nodes in (1, 2, 4)]
    kinds += [Ours(f"{nodes} x 2", bench.world, nodes, 2) for nodes in (1, 4)]
    for ours in _turned(kinds, number):
        _note_drain(bench, "scale", ours, SCALE_JOBS)


def limits(bench: Bench, number: int) -> None:
    """The same jobs with every limit on and none binding; in the first round also one at a time."""
    names = ("none", "key", "cap", "rate", "all") if number == 0 else ("none", "all")
    for name in _turned(names, number):
        with Ours(name, bench.world).arena() as arena:
            arena.preload(LIMITED_JOBS, name)
            bench.world.settle()
            rate = rate_of_first(arena, LIMITED_JOBS, LIMITED_SECONDS)
        bench.figures.note(f"limits {name}", rate)
        bench.say(f"limits {name}: {rate:,.0f}/s")


def _note_drain(
    bench: Bench, part: str, contender: Contender, jobs: int, work: str = "nothing"
) -> Drain:
    done = drain(bench.world, contender, jobs, work)
    name, seen, cost = f"{part} {contender.name}", done.seen, done.cost
    bench.figures.note(name, seen.steady)
    bench.figures.note(f"{name} overall", seen.overall)
    bench.figures.note(f"{name} lost or repeated", seen.lost + seen.repeated)
    bench.figures.note(f"{name} preload", done.preload)
    for what, value in cost._asdict().items():
        bench.figures.note(f"{name} {what}", value)
    bench.say(
        f"{name}: {seen.steady:,.0f}/s steady, {seen.overall:,.0f}/s overall, {jobs:,} jobs,"
        f" {cost.workers:.0f}+{cost.postgres:.0f}+{cost.broker:.0f} us"
        f" ({cost.foreign:.1f} cores busy with other things)"
    )
    return done


def _chosen(bench: Bench, contenders: Sequence[Contender]) -> list[Contender]:
    return [each for each in contenders if each.name.startswith(bench.contenders)]


def _turned(contenders: Sequence[AnyOne], number: int) -> Iterator[AnyOne]:
    """Each round begins with another one, so that none is always the first."""
    first = number % len(contenders)
    yield from (*contenders[first:], *contenders[:first])
