"""Outcomes on their way to the database: collected by the agent, written many at once."""

import threading
import time
from collections import Counter

from chassis.logs import log
from services.jobs.node import measures
from services.jobs.node.runs import Failed, Line, Said
from services.jobs.node.store import Refused, Store

FLUSH_JOBS = 200
FLUSH_SECONDS = 0.02
NOTE_SECONDS = 0.5  # how long progress and lines of a run that goes on may wait


class Results:
    """What ended and is not yet acknowledged, and what handlers said meanwhile.

    The agent adds, its writer flushes: outcomes are forgotten only when the database has them, and
    what a handler said is written before the end of its run.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._succeeded: dict[int, tuple[int, str | None]] = {}
        self._failed: dict[int, Failed] = {}
        self._said: dict[int, Said] = {}
        self._lines: list[Line] = []
        self._settled: list[tuple[int, int]] = []
        self._since: float | None = None  # since when an outcome waits
        self._said_since: float | None = None
        self._is_hurried = False
        self.session = 0

    def __len__(self) -> int:
        return len(self._succeeded) + len(self._failed)

    def succeed(self, job_id: int, run_no: int, result: str | None) -> None:
        with self._lock:
            self._succeeded[job_id] = (run_no, result)
            self._since = self._since or time.monotonic()

    def fail(self, failed: Failed) -> None:
        with self._lock:
            self._failed[failed.id] = failed
            self._since = self._since or time.monotonic()

    def say(self, words: Said | Line) -> None:
        """Keep progress, of which only the newest counts, or a line."""
        with self._lock:
            if isinstance(words, Said):
                self._said[words.id] = words
            else:
                self._lines.append(words)
            self._said_since = self._said_since or time.monotonic()

    def hurry(self) -> None:
        """No further outcomes are to be expected soon: those that are here need not wait."""
        self._is_hurried = True

    def due_in(self) -> float | None:
        """Seconds until the next flush; None when there is nothing to flush."""
        now, dues = time.monotonic(), []
        if self._since is not None:
            at_once = self._is_hurried or len(self) >= FLUSH_JOBS
            dues.append(0.0 if at_once else self._since + FLUSH_SECONDS - now)
        if self._said_since is not None:
            dues.append(self._said_since + NOTE_SECONDS - now)
        return max(0.0, min(dues)) if dues else None

    def take_settled(self) -> list[tuple[int, int]]:
        """Runs (job id, run number) that the database answered for since the last time."""
        with self._lock:
            settled, self._settled = self._settled, []
        return settled

    def flush(self, store: Store) -> None:
        """Write everything. Raises Away, and then keeps the outcomes: writing them again is
        answered the same."""
        with self._lock:
            session, self._is_hurried = self.session, False
            succeeded, failed = dict(self._succeeded), dict(self._failed)
            said, self._said = self._said, {}
            lines, self._lines = self._lines, []
            self._since = self._said_since = None
        try:
            if said or lines:
                _note(store, session, list(said.values()), lines)
                said, lines = {}, []
            self._write_succeeded(store, session, succeeded)
            self._write_failed(store, session, failed)
        finally:
            self._wait_again(said, lines)

    def forget(self, session: int) -> None:
        """The session is lost, and this is the next: what is here would not be accepted."""
        with self._lock:
            measures.stale.inc(len(self))
            for waiting in (self._succeeded, self._failed, self._said, self._lines, self._settled):
                waiting.clear()
            self._since = self._said_since = None
            self.session = session

    def _wait_again(self, said: dict[int, Said], lines: list[Line]) -> None:
        """What came meanwhile, or could not be written, is due anew."""
        with self._lock:
            self._said = {**said, **self._said}
            self._lines = lines + self._lines
            now = time.monotonic()
            if len(self) and self._since is None:
                self._since = now
            if (self._said or self._lines) and self._said_since is None:
                self._said_since = now

    def _write_succeeded(
        self, store: Store, session: int, succeeded: dict[int, tuple[int, str | None]]
    ) -> None:
        if not succeeded:
            return
        runs, results = zip(*succeeded.values(), strict=True)
        try:
            ended = store.complete(session, list(succeeded), list(runs), list(results))
        except Refused as refusal:
            self._one_by_one(store, session, succeeded, refusal)
            return
        self._settle(dict(zip(succeeded, runs, strict=True)), ended, ["succeeded"] * len(ended))

    def _one_by_one(
        self, store: Store, session: int, succeeded: dict[int, tuple[int, str | None]],
        refusal: Refused,
    ) -> None:  # fmt: skip
        """One result that cannot be stored must not hold up the others: it fails by itself."""
        for job_id, (run_no, result) in succeeded.items():
            try:
                ended = store.complete(session, [job_id], [run_no], [result])
            except Refused:
                with self._lock:
                    self._succeeded.pop(job_id, None)
                self.fail(Failed(job_id, run_no, "failed", f"the result is refused: {refusal}"))
            else:
                self._settle({job_id: run_no}, ended, ["succeeded"] * len(ended))

    def _write_failed(self, store: Store, session: int, failed: dict[int, Failed]) -> None:
        if not failed:
            return
        try:
            reported = store.fail(session, list(failed.values()))
        except Refused as refusal:
            for each in failed.values():
                self._fail_plainly(store, session, each, refusal)
            return
        outcomes = [failed[each].outcome for each in reported if each in failed]
        self._settle({each.id: each.run_no for each in failed.values()}, reported, outcomes)

    def _fail_plainly(self, store: Store, session: int, failed: Failed, refusal: Refused) -> None:
        """A reason that cannot be stored must not keep its job from ending."""
        reason = failed.error.partition("\n")[0].encode("ascii", "replace").decode()
        plain = failed._replace(outcome="failed", error=reason)
        log.warning("a reason is refused", job=failed.id, reason=str(refusal))
        reported = store.fail(session, [plain])
        self._settle({plain.id: plain.run_no}, reported, ["failed"] * len(reported))

    def _settle(self, runs: dict[int, int], accepted: set[int], outcomes: list[str]) -> None:
        """These runs are the database's now, whoever settled them."""
        for outcome, number in Counter(outcomes).items():
            measures.runs.labels(outcome).inc(number)
        _note_stale(list(runs), accepted)
        with self._lock:
            for job_id, run_no in runs.items():
                if (done := self._succeeded.get(job_id)) and done[0] == run_no:
                    del self._succeeded[job_id]
                if (lost := self._failed.get(job_id)) and lost.run_no == run_no:
                    del self._failed[job_id]
                self._settled.append((job_id, run_no))


def _note(store: Store, session: int, said: list[Said], lines: list[Line]) -> None:
    try:
        store.note(session, said, lines)
    except Refused as refusal:
        log.warning("what handlers said cannot be stored", reason=str(refusal))


def _note_stale(ids: list[int], accepted: set[int]) -> None:
    """What the database did not accept belongs to a later run: it is discarded, and counted."""
    stale = [job_id for job_id in ids if job_id not in accepted]
    if stale:
        measures.stale.inc(len(stale))
        log.warning("stale outcomes discarded", jobs=stale[:20], number=len(stale))
