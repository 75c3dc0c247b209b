"""What falls due, and the threads that do it.

An entry is given the moment it was due, not the moment it ran. So when the clock is moved on by a
month, everything of that month happens in order, each at its own time, as if the month had passed.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.clock import SandboxClock

log = logging.getLogger(__name__)

Act = Callable[[datetime], None]


@dataclass(order=True)
class Entry:
    """One thing to do; entries of the same lane never run at the same time."""

    due: datetime
    number: int
    lane: str = field(compare=False)
    act: Act = field(compare=False)


class Agenda:
    """Entries ordered by due time, done by a few threads, one at a time in each lane."""

    def __init__(self, clock: SandboxClock, threads: int = 8) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._entries: list[Entry] = []
        self._numbers = itertools.count()
        self._busy: set[str] = set()
        self._stopping = False
        self._threads = [
            threading.Thread(target=self._work, name=f"agenda-{number}", daemon=True)
            for number in range(threads)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self, seconds: float) -> None:
        """Take nothing new; give what runs `seconds` to finish."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def add(self, due: datetime, lane: str, act: Act) -> None:
        with self._changed:
            heapq.heappush(self._entries, Entry(due, next(self._numbers), lane, act))
            self._changed.notify_all()

    def clock_moved(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def settle(self, seconds: float) -> bool:
        """Wait until nothing is due and nothing runs; False when `seconds` were not enough."""
        with self._changed:
            return self._changed.wait_for(self._is_idle, timeout=seconds)

    def _is_idle(self) -> bool:
        return not self._busy and not (self._entries and self._entries[0].due <= self._clock.now())

    def _work(self) -> None:
        while (entry := self._take()) is not None:
            try:
                entry.act(entry.due)
            except Exception:
                # A thread that died of one entry would silently stop all later ones.
                log.exception("An entry of the agenda failed.", extra={"lane": entry.lane})
            finally:
                self._release(entry)

    def _take(self) -> Entry | None:
        with self._changed:
            while not self._stopping:
                entry = self._first_free()
                if entry is not None:
                    return entry
                self._changed.wait(self._seconds_to_next())
        return None

    def _first_free(self) -> Entry | None:
        now = self._clock.now()
        for entry in sorted(entry for entry in self._entries if entry.due <= now):
            if entry.lane not in self._busy:
                self._entries.remove(entry)
                heapq.heapify(self._entries)
                self._busy.add(entry.lane)
                return entry
        return None

    def _seconds_to_next(self) -> float | None:
        now = self._clock.now()
        waits = [entry.due - now for entry in self._entries if entry.due > now]
        # Never for longer than threading can count; the loop looks again anyway.
        return min(*waits, timedelta(hours=1)).total_seconds() if waits else None

    def _release(self, entry: Entry) -> None:
        with self._changed:
            self._busy.discard(entry.lane)
            self._changed.notify_all()
