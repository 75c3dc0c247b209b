"""A page of memory that a worker writes and its agent reads: which job runs, since when, how far.

The agent must know this at any moment, also of a worker that hangs or was killed, and a message for
each start would cost more than many a job. The other way, the agent says which jobs are taken back.

A worker counts the jobs that it was given, from 1. It writes that it starts one *before* it looks
whether that one was taken back; the agent takes back *before* it looks what was started, and looks
no earlier than its loop's next round, when what both wrote has long reached the other. So a job
is started, or taken back, or both sides know that it is neither yet.
"""

import contextlib
import mmap
import os
import struct
import time
from typing import NamedTuple

_STARTED, _FINISHED, _SINCE, _BACK_AFTER, _BACK_UNTIL, _SAID, _PERCENT, _NOTE_SIZE = range(8)
_NOTE = 64  # where the note begins
_MOST_NOTE = 1024  # bytes
_SIZE = _NOTE + _MOST_NOTE


class Reading(NamedTuple):
    """How many jobs the worker has started and finished in its life; `since` is when the present
    one started (seconds of time.monotonic), None while it is between jobs."""

    started: int
    finished: int
    since: float | None


class Progress:
    """Shared words on an anonymous file; its descriptor goes to the worker process."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._page = mmap.mmap(descriptor, _SIZE)
        self._words = memoryview(self._page)[:_NOTE].cast("q")

    @classmethod
    def create(cls) -> "Progress":
        descriptor = os.memfd_create("job-progress")
        os.ftruncate(descriptor, _SIZE)
        return cls(descriptor)

    def start(self) -> bool:
        """The worker comes to its next job; returns whether it may run it."""
        self._words[_SINCE] = time.monotonic_ns()
        ordinal = self._words[_STARTED] + 1
        self._words[_STARTED] = ordinal
        return not self._words[_BACK_AFTER] < ordinal <= self._words[_BACK_UNTIL]

    def finish(self) -> None:
        self._words[_FINISHED] += 1

    def read(self) -> Reading:
        """A consistent reading: repeated while the worker is writing."""
        while True:
            finished, started, since = (self._words[w] for w in (_FINISHED, _STARTED, _SINCE))
            if started == self._words[_STARTED] and finished == self._words[_FINISHED]:
                return Reading(started, finished, since / 1e9 if started > finished else None)

    def take_back(self, after: int, until: int) -> None:
        """The worker shall not start jobs of these ordinals; earlier ones are left alone."""
        self._words[_BACK_AFTER] = after
        self._words[_BACK_UNTIL] = until

    def say(self, percent: float, note: str) -> None:
        """The handler says how far the present job is."""
        text = note.encode()[:_MOST_NOTE]
        self._words[_SAID] += 1  # odd while it is being written
        self._words[_PERCENT] = struct.unpack("<q", struct.pack("<d", percent))[0]
        self._words[_NOTE_SIZE] = len(text)
        self._page[_NOTE : _NOTE + len(text)] = text
        self._words[_SAID] += 1

    @property
    def times_said(self) -> int:
        """Grows with whatever is said; odd while it is being written."""
        return self._words[_SAID]

    def said(self) -> tuple[float, str] | None:
        """What was said last; None while it is being written."""
        before = self.times_said
        percent = struct.unpack("<d", struct.pack("<q", self._words[_PERCENT]))[0]
        size = min(max(0, self._words[_NOTE_SIZE]), _MOST_NOTE)
        text = self._page[_NOTE : _NOTE + size].decode(errors="replace")
        is_whole = before == self.times_said and before % 2 == 0
        return (percent, text) if is_whole else None

    def close(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self.descriptor)
