"""Who must run alone does (I8), and who came first is served first (I9)."""

from bisect import insort
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from tests.chaos.checks.history import Done, History, Violation
from tests.chaos.checks.zombies import zombies

# Claims skip what another claims at the same moment, so that a few batches may pass one another.
PASSING = 1_500  # jobs


def alone_by_key(history: History) -> Iterator[Violation]:
    """I8: no two bodies with the same key at once; zombies have no slot, and do not count."""
    keys = {each.uid: each.key for each in history.accepted if each.kind == "chaos.keyed"}
    gone = {(zombie.body.uid, zombie.body.run_no) for zombie in zombies(history)}
    by_key = defaultdict(list)
    for body in history.bodies:
        if body.uid in keys and body.ended and (body.uid, body.run_no) not in gone:
            by_key[keys[body.uid]].append(body)
    for key, bodies in by_key.items():
        bodies.sort(key=lambda body: body.began)
        for before, after in pairwise(bodies):
            if before.ended and after.began < before.ended:
                for one, other in ((before, after), (after, before)):
                    text = f"ran beside run {other.run_no} of {other.uid}, which has the key {key}"
                    yield Violation("I8", one.uid, text)


def in_order(history: History) -> Iterator[Violation]:
    """I9: within a kind, claims follow the order of arrival, but for batches claimed at once."""
    by_kind: dict[str, list[Done]] = defaultdict(list)
    for job in history.done:
        # A key's turn and a cap decide otherwise; who was run before has lost its place.
        if job.run_no == 1 and job.kind in ("chaos.noop", "chaos.sleep"):
            by_kind[job.kind].append(job)
    for jobs in by_kind.values():
        yield from _overtaken(sorted(jobs, key=lambda job: job.claimed_at or 0.0))


def _overtaken(claimed: list[Done]) -> Iterator[Violation]:
    """Jobs that more than `PASSING` younger ones were claimed before."""
    before: list[int] = []
    for job in claimed:
        place = _insert(before, job.id)
        younger = len(before) - place - 1
        if younger > PASSING:
            yield Violation("I9", job.uid, f"{younger} younger jobs of its kind were claimed first")


def _insert(ordered: list[int], number: int) -> int:
    if not ordered or number > ordered[-1]:
        ordered.append(number)
        return len(ordered) - 1
    insort(ordered, number)
    return ordered.index(number)
