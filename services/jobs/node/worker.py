"""The agent's view of one worker process: give it jobs, hear how they ended, kill it."""

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pickle import UnpicklingError
from typing import NamedTuple

from services.jobs.node.child import READY, Outcome
from services.jobs.node.progress import Progress
from services.jobs.node.settings import Options
from services.jobs.node.store import Claimed

SEND_SECONDS = 5
# A worker that is busy does not read: what is sent to it must fit into the socket's buffer.
FITS = 32_768  # bytes of arguments


class Ended(NamedTuple):
    """A job and how its run ended, as its worker told."""

    job: Claimed
    outcome: Outcome


class Worker:
    """One child process with its pipe and progress words."""

    def __init__(self, options: Options, kind_ids: Mapping[int, str]) -> None:
        ours, theirs = socket.socketpair()
        # A worker that was stopped must not stop the agent with it.
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", SEND_SECONDS, 0))
        self._progress = Progress.create()
        descriptors = (theirs.fileno(), self._progress.descriptor)
        command = [sys.executable, "-m", "services.jobs.node.child", *map(str, descriptors)]
        self._process = subprocess.Popen(
            [*command, str(os.getpid()), options.as_text(), json.dumps(dict(kind_ids))],
            pass_fds=descriptors,
            stdin=subprocess.DEVNULL,
        )
        theirs.close()
        self.pid = self._process.pid
        self.death = os.pidfd_open(self.pid)
        self.pipe = Connection(ours.detach())
        self.started_at = time.monotonic()
        self.is_ready = False
        self.jobs: list[Claimed] = []
        self._told = 0  # outcomes received in its life
        self._is_condemned = False

    @property
    def is_idle(self) -> bool:
        return self.is_ready and not self.jobs

    def can_take(self, batch: Sequence[Claimed]) -> bool:
        """Whether sending cannot block: the worker waits for it, or its socket has the room."""
        size = sum(len(job.args) for job in (*self.jobs, *batch))
        return self.is_ready and (not self.jobs or size <= FITS)

    def give(self, batch: Sequence[Claimed]) -> None:
        """Send jobs; a worker that cannot be written to is killed, and its jobs come back."""
        self.jobs.extend(batch)
        try:
            self.pipe.send([tuple(job) for job in batch])
        except OSError:
            self.kill()

    def collect(self) -> list[Ended]:
        """What the worker has told since the last time; never waits."""
        ended: list[Ended] = []
        try:
            while self.pipe.poll():
                told = self.pipe.recv()
                if told == READY:
                    self.is_ready = True
                    continue
                self._told += len(told)
                outcomes = [Outcome._make(each) for each in told]
                ended += [Ended(job, each) for each in outcomes if (job := self._take(each.job_id))]
        except (EOFError, OSError, TypeError, UnpicklingError):
            self.kill()  # it died, or a handler wrote into the pipe
        return ended

    def running(self) -> tuple[Claimed, float] | None:
        """The job that runs now and for how many seconds, or None between jobs."""
        if self._is_condemned:
            return None
        reading = self._progress.read()
        place = reading.started - 1 - self._told
        if reading.since is None or not 0 <= place < len(self.jobs):
            return None
        return self.jobs[place], time.monotonic() - reading.since

    def take_away(self, job: Claimed) -> None:
        """The job's end is decided elsewhere, and the worker on its way out."""
        self.jobs.remove(job)
        self._is_condemned = True

    @property
    def is_dead(self) -> bool:
        return self._process.poll() is not None

    def cause_of_death(self) -> str:
        """What an operator reads of it."""
        status = self._process.returncode
        if status is not None and status < 0:
            return f"the worker process was ended by {signal.Signals(-status).name}"
        return f"the worker process exited with status {status}"

    def kill(self) -> None:
        """SIGKILL by descriptor, which can never hit another process that got the same number."""
        try:
            signal.pidfd_send_signal(self.death, signal.SIGKILL)
        except ProcessLookupError:
            return

    def dismiss(self) -> None:
        """Let an idle worker go: it ends when its pipe closes."""
        self.pipe.close()

    def bury(self) -> None:
        """Wait for the process and free what belonged to it."""
        self._process.wait()
        self.pipe.close()
        os.close(self.death)
        self._progress.close()

    def _take(self, job_id: int) -> Claimed | None:
        """The job an outcome is of, nearly always the first; None when it was taken away."""
        for place, job in enumerate(self.jobs):
            if job.id == job_id:
                return self.jobs.pop(place)
        return None
