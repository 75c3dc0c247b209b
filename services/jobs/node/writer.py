"""The thread that writes outcomes, so that claiming never waits for it."""

import threading

from chassis.logs import log
from services.jobs.node.results import Results
from services.jobs.node.store import Away, Store
from services.jobs.node.waking import Bell

AGAIN_SECONDS = 0.25  # between attempts while the database is away


class Writer:
    """Flushes results as they fall due, on a connection of its own; rings when some are settled."""

    def __init__(self, results: Results, store: Store, bell: Bell) -> None:
        self._results = results
        self._store = store
        self._bell = bell
        self._told = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def look(self) -> None:
        """There is something new, or it became more urgent."""
        self._told.set()

    def stop(self, timeout: float) -> None:
        """Write what is there, and end."""
        self._ended.set()
        self._told.set()
        self._thread.join(timeout)

    def _run(self) -> None:
        while True:
            due = self._results.due_in()
            if due is None and self._ended.is_set():
                return
            if due == 0.0 or (due is not None and self._ended.is_set()):
                self._flush()
            elif self._told.wait(due):
                self._told.clear()

    def _flush(self) -> None:
        try:
            self._results.flush(self._store)
        except Away as away:
            log.warning("outcomes wait for the database", reason=str(away))
            if self._ended.wait(AGAIN_SECONDS):
                self._results.forget(0)
        self._bell.ring()
