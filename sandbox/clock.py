"""The sandbox's own time: real time plus an offset that only grows."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta


class SandboxClock:
    """Real UTC time plus an offset; moving it back is refused, as time does not run backwards."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._offset = timedelta()

    @property
    def offset(self) -> timedelta:
        with self._lock:
            return self._offset

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def advance(self, step: timedelta) -> None:
        """Move on by `step`; ValueError when it is negative."""
        if step < timedelta():
            raise ValueError("the clock only moves forward")
        with self._lock:
            self._offset += step

    def advance_to_offset(self, offset: timedelta) -> None:
        """Make the offset `offset`; ValueError when that would be a step back."""
        with self._lock:
            if offset < self._offset:
                raise ValueError("the clock only moves forward")
            self._offset = offset
