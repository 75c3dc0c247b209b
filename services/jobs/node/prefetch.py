"""Jobs that this node has claimed and no worker has yet: slow ones apart from quick ones."""

import time
from collections import Counter, deque
from collections.abc import Collection, Iterable

from services.jobs.node.pace import Pace
from services.jobs.node.runs import Claimed

HOLD_SECONDS = 1.0  # after that another node may do better


class Prefetched:
    """Two queues, served in turn so that neither starves the other."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._slow: deque[tuple[float, Claimed]] = deque()
        self._quick: deque[tuple[float, Claimed]] = deque()
        self._slow_turn = True

    def __len__(self) -> int:
        return len(self._slow) + len(self._quick)

    @property
    def slow(self) -> int:
        return len(self._slow)

    def slow_kinds(self) -> Counter[int]:
        """How many of each slow kind wait."""
        return Counter(job.kind_id for _, job in self._slow)

    def add(self, jobs: Iterable[Claimed]) -> None:
        now = time.monotonic()
        for job in jobs:
            quick = self._pace.is_quick(job.kind_id)
            (self._quick if quick else self._slow).append((now, job))

    def put_back(self, jobs: list[Claimed]) -> None:
        """Jobs that a worker had and did not start: they go first."""
        now = time.monotonic()
        for job in reversed(jobs):
            quick = self._pace.is_quick(job.kind_id)
            (self._quick if quick else self._slow).appendleft((now, job))

    def for_idle(self, idle: int = 1) -> list[Claimed]:
        """What the next of so many idle workers gets: one slow job, or a batch of quick ones."""
        turn = self._slow_turn
        self._slow_turn = not turn
        if self._slow and (turn or not self._quick):
            return [self._slow.popleft()[1]]
        return self.quick_batch(idle)

    def quick_batch(self, idle: int = 1) -> list[Claimed]:
        """A message's worth of quick jobs, all of one kind, and no more than leaves as many for
        each of the other idle workers."""
        if not self._quick:
            return []
        kind_id = self._quick[0][1].kind_id
        most = min(self._pace.batch(kind_id), -(-len(self._quick) // idle))
        batch: list[Claimed] = []
        while self._quick and len(batch) < most and self._quick[0][1].kind_id == kind_id:
            batch.append(self._quick.popleft()[1])
        return batch

    def take(self, ids: Collection[int]) -> list[Claimed]:
        """Take these out, of those that are here."""
        taken: list[Claimed] = []
        for queue in (self._slow, self._quick):
            taken += [job for _, job in queue if job.id in ids]
            kept = [each for each in queue if each[1].id not in ids]
            queue.clear()
            queue.extend(kept)
        return taken

    def take_all(self) -> list[Claimed]:
        return self._take(float("inf"))

    def take_stale(self) -> list[Claimed]:
        """Jobs that wait too long here."""
        return self._take(time.monotonic() - HOLD_SECONDS)

    def _take(self, before: float) -> list[Claimed]:
        taken: list[Claimed] = []
        for queue in (self._slow, self._quick):
            while queue and queue[0][0] < before:
                taken.append(queue.popleft()[1])
        return taken
