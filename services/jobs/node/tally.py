"""What a node counts of its work between two renewals of its lease, by kind."""

import os
from collections.abc import Iterable

from services.jobs.node.memory import children_of, resident


class Tally:
    """Runs that ended and what they took. Filled by the agent, taken by the heartbeat."""

    def __init__(self) -> None:
        self._of: dict[int, list[float]] = {}

    def count(self, kind_id: int, *, succeeded: bool, seconds: float, waited: float) -> None:
        """A run ended after `seconds`, having waited so many for its claim."""
        known = self._of.setdefault(kind_id, [0, 0, 0.0, 0.0])
        known[0 if succeeded else 1] += 1
        known[2] += seconds
        known[3] += max(0.0, waited)

    def take(self) -> list[dict[str, float]]:
        """Everything counted since the last time, as `renew` takes it."""
        taken, self._of = self._of, {}
        names = ("succeeded", "failed", "run_s", "wait_s")
        return [
            {"kind_id": kind_id, **dict(zip(names, counts, strict=True))}
            for kind_id, counts in taken.items()
        ]

    def put_back(self, taken: Iterable[dict[str, float]]) -> None:
        """They could not be delivered: they count with what comes next."""
        for each in taken:
            known = self._of.setdefault(int(each["kind_id"]), [0, 0, 0.0, 0.0])
            for place, name in enumerate(("succeeded", "failed", "run_s", "wait_s")):
                known[place] += each[name]


def load() -> dict[str, float]:
    """The machine's load, and the memory of agent and workers in megabytes."""
    own = os.getpid()
    memory = resident(own) + sum(resident(child) for child in children_of(own))
    return {"load1": round(os.getloadavg()[0], 2), "memory_mb": memory}
