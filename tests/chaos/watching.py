"""How long the cluster takes to be well again: measured beside everything else that goes on."""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import psycopg2
import requests

LOOK_SECONDS = 0.05


@dataclass
class Recovery:
    """One measured recovery. `seconds` is None where it did not happen within `patience`.

    `bound` is what is promised; `excused` are further seconds that have nothing to do with the
    fault: a further fault in the meantime, or a machine that had no time (`load` per core).
    """

    fault: str
    what: str
    bound: float
    seconds: float | None = None
    load: float = 0.0
    excused: float = 0.0
    why_excused: str = ""

    @property
    def is_kept(self) -> bool:
        return self.seconds is not None and self.seconds <= self.bound + self.excused


@dataclass
class _Watch:
    recovery: Recovery
    holds: Callable[[], bool]
    since: float
    until: float
    overlaps: dict[str, float] = field(default_factory=dict)


class Watcher:
    """Asks every 50 ms whether what was expected has come true, in a thread of its own."""

    def __init__(self, allowance: float) -> None:
        self._allowance = allowance
        self._watches: list[_Watch] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watcher")
        self.recoveries: list[Recovery] = []

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Whatever has not come true by now never did."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(30)
        for watch in list(self._watches):
            self._close(watch, None)

    def expect(
        self, fault: str, what: str, bound: float, holds: Callable[[], bool], patience: float = 60.0
    ) -> None:
        """From now on `holds` is asked; it shall be true within `bound` seconds."""
        now = time.monotonic()
        watch = _Watch(Recovery(fault, what, bound), holds, now, now + patience)
        with self._lock:
            self._watches.append(watch)

    @property
    def is_quiet(self) -> bool:
        return not self._watches

    def disturbed(self, fault: str, seconds: float) -> None:
        """Another fault fell into whatever is being watched; it may take so much longer."""
        with self._lock:
            for watch in self._watches:
                if watch.recovery.fault != fault:
                    number = fault.partition(" ")[0]
                    watch.overlaps[number] = watch.overlaps.get(number, 0.0) + seconds

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            for watch in list(self._watches):
                self._look(watch)

    def _look(self, watch: _Watch) -> None:
        try:
            true = watch.holds()
        except (psycopg2.Error, requests.RequestException, AssertionError):
            true = False  # the servers may be away just now
        now = time.monotonic()
        if true:
            self._close(watch, now - watch.since)
        elif now > watch.until:
            self._close(watch, None)

    def _close(self, watch: _Watch, seconds: float | None) -> None:
        recovery = watch.recovery
        recovery.seconds = seconds
        recovery.load = os.getloadavg()[0] / (os.cpu_count() or 1)
        if recovery.load > 1.0:
            recovery.excused = self._allowance * recovery.load
            recovery.why_excused = f"load {recovery.load:.1f} a core"
        if watch.overlaps:
            recovery.excused += sum(watch.overlaps.values())
            recovery.why_excused += f" and {', '.join(watch.overlaps)} meanwhile"
        with self._lock:
            if watch in self._watches:
                self._watches.remove(watch)
            self.recoveries.append(recovery)
