"""A real node, as an operator starts it, on the tests' database."""

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ROOT = Path(__file__).parents[2]
CLOSED_PORT = "amqp://nobody:x@127.0.0.1:1/"  # nobody listens there


def until(condition: Callable[[], object], seconds: float = 15.0) -> None:
    """Wait until something holds; fails with how long it waited."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"did not come true within {seconds} seconds"
        time.sleep(0.01)


class NodeProcess:
    """The process tree of one `memberhall node`."""

    def __init__(
        self, database_url: str, log: Path, *, name: str = "anna", workers: int = 2,
        broker_url: str = CLOSED_PORT, options: Sequence[str] = (), **environ: str,
    ) -> None:  # fmt: skip
        self.log = log
        usual = ["--name", name, "--workers", str(workers), "--tasks", "tests.jobs.kinds"]
        with log.open("a") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "services.jobs.node.main", *usual, *options],
                cwd=ROOT,
                env={**_environment(database_url, broker_url), **environ},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def agent(self) -> int:
        """The agent's process id, 0 between two of them."""
        return next(iter(_children(self.process.pid)), 0)

    @property
    def workers(self) -> list[int]:
        return _children(self.agent)

    def everyone(self) -> list[int]:
        return [self.process.pid, self.agent, *self.workers]

    def stop(self, seconds: float = 30.0) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def kill_all(self) -> None:
        """Whatever is left of the tree, for the end of a test."""
        if self.process.poll() is None:
            tree = [self.process.pid]
            for pid in tree:
                tree += _children(pid)
            for pid in tree:
                kill(pid)
            self.process.wait()


def kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def is_alive(pid: int) -> bool:
    """Whether the process still runs; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _children(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [int(child) for child in text.split()]


def _environment(database_url: str, broker_url: str) -> dict[str, str]:
    key = Ed25519PrivateKey.generate()
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "MEMBERHALL_MODE": "sandbox",
        "MEMBERHALL_PUBLIC_URL": "http://localhost",
        "MEMBERHALL_PUBLIC_KEYS": json.dumps(
            {"node": [base64.b64encode(key.public_key().public_bytes_raw()).decode()]}
        ),
        "MEMBERHALL_NODE_DATABASE_URL": database_url,
        "MEMBERHALL_NODE_BROKER_URL": broker_url,
        "MEMBERHALL_NODE_PRIVATE_KEY": base64.b64encode(key.private_bytes_raw()).decode(),
    }
