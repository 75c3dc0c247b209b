"""What private servers need of the machine: free ports, programs, processes that really end."""

import json
import os
import random
import shutil
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Below the range that systems take ports for outgoing connections from (32768 and up), so that
# nobody gets the port between our finding and our using it.
PORTS = range(20_000, 32_000)


class ServerFailure(Exception):
    """A private server did not do what it was asked; the message says where to look."""


def free_port(preferred: int | None = None) -> int:
    """A port of the loopback interface that nobody listens on, the preferred one if it is free."""
    candidates = ([preferred] if preferred else []) + random.sample(PORTS, 200)
    for port in candidates:
        if is_free(port):
            return port
    raise ServerFailure("No free port was found between 20000 and 32000.")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def accepts_connections(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def program(name: str, *patterns: str) -> str:
    """Where a program is; where there are several versions, the newest."""
    for pattern in patterns:
        found = sorted(Path("/").glob(pattern.lstrip("/")), key=_version)
        if found:
            return str(found[-1])
    on_path = shutil.which(name)
    if on_path:
        return on_path
    raise ServerFailure(f"{name} is not installed: `make up` and `make test` install it.")


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that has ended but was not collected yet does not."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        threads = len(list(Path(f"/proc/{pid}/task").iterdir()))
    except (ProcessLookupError, FileNotFoundError):
        return False
    except PermissionError:
        return True
    # The first thread of a process may have ended before the others.
    return state != "Z" or threads > 1


def end(pid: int, *, patience: float, first: signal.Signals = signal.SIGTERM) -> bool:
    """Ask a process to end and kill it when it does not; returns whether asking sufficed."""
    for number, wait in ((first, patience), (signal.SIGKILL, 10.0)):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return True
        if wait_until(lambda: not is_alive(pid), timeout=wait):
            _collect(pid)
            return number is first
    raise ServerFailure(f"Process {pid} does not end.")


def wait_until(holds: Callable[[], bool], *, timeout: float, pause: float = 0.05) -> bool:
    """Look until it holds; False when it does not within `timeout` seconds."""
    until = time.monotonic() + timeout
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(pause)
    return True


def remembered(file: Path) -> dict[str, Any]:
    """What a server wrote down about itself at an earlier start."""
    known: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    return known


def remember(file: Path, known: dict[str, Any]) -> None:
    """Written in a private file, because passwords are among it."""
    file.touch(mode=0o600)
    file.write_text(json.dumps(known))


def last_lines(log: Path, count: int = 12) -> str:
    if not log.exists():
        return f"({log} was not written)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-count:])


def _collect(pid: int) -> None:
    """Take the exit status of a child of ours, so that it leaves no entry behind."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def _version(path: Path) -> list[int]:
    return [int(part) for part in path.parts if part.isdigit()]
