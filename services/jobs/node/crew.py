"""All workers of a node: as many as there are slots, each replaced when it dies."""

import threading
import time
from collections.abc import Mapping
from typing import NamedTuple

from chassis.jobkinds import JobKind
from chassis.logs import log
from services.jobs.node import measures
from services.jobs.node.settings import Options
from services.jobs.node.store import Claimed, Failed
from services.jobs.node.worker import Ended, Worker

BOOT_SECONDS = 30  # a worker that is not ready by then is given up
CRASH_PAUSE = 1.0  # seconds before replacing a worker that died while starting


class Remains(NamedTuple):
    """A dead worker's: what it had told, the run it died in, the jobs it never started."""

    told: list[Ended]
    failed: tuple[Failed, Claimed] | None
    spared: list[Claimed]


class Crew:
    """Starts, watches, stops and replaces the workers."""

    def __init__(self, options: Options, kinds: Mapping[str, JobKind]) -> None:
        self._options = options
        self._kinds = kinds
        self._kind_names: dict[int, str] = {}
        self._not_before = 0.0
        # The heartbeat's thread kills; it must never do so while a worker is being put away.
        self._lock = threading.Lock()
        self.workers: list[Worker] = []

    @property
    def problem(self) -> str | None:
        ready = sum(worker.is_ready for worker in list(self.workers))
        if ready == self._options.workers:
            return None
        return f"{ready} of {self._options.workers} workers are ready."

    def serve(self, kind_names: Mapping[int, str]) -> None:
        """Have a full crew for these kinds (names by id)."""
        self._kind_names = dict(kind_names)
        self.fill()

    def fill(self) -> None:
        """Start what is missing."""
        if time.monotonic() < self._not_before:
            return
        while len(self.workers) < self._options.workers:
            self.workers.append(Worker(self._options, self._kind_names))

    def collect(self) -> list[Ended]:
        return [ended for worker in self.workers for ended in worker.collect()]

    def kill_overdue(self) -> list[tuple[Failed, Claimed]]:
        """Stop the workers whose job has run past its time-out; only that job fails."""
        failed: list[tuple[Failed, Claimed]] = []
        for worker in self.workers:
            if (present := worker.running()) is None:
                if not worker.is_ready and time.monotonic() - worker.started_at > BOOT_SECONDS:
                    worker.kill()
                continue
            job, seconds = present
            limit = self._kinds[self._kind_names[job.kind_id]].timeout
            if seconds > limit:
                measures.killed.labels("timeout").inc()
                worker.kill()
                worker.take_away(job)
                error = f"timed out after {limit} seconds"
                failed.append((Failed(job.id, job.run_no, "timeout", error), job))
        return failed

    def bury_dead(self) -> list[Remains]:
        """Put the dead away; `fill` replaces them."""
        return [self._bury(worker) for worker in list(self.workers) if worker.is_dead]

    def drop(self, ids: set[int]) -> None:
        """Stop workers that run one of these."""
        for worker in self.workers:
            present = worker.running()
            if present and present[0].id in ids:
                measures.killed.labels("not_ours").inc()
                worker.kill()

    def kill(self) -> None:
        """Stop everything now; may be called from any thread."""
        with self._lock:
            for worker in self.workers:
                worker.kill()

    def dismiss(self) -> None:
        """End all workers: idle ones by closing their pipe, the others by force."""
        for worker in self.workers:
            if worker.is_idle:
                worker.dismiss()
            else:
                worker.kill()
        with self._lock:
            for worker in self.workers:
                worker.bury()
            self.workers.clear()

    def _bury(self, worker: Worker) -> Remains:
        told = worker.collect()
        failed = None
        if present := worker.running():
            job = present[0]
            worker.take_away(job)
            failed = (Failed(job.id, job.run_no, "lost", worker.cause_of_death()), job)
        if not worker.is_ready:
            self._not_before = time.monotonic() + CRASH_PAUSE
            log.error("a worker died while starting", cause=worker.cause_of_death())
        with self._lock:
            self.workers.remove(worker)
            worker.bury()
        return Remains(told, failed, worker.jobs)
