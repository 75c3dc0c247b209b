"""The nodes, as the jobs service reaches them: a bell that says that there is work."""

import json
import threading
import time
from collections.abc import Iterable

from sqlalchemy import event
from sqlalchemy.orm import Session

from chassis.wire import EVENTS, Away, Channel, Wire, send
from services.jobs.events import WorkReady

_PAUSE = 0.005  # seconds; at most one ring in that time, whatever happens
_TRANSIENT = 1


class NodeBell:
    """Tells the nodes which kinds have work. Nobody relies on it: a ring may be lost."""

    def __init__(self, broker_url: str) -> None:
        self._wire = Wire(broker_url, "jobs bell", self._connected)
        self._channel: Channel = None
        self._kinds: set[str] = set()
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
        """Ring soon, for these kinds or for any; many rings at once become one."""
        with self._lock:
            self._kinds.update(kinds)
            self._rung.set()

    def ring_after(self, session: Session, kinds: Iterable[str]) -> None:
        """Ring once the open transaction is committed, and not at all when it is not."""
        told = tuple(kinds)
        event.listen(session, "after_commit", lambda _: self.ring(told), once=True)

    def _run(self) -> None:
        while True:
            self._rung.wait()
            if self._stopping:
                return
            with self._lock:
                kinds, self._kinds = tuple(sorted(self._kinds)), set()
                self._rung.clear()
            self._tell(WorkReady(kinds=kinds))
            time.sleep(_PAUSE)

    def _tell(self, ready: WorkReady) -> None:
        body = json.dumps(ready.to_body(), separators=(",", ":")).encode()
        try:
            self._wire.write(
                lambda: send(
                    self._channel,
                    EVENTS,
                    ready.wire,
                    body,
                    headers={},
                    type=ready.wire,
                    delivery_mode=_TRANSIENT,
                )
            )
        except Away:
            return  # the nodes look by themselves

    def _connected(self, wire: Wire) -> None:
        self._channel = wire.open_channel()
