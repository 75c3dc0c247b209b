"""Bodies that went on after their lease: harmless to the database, and only from named faults."""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from tests.chaos.checks.history import Body, History, Violation
from tests.chaos.checks.leases import leases_by_run

# A frozen process cannot know that it was given up, and one that is cut off only knows after its
# trust window; whoever is killed or told runs no further.
EXCUSES = ("F4", "F5", "F12", "F12b", "F22")
AFTERWARDS = 30.0  # seconds after such a fault in which its consequences show
SLACK = 0.3  # seconds between a lease's end in the database and the kill of what ran under it


class Zombie(NamedTuple):
    """A body that ended `late` seconds after its lease; `fault` is empty where none explains it."""

    body: Body
    late: float
    fault: str


def zombies(history: History) -> list[Zombie]:
    leases = leases_by_run(history)
    found = []
    for body in history.bodies:
        lease = leases.get((body.uid, body.run_no))
        last_seen = body.began if body.ended is None else body.ended
        if lease and last_seen > lease.ended + SLACK:
            found.append(Zombie(body, last_seen - lease.ended, _fault_behind(history, last_seen)))
    return found


def harmless(history: History) -> Iterator[Violation]:
    """I5: nobody works without a lease, unless it was frozen or cut off."""
    for zombie in zombies(history):
        if not zombie.fault:
            text = f"run {zombie.body.run_no} worked for {zombie.late:.1f} s after its lease"
            yield Violation("I5", zombie.body.uid, text)


def overlapping(history: History) -> Iterator[Violation]:
    """I4: two bodies of one job at once, where both still had or should have had a lease."""
    for uid, bodies in history.bodies_by_uid().items():
        ordered = sorted(bodies, key=lambda body: body.began)
        for before, after in pairwise(ordered):
            if before.ended is None or after.began >= before.ended:
                continue
            if not _fault_behind(history, before.ended):
                text = f"the bodies of runs {before.run_no} and {after.run_no} ran at once"
                yield Violation("I4", uid, text)


def _fault_behind(history: History, at: float) -> str:
    for window in history.windows:
        if window.fault.split()[0] in EXCUSES and (window.began <= at <= window.ended + AFTERWARDS):
            return window.fault
    return ""
