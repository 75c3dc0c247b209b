"""From the database to the workers: what to claim, and who gets it.

Slow kinds: as many jobs as workers are free of slow ones. Quick kinds: enough to keep every worker
busy while the next claim is made. `held` is everything claimed and not yet settled, by job id: a
job counts until the database has acknowledged its end.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from services.jobs.node.crew import Crew
from services.jobs.node.hopes import Hopes
from services.jobs.node.pace import Pace
from services.jobs.node.prefetch import Prefetched
from services.jobs.node.runs import Claimed
from services.jobs.node.shares import guarantees, quick_shares, slow_shares
from services.jobs.node.store import Away, Refused, Store
from services.jobs.node.worker import Worker

STOCK = 2  # times what the workers hold themselves


class Dispatch:
    """Claims into the prefetch and hands out of it."""

    def __init__(self, crew: Crew, pace: Pace, hopes: Hopes) -> None:
        self._crew = crew
        self._pace = pace
        self._hopes = hopes
        self.prefetched = Prefetched(pace)
        self._rows: Mapping[int, int] = {}
        self._room: Mapping[int, int] = {}
        self._turn = 0
        self._asked = False
        self.is_paused = False
        self.held: dict[int, Claimed] = {}
        self._held_of: Counter[int] = Counter()

    def begin(self) -> None:
        """Start afresh with a new session."""
        self.held.clear()
        self._held_of.clear()
        self.prefetched.take_all()
        self.guarantee({})

    def guarantee(self, rows: Mapping[int, int]) -> None:
        """Take over the leader's slots by kind."""
        self._rows = rows
        self._room = {kind: slots for kind, slots in rows.items() if slots > self._crew.wanted}
        self._turn += 1

    @property
    def has_reason_to_claim(self) -> bool:
        """Whether to claim again at once: not where there was nothing to ask for the last time."""
        return self._asked and bool(self._wanted()[0])

    @property
    def expects_ends(self) -> bool:
        """Whether quick jobs are under way, so that outcomes are worth collecting."""
        return any(worker.jobs and not self._has_slow_job(worker) for worker in self._crew.workers)

    def claim(self, store: Store, session: int) -> int:
        """Claim once and hand out; returns how many came."""
        shares, room = self._wanted()
        self._asked = bool(shares)
        if not shares:
            return 0
        jobs = store.claim(session, list(shares), list(shares.values()), room)
        self._hopes.looked(shares, Counter(job.kind_id for job in jobs), room)
        for job in jobs:
            self._hold(job)
        self.prefetched.add(jobs)
        self.hand_out()
        return len(jobs)

    def hand_out(self) -> None:
        """Idle workers first; busy ones get further quick jobs unless a slow one is waiting."""
        if not self.prefetched:
            return
        working = [worker for worker in self._crew.workers if worker.can_work]
        idle = [worker for worker in working if worker.is_idle]
        for place, worker in enumerate(idle):
            if batch := self.prefetched.for_idle(len(idle) - place):
                worker.give(batch)
        if not self.prefetched.slow:
            for worker in working:
                self._top_up(worker)

    def hand_back(self, store: Store, session: int, jobs: list[Claimed]) -> None:
        """Give jobs that never started to others; where that cannot be told they stay waiting."""
        if not jobs:
            return
        try:
            store.release(session, {job.id: job.run_no for job in jobs})
        except (Away, Refused):
            # Held and nowhere, they would wait for their deadline.
            self.prefetched.put_back(jobs)
            raise
        self.settled((job.id, job.run_no) for job in jobs)

    def settled(self, runs: Iterable[tuple[int, int]]) -> list[Claimed]:
        """The database has these runs' ends; returns the jobs that are held no more."""
        gone = []
        for job_id, run_no in runs:
            job = self.held.get(job_id)
            if job is not None and job.run_no == run_no:
                del self.held[job_id]
                self._held_of[job.kind_id] -= 1
                gone.append(job)
        return gone

    def _hold(self, job: Claimed) -> None:
        if earlier := self.held.get(job.id):  # a run whose end was written but not yet heard of
            self._held_of[earlier.kind_id] -= 1
        self.held[job.id] = job
        self._held_of[job.kind_id] += 1

    def _wanted(self) -> tuple[dict[int, int], int]:
        """Jobs to ask for by kind, in the order to serve them, and how many in all."""
        hopeful = [] if self.is_paused else self._hopes.kinds()
        if not hopeful:
            return {}, 0
        guaranteed = self._guaranteed(hopeful)
        idle, used = self._slots()
        free = max(0, idle - self.prefetched.slow)
        slow_kinds = [kind for kind in hopeful if kind not in self._pace.quick]
        slow = slow_shares(slow_kinds, guaranteed, used, free, self._reserved(guaranteed))
        quick = self._quick_shares(hopeful, guaranteed, idle)
        turn = next((kind for kind in (*slow, *hopeful) if kind in slow or kind in quick), None)
        if self.held and turn in quick:
            slow = {}
        # Where slow ones may come, no more than there are slots for; quick ones have further turns.
        return {**slow, **quick}, free if slow else sum(quick.values())

    def _guaranteed(self, hopeful: Sequence[int]) -> Mapping[int, int]:
        """Slots of the kinds that have work or may have some."""
        busy = {*hopeful, *(kind for kind, n in self._held_of.items() if n)}
        return guarantees(self._rows, busy, self._crew.wanted, self._turn)

    def _quick_shares(
        self, hopeful: Sequence[int], guaranteed: Mapping[int, int], idle: int
    ) -> dict[int, int]:
        quick = [kind for kind in hopeful if kind in self._pace.quick]
        stock = {kind: self._pace.ahead(kind) * STOCK for kind in quick}
        return quick_shares(quick, guaranteed, self._held_of, stock, idle, self._room)

    def _reserved(self, guaranteed: Mapping[int, int]) -> int:
        """Slots guaranteed to quick kinds that have work."""
        return sum(slots for kind, slots in guaranteed.items() if kind in self._pace.quick)

    def _slots(self) -> tuple[int, Counter[int]]:
        """Workers without a slow job, and how many slots the slow kinds fill or soon will."""
        idle, used = 0, self.prefetched.slow_kinds()
        for worker in self._crew.workers:
            kind = worker.present_kind
            if kind is not None and not self._pace.is_quick(kind):
                used[kind] += 1
            else:
                idle += worker.can_work and not worker.is_stuck
        return idle, used

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
        kind = worker.present_kind
        return kind is not None and not self._pace.is_quick(kind)
