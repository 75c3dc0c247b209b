"""`python -m console.supervisor`: keeps a suite's processes running until it is told to end.

A process that dies is started again, after a pause that grows while it keeps dying. On SIGTERM the
door closes first: the processes end in the reverse order of their start, each given 30 seconds.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from console import environment
from console.home import ROOT, Home
from console.processes import ProcessEntry, processes

PAUSES = (0.2, 1.0, 2.0, 5.0, 10.0, 30.0)  # seconds before starting a dead process again
STEADY_SECONDS = 60.0  # who ran this long has its earlier deaths forgiven
LOOK_SECONDS = 0.2
GRACE_SECONDS = 30.0
LARGEST_LOG = 20 * 1024 * 1024  # bytes; a longer one is put aside at the next start


@dataclass
class State:
    """What `status` shows of a process; kept in a file."""

    pid: int = 0
    starts: int = 0
    last_exit: int | None = None


@dataclass
class Kept:
    """One process that is kept running."""

    entry: ProcessEntry
    environment: dict[str, str]
    log: Path
    state: State = field(default_factory=State)
    deaths: int = 0
    started: float = 0.0
    due: float = 0.0
    running: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.running = subprocess.Popen(
                _command(self.entry),
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.started = time.monotonic()
        self.state.pid = self.running.pid
        self.state.starts += 1

    def look(self) -> bool:
        """Notice a death and start again when due; returns whether anything changed."""
        if self.running is None:
            if time.monotonic() < self.due:
                return False
            self.start()
            return True
        status = self.running.poll()
        if status is None:
            return False
        steady = time.monotonic() - self.started > STEADY_SECONDS
        self.deaths = 1 if steady else self.deaths + 1
        self.due = time.monotonic() + PAUSES[min(self.deaths, len(PAUSES)) - 1]
        self.running, self.state.pid, self.state.last_exit = None, 0, status
        return True

    def ask_to_end(self) -> None:
        if self.running:
            self.running.terminate()

    def see_end(self, until: float) -> None:
        if self.running is None:
            return
        try:
            self.running.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(self.running.pid, signal.SIGKILL)
            self.running.wait()


class Supervisor:
    """Everything of one suite but its servers."""

    def __init__(self, home: Home) -> None:
        environ = environment.read(home.environment_file)
        entries = processes(environ["MEMBERHALL_MODE"])
        self._state = home.state
        self._ending = threading.Event()
        self._kept = [
            Kept(
                entry=entry,
                environment=_environment(entry, environ, entries),
                log=_fresh_log(home.logs / f"{entry.name}.log"),
            )
            for entry in entries
        ]

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._ending.set())
        while not self._ending.is_set():
            changes = [kept.look() for kept in self._kept]
            if any(changes):
                self._write_state()
            self._ending.wait(LOOK_SECONDS)
        self._end()

    def _end(self) -> None:
        """Gateway and node first, and what they talk to when they are done."""
        until = time.monotonic() + GRACE_SECONDS
        doors = [kept for kept in self._kept if kept.entry.name in ("gateway", "node")]
        for together in (doors, [kept for kept in self._kept if kept not in doors]):
            for kept in together:
                kept.ask_to_end()
            for kept in together:
                kept.see_end(until)
        self._state.unlink(missing_ok=True)

    def _write_state(self) -> None:
        new = self._state.with_suffix(".new")
        new.write_text(json.dumps({kept.entry.name: asdict(kept.state) for kept in self._kept}))
        new.replace(self._state)


def read_states(home: Home) -> dict[str, State]:
    """What the supervisor last wrote; empty where none runs."""
    if not home.state.exists():
        return {}
    return {name: State(**known) for name, known in json.loads(home.state.read_text()).items()}


def _command(entry: ProcessEntry) -> list[str]:
    program, *arguments = entry.command
    # Not resolved: the links of a virtual environment are what makes it one.
    return [str(Path(sys.executable).parent / program), *arguments]


def _environment(
    entry: ProcessEntry, environ: dict[str, str], entries: tuple[ProcessEntry, ...]
) -> dict[str, str]:
    kept = ("PATH", "LANG", "LC_ALL", "TZ", "HOME", "TMPDIR", "SSL_CERT_FILE")
    inherited = {name: os.environ[name] for name in kept if name in os.environ}
    return {**inherited, **environment.for_process(entry, environ, entries)}


def _fresh_log(log: Path) -> Path:
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.replace(log.with_suffix(".log.1"))
    return log


def main() -> None:
    home = Home(Path(sys.argv[1]))
    home.supervisor_pid.write_text(str(os.getpid()))
    try:
        Supervisor(home).run()
    finally:
        home.supervisor_pid.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
