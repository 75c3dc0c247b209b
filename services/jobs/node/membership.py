"""The node's place in the cluster: a session with a lease, kept by a thread of its own.

The trust window is shorter than the lease: a node that could not renew for 13 seconds stops its
workers itself, before the database (15 seconds, and 3 of grace) gives their jobs to others.
"""

import os
import threading
from collections.abc import Callable, Mapping
from importlib import metadata

from chassis.jobkinds import JobKind
from chassis.logs import log
from services.jobs.node import measures
from services.jobs.node.lifeline import steady
from services.jobs.node.settings import Options
from services.jobs.node.store import Away, Store

BEAT_SECONDS = 3.0
TRUST_SECONDS = 13.0
AGAIN_SECONDS = 0.5  # between attempts while the database is away


class Membership:
    """Joins, renews, notices the loss of the session, leaves.

    `held` tells which runs the agent believes it holds; `on_drop` hears of jobs that are no longer
    its own, `on_loss` that the whole session is gone. Both are called in the beating thread.
    """

    def __init__(
        self,
        options: Options,
        url: str,
        kinds: Mapping[str, JobKind],
        *,
        held: Callable[[], dict[int, int]],
        on_drop: Callable[[dict[int, int]], None],
        on_loss: Callable[[], None],
    ) -> None:
        self._options = options
        self._kinds = kinds
        self._store = Store(url, f"node {options.name} heartbeat")
        self._held, self._on_drop, self._on_loss = held, on_drop, on_loss
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._trusted_until = 0.0
        self.session = 0
        self.kind_names: dict[int, str] = {}

    @property
    def is_trusted(self) -> bool:
        """Whether the session is certainly still ours; False also when it was lost or never was."""
        return steady() < self._trusted_until

    @property
    def problem(self) -> str | None:
        return None if self.is_trusted else "The node has no session in the cluster."

    def join(self, store: Store) -> int:
        """Open a session; raises Away. Returns its id."""
        asked = steady()
        self.session, self.kind_names = store.open_session(
            self._options.name,
            self._options.labels,
            self._options.workers,
            _version(),
            os.getpid(),
            self._kinds.values(),
        )
        self._trusted_until = asked + TRUST_SECONDS
        measures.sessions.inc()
        log.info("joined", session=self.session, kinds=sorted(self.kind_names.values()))
        return self.session

    def start(self) -> None:
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()

    def end(self) -> None:
        self._ended.set()

    def lose(self) -> None:
        """The session is not ours any more: nothing that runs here may be reported."""
        self._trusted_until = 0.0
        self._on_loss()

    def _beat(self) -> None:
        pause = BEAT_SECONDS
        while not self._ended.wait(pause):
            pause = BEAT_SECONDS
            if self._trusted_until == 0.0:
                continue  # lost; the agent joins again
            try:
                self._renew()
            except Away as away:
                log.warning("heartbeat failed", reason=str(away))
                pause = AGAIN_SECONDS
            if not self.is_trusted and self._trusted_until and not self._ended.is_set():
                log.error("lease not renewed in time; stopping the workers")
                self.lose()

    def _renew(self) -> None:
        asked, session, held = steady(), self.session, self._held()
        beat = self._store.heartbeat(session, held)
        if session != self.session:
            return
        if not beat.standing:
            log.error("the session was ended by the cluster", session=session)
            self.lose()
            return
        self._trusted_until = max(self._trusted_until, asked + TRUST_SECONDS)
        if beat.drop_ids:
            self._on_drop({job_id: held[job_id] for job_id in beat.drop_ids})


def _version() -> str:
    try:
        return metadata.version("memberhall")
    except metadata.PackageNotFoundError:
        return "unknown"
