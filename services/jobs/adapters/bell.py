"""The nodes, as the jobs service reaches them: a bell that says that there is something new."""

import json
import threading
import time
from collections.abc import Callable, Iterable

from sqlalchemy import event
from sqlalchemy.orm import Session

from chassis.events import Event
from chassis.wire import EVENTS, Away, Channel, Wire, send
from services.jobs.events import ClusterChanged, SonarPinged, WorkReady

_TRANSIENT = 1


class Rhythm:
    """How long further rings are gathered after one: hardly, because a job that just missed a ring
    waits for the next; longer where they do not cease, because nodes then look anyway."""

    SHORTEST = 0.0005  # seconds
    EVERY = 0.005  # seconds between two rings in the long run
    AHEAD = 10  # rings that may be ahead of that

    def __init__(self) -> None:
        self._due = 0.0

    def pause(self, now: float) -> float:
        """Seconds to wait after a ring at `now`."""
        self._due = max(self._due, now - self.AHEAD * self.EVERY) + self.EVERY
        return max(self.SHORTEST, self._due - now)


class NodeBell:
    """Tells the nodes what is new. Nobody relies on it: a ring may be lost."""

    def __init__(self, broker_url: str) -> None:
        self._wire = Wire(broker_url, "jobs bell", self._connected)
        self._channel: Channel = None
        self._kinds: set[str] = set()
        self._any = False
        self._others: dict[str, Event] = {}
        self._lock = threading.Lock()
        self._rung = threading.Event()
        self._stopping = False

    def start(self) -> None:
        self._wire.start()
        threading.Thread(target=self._run, name="node bell", daemon=True).start()

    def stop(self) -> None:
        self._stopping = True
        self._rung.set()
        self._wire.stop()

    def ring(self, kinds: Iterable[str]) -> None:
        """There is work for these kinds; where none is named, for any."""
        named = set(kinds)
        with self._lock:
            self._any = self._any or not named
            self._kinds |= named
            self._rung.set()

    def tell_change(self) -> None:
        """Nodes shall ask for their orders now."""
        self._also(ClusterChanged())

    def ping(self) -> None:
        """Nodes shall know that they would hear."""
        self._also(SonarPinged())

    def ring_after(self, session: Session, kinds: Iterable[str]) -> None:
        """Ring once the open transaction is committed, and not at all when it is not."""
        told = tuple(kinds)
        _after_commit(session, lambda: self.ring(told))

    def tell_change_after(self, session: Session) -> None:
        """Tell of a change once the open transaction is committed."""
        _after_commit(session, self.tell_change)

    def _also(self, told: Event) -> None:
        with self._lock:
            self._others[told.wire] = told
            self._rung.set()

    def _run(self) -> None:
        rhythm = Rhythm()
        while True:
            self._rung.wait()
            if self._stopping:
                return
            for told in self._taken():
                self._tell(told)
            time.sleep(rhythm.pause(time.monotonic()))

    def _taken(self) -> list[Event]:
        with self._lock:
            told = list(self._others.values())
            if self._any or self._kinds:
                kinds = () if self._any else tuple(sorted(self._kinds))
                told.insert(0, WorkReady(kinds=kinds))
            self._kinds, self._any, self._others = set(), False, {}
            self._rung.clear()
        return told

    def _tell(self, told: Event) -> None:
        body = json.dumps(told.to_body(), separators=(",", ":")).encode()
        try:
            self._wire.write(
                lambda: send(
                    self._channel,
                    EVENTS,
                    told.wire,
                    body,
                    headers={},
                    type=told.wire,
                    delivery_mode=_TRANSIENT,
                )
            )
        except Away:
            return  # the nodes look by themselves

    def _connected(self, wire: Wire) -> None:
        self._channel = wire.open_channel()


def _after_commit(session: Session, act: Callable[[], None]) -> None:
    def heard(_: Session) -> None:
        act()
        # Let the bell's thread go first: a job waits for its ring, the answer's bytes for nobody.
        time.sleep(0)

    event.listen(session, "after_commit", heard, once=True)
