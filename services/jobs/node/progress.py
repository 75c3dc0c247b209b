"""A few words of memory that a worker writes and its agent reads: which job runs, and since when.

The agent must know this at any moment, also of a worker that hangs or was killed, and a message for
each start would cost more than many a job.
"""

import mmap
import os
import time
from typing import NamedTuple

_STARTED, _FINISHED, _SINCE = range(3)  # 64-bit words
_SIZE = 24


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
        self._words = memoryview(mmap.mmap(descriptor, _SIZE)).cast("q")

    @classmethod
    def create(cls) -> "Progress":
        descriptor = os.memfd_create("job-progress")
        os.ftruncate(descriptor, _SIZE)
        return cls(descriptor)

    def start(self) -> None:
        self._words[_SINCE] = time.monotonic_ns()
        self._words[_STARTED] += 1

    def finish(self) -> None:
        self._words[_FINISHED] += 1

    def read(self) -> Reading:
        """A consistent reading: repeated while the worker is writing."""
        while True:
            finished, started, since = (self._words[w] for w in (_FINISHED, _STARTED, _SINCE))
            if started == self._words[_STARTED] and finished == self._words[_FINISHED]:
                return Reading(started, finished, since / 1e9 if started > finished else None)

    def close(self) -> None:
        os.close(self.descriptor)
