"""From the database to the workers: what to claim, and who gets it.

Slow kinds: as many jobs as workers are free of slow ones. Quick kinds: enough to keep every worker
busy while the next claim is made. `held` is everything claimed and not yet settled, run number by
job id: a job counts until the database has acknowledged its end.
"""

from collections.abc import Sequence

from services.jobs.node.crew import Crew
from services.jobs.node.pace import Pace
from services.jobs.node.prefetch import Prefetched
from services.jobs.node.store import Claimed, Store
from services.jobs.node.worker import Worker

STOCK = 2  # times what the workers hold themselves


class Dispatch:
    """Claims into the prefetch and hands out of it."""

    def __init__(self, crew: Crew, pace: Pace) -> None:
        self._crew = crew
        self._pace = pace
        self._kinds: list[int] = []
        self.prefetched = Prefetched(pace)
        self.held: dict[int, int] = {}

    def begin(self, kinds: Sequence[int]) -> None:
        """Start afresh with a new session, for these kinds."""
        self.held.clear()
        self.prefetched.take_all()
        self._kinds = list(kinds)

    @property
    def has_room(self) -> bool:
        return any(self._room_for(kind) for kind in self._kinds)

    def claim(self, store: Store, session: int) -> tuple[int, bool]:
        """Claim once; returns how many came, and whether there may be more."""
        # Whoever was first is last the next time.
        self._kinds = self._kinds[1:] + self._kinds[:1]
        claims = [
            self._claim(store, session, [k for k in self._kinds if not self._pace.is_quick(k)]),
            self._claim(store, session, [k for k in self._kinds if self._pace.is_quick(k)]),
        ]
        self.hand_out()
        return sum(number for number, _ in claims), any(full for _, full in claims)

    def hand_out(self) -> None:
        """Idle workers first; busy ones get further quick jobs unless a slow one is waiting."""
        for worker in self._crew.workers:
            if worker.is_idle and (batch := self.prefetched.for_idle()):
                worker.give(batch)
        if not self.prefetched.slow:
            for worker in self._crew.workers:
                self._top_up(worker)

    def hand_back(self, store: Store, session: int, jobs: Sequence[Claimed]) -> None:
        """Give jobs that never started to others."""
        if jobs:
            store.release(session, {job.id: job.run_no for job in jobs})
            self.settled([job.id for job in jobs])

    def settled(self, ids: Sequence[int]) -> None:
        for job_id in ids:
            self.held.pop(job_id, None)

    def drop(self, runs: dict[int, int]) -> None:
        """These runs are no longer ours: forget them, and stop them where they run."""
        ids = {job_id for job_id, run_no in runs.items() if self.held.get(job_id) == run_no}
        if ids:
            self.prefetched.drop(ids)
            self._crew.drop(ids)
            self.settled(list(ids))

    def _claim(self, store: Store, session: int, kinds: list[int]) -> tuple[int, bool]:
        free = [self._room_for(kind) for kind in kinds]
        room = max(free, default=0)
        if room == 0:
            return 0, False
        jobs = store.claim(session, kinds, free, room)
        self.held.update((job.id, job.run_no) for job in jobs)
        self.prefetched.add(jobs)
        return len(jobs), len(jobs) == room

    def _room_for(self, kind: int) -> int:
        if not self._pace.is_quick(kind):
            free = sum(not self._has_slow_job(worker) for worker in self._crew.workers)
            return max(0, free - self.prefetched.slow)
        most = len(self._crew.workers) * self._pace.ahead(kind) * STOCK
        # Half of it at a time: many small claims cost more than a few large ones.
        return most - len(self.held) if len(self.held) <= most // 2 else 0

    def _top_up(self, worker: Worker) -> None:
        while worker.jobs and not self._has_slow_job(worker):
            batch = self.prefetched.quick_batch()
            if not batch:
                return
            ahead = self._pace.ahead(batch[0].kind_id)
            if len(worker.jobs) + len(batch) > ahead or not worker.can_take(batch):
                self.prefetched.put_back(batch)
                return
            worker.give(batch)

    def _has_slow_job(self, worker: Worker) -> bool:
        return bool(worker.jobs) and not self._pace.is_quick(worker.jobs[0].kind_id)
