"""Outcomes on their way to the database: collected, and flushed many at once."""

import time
from collections import Counter

from chassis.logs import log
from services.jobs.node import measures
from services.jobs.node.store import Failed, Refused, Store

FLUSH_JOBS = 200
FLUSH_SECONDS = 0.005


class Results:
    """What ended and is not yet acknowledged. Nothing is forgotten before the database has it."""

    def __init__(self) -> None:
        self._succeeded: dict[int, tuple[int, str | None]] = {}
        self._failed: dict[int, Failed] = {}
        self._since: float | None = None

    def __len__(self) -> int:
        return len(self._succeeded) + len(self._failed)

    def succeed(self, job_id: int, run_no: int, result: str | None) -> None:
        self._succeeded[job_id] = (run_no, result)
        self._since = self._since or time.monotonic()

    def fail(self, failed: Failed) -> None:
        self._failed[failed.id] = failed
        self._since = self._since or time.monotonic()

    def due_in(self) -> float | None:
        """Seconds until the next flush; None when there is nothing to flush."""
        if self._since is None:
            return None
        if len(self) >= FLUSH_JOBS:
            return 0.0
        return max(0.0, self._since + FLUSH_SECONDS - time.monotonic())

    def flush(self, store: Store, session: int) -> list[int]:
        """Write everything; returns the ids that are settled now, whoever settled them.

        Raises Away, and then keeps what it has: writing it again is answered the same.
        """
        settled = self._flush_succeeded(store, session) + self._flush_failed(store, session)
        self._since = None
        return settled

    def forget(self) -> None:
        """The session is lost: none of this would be accepted any more."""
        measures.stale.inc(len(self))
        self._succeeded.clear()
        self._failed.clear()
        self._since = None

    def _flush_succeeded(self, store: Store, session: int) -> list[int]:
        if not self._succeeded:
            return []
        ids = list(self._succeeded)
        runs, results = zip(*self._succeeded.values(), strict=True)
        try:
            ended = store.complete(session, ids, list(runs), list(results))
        except Refused as refusal:
            return self._one_by_one(store, session, refusal)
        self._succeeded.clear()
        measures.runs.labels("succeeded").inc(len(ended))
        _note_stale(ids, ended)
        return ids

    def _one_by_one(self, store: Store, session: int, refusal: Refused) -> list[int]:
        """One result that cannot be stored must not hold up the others: it fails by itself."""
        ids = list(self._succeeded)
        for job_id in ids:
            run_no, result = self._succeeded[job_id]
            try:
                ended = store.complete(session, [job_id], [run_no], [result])
                measures.runs.labels("succeeded").inc(len(ended))
                _note_stale([job_id], ended)
            except Refused:
                self.fail(Failed(job_id, run_no, "failed", f"the result is refused: {refusal}"))
            del self._succeeded[job_id]
        return [job_id for job_id in ids if job_id not in self._failed]

    def _flush_failed(self, store: Store, session: int) -> list[int]:
        if not self._failed:
            return []
        ids = list(self._failed)
        reported = store.fail(session, list(self._failed.values()))
        for outcome, number in Counter(self._failed[each].outcome for each in reported).items():
            measures.runs.labels(outcome).inc(number)
        _note_stale(ids, reported)
        self._failed.clear()
        return ids


def _note_stale(ids: list[int], accepted: set[int]) -> None:
    """What the database did not accept belongs to a later run: it is discarded, and counted."""
    stale = [job_id for job_id in ids if job_id not in accepted]
    if stale:
        measures.stale.inc(len(stale))
        log.warning("stale outcomes discarded", jobs=stale[:20], number=len(stale))
