"""Watches what runs: time-outs, memory, and jobs that hold up the ones behind them."""

import os
import signal
import time
from collections.abc import Mapping

from chassis.logs import log
from services.jobs.node import measures
from services.jobs.node.crew import Crew
from services.jobs.node.memory import children_of, resident
from services.jobs.node.runs import Claimed, Failed
from services.jobs.node.worker import Worker

OFTEN, SELDOM = 0.05, 0.2  # seconds between looks while jobs run: some behind others, or none
OUTLIER_SECONDS = 0.1  # a run that takes longer holds up the jobs behind it
FROZEN_SECONDS = 5.0  # a worker that begins nothing for so long does not run any more
MEMORY_SECONDS = 1.0  # between looks at the memory


class Watch:
    """Looks at the workers. `timeouts` are seconds by kind id, `most` megabytes a worker."""

    def __init__(self, crew: Crew, most: int) -> None:
        self._crew = crew
        self._most = most
        self._memory_at = 0.0
        self.timeouts: Mapping[int, float] = {}

    def due_in(self) -> float | None:
        """Seconds until the next look; None while nothing runs, when workers' deaths ring."""
        held = [len(worker.jobs) for worker in self._crew.workers]
        if not any(held) and all(worker.is_ready for worker in self._crew.workers):
            return None
        return OFTEN if max(held, default=0) > 1 else SELDOM

    def look(self) -> list[tuple[Failed, Claimed]]:
        """Stop what went too far; returns the runs that ended so. Only these fail: what waits
        behind them goes to other workers."""
        self._crew.kill_unready()
        failed: list[tuple[Failed, Claimed]] = []
        for worker in self._crew.workers:
            if present := worker.running():
                failed += self._look_at(worker, *present)
            elif worker.idled > FROZEN_SECONDS and not worker.is_condemned:
                measures.killed.labels("frozen").inc()
                worker.kill("the worker process did not begin what it was given")
        if time.monotonic() - self._memory_at > MEMORY_SECONDS:
            self._memory_at = time.monotonic()
            self._look_at_memory()
        return failed

    def recalled(self) -> list[Claimed]:
        """Jobs that were taken back from behind others."""
        return [job for worker in self._crew.workers for job in worker.take_back()]

    def _look_at(
        self, worker: Worker, job: Claimed, seconds: float
    ) -> list[tuple[Failed, Claimed]]:
        limit = self.timeouts[job.kind_id]
        if seconds > limit:
            measures.killed.labels("timeout").inc()
            reason = f"timed out after {limit:g} seconds"
            worker.kill(reason)
            worker.take_away(job)
            return [(Failed(job.id, job.run_no, "timeout", reason), job)]
        if len(worker.jobs) > 1 and seconds > OUTLIER_SECONDS:
            worker.ask_back()
        return []

    def _look_at_memory(self) -> None:
        if self._most:
            for worker in self._crew.workers:
                used = resident(worker.pid)
                if used > self._most and not worker.is_condemned:
                    measures.killed.labels("memory").inc()
                    worker.kill(f"used {used} MB of memory, at most {self._most} MB are allowed")
        self._kill_strays()

    def _kill_strays(self) -> None:
        """Processes that a worker left behind when it died: the agent has become their parent."""
        known = {worker.pid for worker in self._crew.workers}
        for pid in set(children_of(os.getpid())) - known:
            log.warning("a process that a handler left behind is stopped", pid=pid)
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
