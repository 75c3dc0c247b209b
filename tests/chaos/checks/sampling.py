"""What has to hold at every instant, looked at in PostgreSQL every two seconds."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg2

from tests.chaos.checks.history import Violation
from tests.chaos.scene import Scene

EVERY = 2.0  # seconds
STARTED_WITHIN = 6.0  # seconds in which a ready job starts where there is a free slot
CALM_AFTER = 20.0  # seconds after the last fault
STUCK_AFTER = 30.0  # seconds after which an ended session may hold nothing any more

TWICE = "SELECT l.uid::text FROM live l JOIN done d ON d.id = l.id"
TOO_MANY = """
SELECT k.name, count(*), k.max_assigned FROM live l JOIN kind k USING (kind_id)
WHERE l.state = 2 AND k.max_assigned IS NOT NULL GROUP BY k.kind_id
HAVING count(*) > k.max_assigned
"""
SAME_KEY = """
SELECT l.concurrency_key, count(*) FROM live l JOIN kind k USING (kind_id)
WHERE l.state = 2 AND k.name = 'chaos.keyed' GROUP BY 1 HAVING count(*) > 1
"""
SAME_UNIQUE = """
SELECT unique_key, count(*) FROM live WHERE unique_key IS NOT NULL GROUP BY 1 HAVING count(*) > 1
"""
STUCK = """
SELECT l.uid::text, s.node_name FROM live l JOIN node_session s USING (session_id)
WHERE l.state = 2 AND s.ended_at < clock_timestamp() - make_interval(secs => %s)
"""
# Ready since it was due; kinds that may have to wait for a turn are left out.
LONGEST_WAIT = """
SELECT extract(epoch FROM clock_timestamp() - min(l.run_at))::float8
FROM live l JOIN kind k USING (kind_id)
WHERE l.state = 1 AND k.paused_at IS NULL AND k.max_assigned IS NULL
  AND k.name IN ('chaos.noop', 'chaos.sleep', 'chaos.stumble', 'chaos.effect')
"""
FREE_SLOTS = """
SELECT count(*) FROM node_session s WHERE s.state = 'live' AND s.slots >
    (SELECT count(*) FROM live l WHERE l.state = 2 AND l.session_id = s.session_id)
"""
ORDERS = "SELECT name, term, epoch FROM leader"


@dataclass
class Seen:
    """What the samples came to."""

    samples: int = 0
    missed: int = 0  # the server was away
    longest_wait: float = 0.0  # seconds
    longest_wait_when_calm: float = 0.0


class Sampler:
    """Looks every two seconds, in a thread of its own, and accuses."""

    def __init__(self, allowance: float) -> None:
        self._allowance = allowance
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sampler")
        self._orders: dict[str, tuple[int, int]] = {}
        self.seen = Seen()

    def start(self, scene: Scene) -> None:
        self._scene = scene
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(60)

    def _run(self) -> None:
        while not self._stopping.wait(EVERY):
            try:
                self._scene.violations += list(self._look())
                self.seen.samples += 1
            except psycopg2.Error:
                self.seen.missed += 1

    def _look(self) -> Iterator[Violation]:
        rows = self._scene.world.rows
        for (uid,) in rows(TWICE):
            yield Violation("I3", uid, "is live and finished at once")
        for kind, number, most in rows(TOO_MANY):
            yield Violation("I8", "", f"{number} jobs of {kind} run, at most {most} may")
        for key, number in rows(SAME_KEY):
            yield Violation("I8", "", f"{number} jobs with the key {key} run at once")
        for key, number in rows(SAME_UNIQUE):
            yield Violation("unique", "", f"{number} jobs of the unique key {key} live at once")
        for uid, node in rows(STUCK, STUCK_AFTER):
            yield Violation("I5", uid, f"still runs in an ended session of {node}")
        yield from self._orders_only_grow()
        yield from self._work_is_done()

    def _orders_only_grow(self) -> Iterator[Violation]:
        """I11: terms and epochs never go back, and an epoch is one allocation's."""
        for name, term, epoch in self._scene.world.rows(ORDERS):
            before = self._orders.get(name, (0, 0))
            if (term, epoch) < before or epoch < before[1]:
                yield Violation("I11", "", f"{name} went from {before} back to {(term, epoch)}")
            self._orders[name] = (term, epoch)

    def _work_is_done(self) -> Iterator[Violation]:
        """I7: nobody waits beside a free slot, where nothing is broken."""
        wait = self._scene.world.value(LONGEST_WAIT) or 0.0
        self.seen.longest_wait = max(self.seen.longest_wait, wait)
        if not self._is_calm():
            return
        self.seen.longest_wait_when_calm = max(self.seen.longest_wait_when_calm, wait)
        if wait > STARTED_WITHIN + self._allowance and self._scene.world.value(FREE_SLOTS):
            yield Violation("I7", "", f"a job waited {wait:.1f} s beside a free slot")

    def _is_calm(self) -> bool:
        ends = [window.ended for window in self._scene.windows]
        if self._scene.is_breaking:
            return False
        return not ends or self._scene.now() - max(ends) > CALM_AFTER
