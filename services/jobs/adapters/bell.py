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

# Seconds after a ring in which further ones are gathered: short, because a job that just missed a
# ring waits for the next; longer while rings do not cease, because nodes then look anyway.
_SHORTEST, _LONGEST = 0.001, 0.005
_TRANSIENT = 1


class NodeBell:
    """Tells the nodes what is new. Nobody relies on it: a ring may be lost.

    The first ring goes out at once; what follows closely is gathered into one.
    """

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
        pause = _SHORTEST
        while True:
            was_quiet = self._rung.wait(_LONGEST) is False
            self._rung.wait()
            if self._stopping:
                return
            pause = _SHORTEST if was_quiet else min(_LONGEST, 2 * pause)
            for told in self._taken():
                self._tell(told)
            time.sleep(pause)

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
