"""The node's place in the cluster: a session with a lease, kept by a thread of its own.

The trust window is shorter than the lease: a node that could not renew for 13 seconds stops its
workers itself, before the database (15 seconds, and 3 of grace) gives their jobs to others.
"""

import os
import threading
import time
from collections.abc import Callable, Mapping
from importlib import metadata

from chassis.jobkinds import JobKind
from chassis.logs import log
from services.jobs.node import measures
from services.jobs.node.lifeline import steady
from services.jobs.node.settings import Options
from services.jobs.node.store import Away, Orders, Refused, Store
from services.jobs.node.tally import Tally, load

BEAT_SECONDS = 3.0
TRUST_SECONDS = 13.0
AGAIN_SECONDS = 0.5  # between attempts while the database is away
WATCH_SECONDS = 0.5  # between looks at the trust window


class Membership:
    """Joins, renews, notices the loss of the session, leaves.

    `held` tells which runs the agent believes it holds, run number by job id; `on_orders` hears
    what the cluster wants of the node and what `held` was then, `on_loss` that the whole session is
    gone. They are called in threads of this class.
    """

    def __init__(
        self,
        options: Options,
        store: Store,
        kinds: Mapping[str, JobKind],
        *,
        tally: Tally,
        held: Callable[[], dict[int, int]],
        on_orders: Callable[[Orders, dict[int, int]], None],
        on_loss: Callable[[], None],
    ) -> None:
        self._options = options
        self._kinds = kinds
        self._store = store
        self._tally = tally
        self._held, self._on_orders, self._on_loss = held, on_orders, on_loss
        self._is_ended = False
        self._hurry = threading.Event()
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
        self.renew_now()
        measures.sessions.inc()
        log.info("joined", session=self.session, kinds=sorted(self.kind_names.values()))
        return self.session

    def start(self) -> None:
        for work in (self._beat, self._watch):
            threading.Thread(target=work, name=work.__name__.strip("_"), daemon=True).start()

    def renew_now(self) -> None:
        """Orders have changed, as far as one hears."""
        self._hurry.set()

    def end(self) -> None:
        self._is_ended = True
        self._hurry.set()

    def lose(self) -> None:
        """The session is not ours any more: nothing that runs here may be reported."""
        self._trusted_until = 0.0
        self._on_loss()

    def _beat(self) -> None:
        pause = BEAT_SECONDS
        while True:
            self._hurry.wait(pause)
            self._hurry.clear()
            if self._is_ended:
                return
            pause = BEAT_SECONDS
            if self._trusted_until == 0.0:
                continue  # lost; the agent joins again
            try:
                self._renew()
            except (Away, Refused) as failure:
                log.warning("heartbeat failed", reason=str(failure))
                pause = AGAIN_SECONDS

    def _watch(self) -> None:
        """Stop the workers in time also when the beating thread waits for an answer for ever."""
        while not self._is_ended:
            time.sleep(WATCH_SECONDS)
            if self._trusted_until and not self.is_trusted and not self._is_ended:
                log.error("lease not renewed in time; stopping the workers")
                self.lose()

    def _renew(self) -> None:
        asked, session, held, counted = steady(), self.session, self._held(), self._tally.take()
        try:
            orders = self._store.renew(session, held, load(), counted)
        except Away:
            self._tally.put_back(counted)
            raise
        if session != self.session:
            return
        if not orders.standing:
            log.error("the session was ended by the cluster", session=session)
            self.lose()
            return
        self._trusted_until = max(self._trusted_until, asked + TRUST_SECONDS)
        for each in counted:
            kind = self.kind_names[int(each["kind_id"])]
            measures.run_seconds.labels(kind).inc(each["run_s"])
        self._on_orders(orders, held)


def _version() -> str:
    try:
        return metadata.version("memberhall")
    except metadata.PackageNotFoundError:
        return "unknown"
