"""All workers of a node: as many as there are slots, each replaced when it dies."""

import select
import threading
import time
from collections.abc import Container, Mapping
from typing import NamedTuple

from chassis.logs import log
from services.jobs.node.runs import Claimed, Failed, Line, Said
from services.jobs.node.settings import Options
from services.jobs.node.worker import Ended, Worker

BOOT_SECONDS = 30  # a worker that is not ready by then is given up
CRASH_PAUSE = 1.0  # seconds before replacing a worker that died while starting


class Remains(NamedTuple):
    """A dead worker's: what it had told, the runs it died in, the jobs it never started."""

    told: list[Ended]
    failed: list[tuple[Failed, Claimed]]
    spared: list[Claimed]


class Crew:
    """Starts, stops and replaces the workers. `wanted` are the slots; `eyes` see when one of the
    workers tells something or dies."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._kind_names: Mapping[int, str] = {}
        self._not_before = 0.0
        # The heartbeat's thread kills; it must never do so while a worker is being put away.
        self._lock = threading.Lock()
        self.wanted = options.workers
        self.workers: list[Worker] = []
        self.eyes = select.poll()

    @property
    def problem(self) -> str | None:
        ready = sum(worker.can_work for worker in list(self.workers))
        if ready == self.wanted:
            return None
        return f"{ready} of {self.wanted} workers are ready."

    def serve(self, kind_names: Mapping[int, str]) -> None:
        """Have a full crew for these kinds (names by id)."""
        self._kind_names = kind_names
        self.fill()

    def fill(self) -> None:
        """Start what is missing; let go what is too many, as soon as it is idle."""
        staying = [worker for worker in self.workers if not worker.is_leaving]
        too_many = max(0, len(staying) - self.wanted)
        for worker in sorted(staying, key=lambda each: len(each.jobs))[:too_many]:
            worker.is_leaving = True
        for worker in self.workers:
            if worker.is_leaving and not worker.jobs:
                worker.dismiss()
        if time.monotonic() >= self._not_before:
            for _ in range(self.wanted - len(staying)):
                self._start()

    def collect(self, seen: Container[int]) -> list[Ended]:
        """What those workers told of which `eyes` have seen something."""
        telling = [each for each in self.workers if each.channel.fileno() in seen]
        return [ended for worker in telling for ended in worker.collect()]

    def said(self) -> list[Said | Line]:
        """What handlers said since the last time."""
        return [words for worker in self.workers for words in worker.take_said()]

    def kill_unready(self) -> None:
        for worker in self.workers:
            if not worker.is_ready and time.monotonic() - worker.started_at > BOOT_SECONDS:
                worker.kill("the worker process did not start in time")

    def bury_dead(self, seen: Container[int]) -> list[Remains]:
        """Put the dead away, of those that `eyes` have seen die; `fill` replaces them."""
        dying = [each for each in self.workers if each.death in seen]
        return [self._bury(worker) for worker in dying if worker.is_dead]

    def kill(self, reason: str) -> None:
        """Stop everything now; may be called from any thread."""
        with self._lock:
            for worker in self.workers:
                worker.kill(reason)

    def dismiss(self) -> None:
        """End all workers: idle ones by saying so, the others by force."""
        for worker in self.workers:
            if worker.is_idle:
                worker.dismiss()
            else:
                worker.kill("the node stops")
        with self._lock:
            for worker in self.workers:
                self._put_away(worker)
            self.workers.clear()

    def _start(self) -> None:
        worker = Worker(self._options, self._kind_names)
        self.workers.append(worker)
        for each in (worker.channel.fileno(), worker.death):
            self.eyes.register(each, select.POLLIN)

    def _bury(self, worker: Worker) -> Remains:
        told = worker.collect()
        cause = worker.cause_of_death()
        begun = worker.begun()
        failed = [(Failed(job.id, job.run_no, "lost", cause), job) for job in begun]
        spared = [job for job in worker.jobs.values() if job not in begun]
        if not (worker.is_ready or worker.is_leaving):
            self._not_before = time.monotonic() + CRASH_PAUSE
            log.error("a worker died while starting", cause=cause)
        with self._lock:
            self.workers.remove(worker)
            self._put_away(worker)
        return Remains(told, failed, spared)

    def _put_away(self, worker: Worker) -> None:
        for each in (worker.channel.fileno(), worker.death):
            self.eyes.unregister(each)
        worker.bury()
