"""The agent's view of one worker process: give it jobs, hear how they ended, kill it."""

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from chassis.logs import log
from services.jobs.node.channel import Channel, Garbled
from services.jobs.node.progress import Progress
from services.jobs.node.runs import Claimed, Line, Outcome, Said
from services.jobs.node.settings import Options

SEND_SECONDS = 5
# A worker that is busy does not read: what is sent to it must fit into the socket's buffer.
FITS = 32_768  # bytes of arguments

# What a worker tells: the first word of each message.
READY, ENDED, SAID, LINE = "ready", "ended", "said", "line"
MISUSED = 70  # exit status of a worker whose channel does not work any more


class Ended(NamedTuple):
    """A job and how its run ended, as its worker told."""

    job: Claimed
    outcome: Outcome


class Worker:
    """One child process with its channel and its page of progress.

    `jobs` are those it was given and has told no end of, by ordinal.
    """

    def __init__(self, options: Options, kind_ids: Mapping[int, str]) -> None:
        ours, theirs = socket.socketpair()
        # A worker that was stopped must not stop the agent with it.
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", SEND_SECONDS, 0))
        self.progress = Progress.create()
        descriptors = (theirs.fileno(), self.progress.descriptor)
        command = [sys.executable, "-m", "services.jobs.node.child", *map(str, descriptors)]
        self._process = subprocess.Popen(
            [*command, str(os.getpid()), options.as_text(), json.dumps(dict(kind_ids))],
            pass_fds=descriptors,
            stdin=subprocess.DEVNULL,
        )
        theirs.close()
        self.pid = self._process.pid
        self.death = os.pidfd_open(self.pid)
        self.channel = Channel(ours)
        self.started_at = time.monotonic()
        self.is_ready = False
        self.is_leaving = False  # it is given nothing more, and ends when it is idle
        self.jobs: dict[int, Claimed] = {}
        self.said: list[Said | Line] = []
        self._given = 0
        self._moved_at = 0.0  # when it was last given something to begin, or told of an end
        self._bytes = 0  # of arguments of its jobs
        self._wrong: str | None = None  # why it is being killed
        self._is_asked_back = False
        self._stuck_at = 0  # the ordinal of a job that had those behind it taken back
        self._times_said = 0

    @property
    def is_idle(self) -> bool:
        return self.is_ready and not self.jobs

    @property
    def present_kind(self) -> int | None:
        """The kind of what it runs; a worker is given jobs of another kind only when it is idle
        or when both are quick."""
        return next((job.kind_id for job in self.jobs.values()), None)

    @property
    def is_condemned(self) -> bool:
        return self._wrong is not None

    @property
    def can_work(self) -> bool:
        return self.is_ready and not self.is_leaving and not self.is_condemned

    @property
    def is_stuck(self) -> bool:
        """Whether it runs a job that held up others."""
        return self._stuck_at in self.jobs

    def can_take(self, batch: Sequence[Claimed]) -> bool:
        """Whether sending cannot block: the worker waits for it, or its socket has the room."""
        if not self.can_work or self.is_stuck:
            return False
        return not self.jobs or self._bytes + _size(batch) <= FITS

    def give(self, batch: Sequence[Claimed]) -> None:
        """Send jobs; a worker that cannot be written to is killed, and its jobs come back."""
        if not self.jobs:
            self._moved_at = time.monotonic()
        for job in batch:
            self._given += 1
            self.jobs[self._given] = job
        self._bytes += _size(batch)
        try:
            self.channel.send(batch)
        except OSError:
            self.kill("the worker process does not read any more")

    def collect(self) -> list[Ended]:
        """What the worker has told since the last time; never waits."""
        ended: list[Ended] = []
        try:
            for told in self.channel.received():
                ended += self._hear(told)
        except (Garbled, TypeError, ValueError, IndexError) as error:
            log.error("a worker is not understood", pid=self.pid, reason=str(error))
            self.kill("the handler wrote into the worker process' own channel")
        return ended

    def take_said(self) -> list[Said | Line]:
        """What the handlers said since the last time."""
        said, self.said = self.said, []
        times = self.progress.times_said
        if times == self._times_said:
            return said
        if (present := self.running()) and (last := self.progress.said()):
            self._times_said = times
            said.append(Said(present[0].id, present[0].run_no, *last))
        return said

    def running(self) -> tuple[Claimed, float] | None:
        """The job that runs now and for how many seconds, or None between jobs."""
        reading = self.progress.read()
        job = self.jobs.get(reading.started)
        if job is None or reading.since is None:
            return None
        return job, time.monotonic() - reading.since

    @property
    def idled(self) -> float:
        """Seconds for which it has held jobs and begun none of them."""
        if not self.jobs or self.running():
            return 0.0
        return time.monotonic() - self._moved_at

    def begun(self) -> list[Claimed]:
        """Jobs that were started, for a worker that will tell nothing more of them."""
        started = self.progress.read().started
        return [job for ordinal, job in self.jobs.items() if ordinal <= started]

    def ask_back(self) -> None:
        """Have the worker start nothing of what it holds; `take_back` gives the jobs later."""
        started = self.progress.read().started
        if started < self._given:
            self.progress.take_back(started, self._given)
            self._is_asked_back, self._stuck_at = True, started

    def take_back(self) -> list[Claimed]:
        """The jobs asked back that were not started and never will be."""
        if not self._is_asked_back:
            return []
        self._is_asked_back = False
        started = self.progress.read().started
        taken = [self.jobs.pop(ordinal) for ordinal in list(self.jobs) if ordinal > started]
        self._bytes -= _size(taken)
        return taken

    def take_away(self, job: Claimed) -> None:
        """The job's end is decided elsewhere."""
        self.jobs = {ordinal: each for ordinal, each in self.jobs.items() if each.id != job.id}

    @property
    def is_dead(self) -> bool:
        return self._process.poll() is not None

    def cause_of_death(self) -> str:
        """What an operator reads of it."""
        status = self._process.returncode
        if self._wrong:
            return self._wrong
        if status is not None and status < 0:
            return f"the worker process was ended by {signal.Signals(-status).name}"
        if status == MISUSED:
            return "the handler closed the worker process' own descriptors"
        return f"the worker process exited with status {status}"

    def kill(self, reason: str) -> None:
        """SIGKILL by descriptor, which can never hit another process that got the same number."""
        self._wrong = self._wrong or reason
        try:
            signal.pidfd_send_signal(self.death, signal.SIGKILL)
        except ProcessLookupError:
            return

    def dismiss(self) -> None:
        """Let an idle worker go: it ends when nobody can write to it any more."""
        self.is_leaving = True
        self.channel.end()

    def bury(self) -> None:
        """Wait for the process and free what belonged to it."""
        self._process.wait()
        self.channel.close()
        os.close(self.death)
        self.progress.close()

    def _hear(self, told: Any) -> list[Ended]:
        what, *values = told
        if what == READY:
            self.is_ready = True
        elif what == ENDED:
            outcomes = [Outcome._make(each) for each in values]
            ended = [
                Ended(job, each) for each in outcomes if (job := self.jobs.pop(each.ordinal, None))
            ]
            self._bytes -= _size(job for job, _ in ended)
            self._moved_at = time.monotonic()
            return ended
        elif job := self.jobs.get(values[0]):
            words = Said if what == SAID else Line
            self.said.append(words(job.id, job.run_no, *values[1:]))
        return []


def _size(jobs: Iterable[Claimed]) -> int:
    return sum(len(job.args) for job in jobs)
