"""Runs that must not go on: cancelled by an operator, or no longer this node's."""

from services.jobs.node import measures
from services.jobs.node.crew import Crew
from services.jobs.node.dispatch import Dispatch
from services.jobs.node.runs import Claimed, Failed
from services.jobs.node.worker import Worker

CANCELLED = "cancelled while it ran"


class Stops:
    """What is to be stopped, until it is. What waits is taken out; what runs is killed with its
    worker; what waits in a worker's hands is asked back, and found waiting the next time."""

    def __init__(self, crew: Crew, dispatch: Dispatch) -> None:
        self._crew = crew
        self._dispatch = dispatch
        self._cancel: dict[int, int] = {}
        self._drop: dict[int, int] = {}

    def cancel(self, runs: dict[int, int]) -> None:
        """Stop these runs (run number by job id) and report them as cancelled."""
        self._cancel.update(runs)

    def drop(self, runs: dict[int, int]) -> None:
        """Stop these runs and forget them: nobody would accept their end."""
        self._drop.update(runs)

    def begin(self) -> None:
        self._cancel.clear()
        self._drop.clear()

    def obey(self) -> list[tuple[Failed, Claimed]]:
        """Stop what can be stopped now; returns what is to be reported."""
        if not self._cancel and not self._drop:
            return []
        for job in self._stop(self._drop, "not_ours"):
            self._dispatch.settled([(job.id, job.run_no)])
        return [
            (Failed(job.id, job.run_no, "cancelled", CANCELLED), job)
            for job in self._stop(self._cancel, "cancelled")
        ]

    def _stop(self, runs: dict[int, int], why: str) -> list[Claimed]:
        ours = self._dispatch.held
        for job_id in [each for each, run_no in runs.items() if _is_over(ours.get(each), run_no)]:
            del runs[job_id]
        stopped = self._dispatch.prefetched.take(runs)
        for worker in self._crew.workers:
            stopped += self._stop_at(worker, runs, why)
        for job in stopped:
            runs.pop(job.id, None)
        return stopped

    def _stop_at(self, worker: Worker, runs: dict[int, int], why: str) -> list[Claimed]:
        present = worker.running()
        if present and present[0].id in runs:
            measures.killed.labels(why).inc()
            worker.kill(f"its job was {why}")
            worker.take_away(present[0])
            return [present[0]]
        if any(job.id in runs for job in worker.jobs.values()):
            worker.ask_back()
        return []


def _is_over(held: Claimed | None, run_no: int) -> bool:
    return held is None or held.run_no != run_no
