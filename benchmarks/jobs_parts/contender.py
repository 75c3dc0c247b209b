"""What every system under test can be asked to do."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from benchmarks.jobs_parts.witness import Witness

STOP_SECONDS = 15.0


class Arena(Protocol):
    """One system with storage of its own, for one measurement."""

    witness: Witness
    database_url: str | None

    def preload(self, number: int, work: str) -> float:
        """Have so many jobs waiting; returns the seconds it took."""

    def start(self) -> None:
        """Start the workers; does not wait for them."""

    def send_at_random(self, rate: float, seconds: float, seed: int) -> int:
        """Warm up, then ask for jobs at random instants; returns how many were asked for."""

    def pids(self) -> list[int]:
        """Heads of the process trees that work for it, beside the servers."""

    def check(self) -> None:
        """Raise where a process ended that should run."""

    def settle(self) -> None:
        """Wait until all that has run is recorded as done; raises where it is not."""


class Contender(Protocol):
    """One row of a comparison."""

    name: str

    def arena(self) -> AbstractContextManager[Arena]:
        """Fresh storage and nothing running; everything is ended and removed afterwards."""


class Trees:
    """Process trees that were started for one run."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._heads: list[subprocess.Popen[bytes]] = []

    @property
    def pids(self) -> list[int]:
        return [head.pid for head in self._heads]

    def start(self, command: Sequence[str], cwd: Path, environ: Mapping[str, str]) -> int:
        with self._log.open("ab") as output:
            head = subprocess.Popen(
                command,
                cwd=cwd,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._heads.append(head)
        return head.pid

    def check(self) -> None:
        """Raise with the end of the log where one has ended by itself."""
        if any(head.poll() is not None for head in self._heads):
            raise AssertionError(f"a process ended too early:\n{self._log.read_text()[-3000:]}")

    def stop(self) -> None:
        """SIGTERM, and SIGKILL for what does not end by it."""
        for head in self._heads:
            if head.poll() is None:
                head.send_signal(signal.SIGTERM)
        for head in self._heads:
            try:
                head.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                _kill_group(head.pid)
                head.wait()
            _kill_group(head.pid)
        self._heads.clear()


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return
