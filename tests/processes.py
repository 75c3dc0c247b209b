"""Starting, watching and ending real processes of the suite in tests and benchmarks."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).resolve().parent.parent


def until(true: Callable[[], Any], seconds: float = 10.0, what: str = "it") -> Any:
    """Ask until the answer is true; fail the test when it does not become so in time."""
    end = time.monotonic() + seconds
    while True:
        answer = true()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not happen within {seconds} s")
        time.sleep(0.05)


class Process:
    """One real process with its environment and log; `ready_url` answers 200 when it is ready."""

    def __init__(
        self,
        name: str,
        command: list[str],
        environment: Mapping[str, str],
        ready_url: str,
        log: Path,
    ) -> None:
        self.name = name
        self.ready_url = ready_url
        self.log = log
        with log.open("a") as output:
            self._popen = subprocess.Popen(
                command,
                cwd=ROOT,
                env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def is_alive(self) -> bool:
        return self._popen.poll() is None

    def wait_until_ready(self, seconds: float = 20.0) -> "Process":
        try:
            until(self._is_ready, seconds, f"{self.name} is ready")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log.read_text()[-3000:]}") from None
        return self

    def terminate(self, seconds: float = 35.0) -> int:
        """SIGTERM; returns the exit status."""
        self._popen.send_signal(signal.SIGTERM)
        return self._popen.wait(seconds)

    def send(self, number: int) -> None:
        self._popen.send_signal(number)

    def kill(self) -> None:
        if self.is_alive:
            os.killpg(self.pid, signal.SIGKILL)
        self._popen.wait(10)

    def wait(self, seconds: float) -> int:
        return self._popen.wait(seconds)

    def _is_ready(self) -> bool:
        if not self.is_alive:
            raise AssertionError(f"{self.name} ended with status {self._popen.returncode}")
        try:
            return requests.get(self.ready_url, timeout=2).status_code == 200
        except requests.RequestException:
            return False


PYTHON = [sys.executable, "-W", "ignore::DeprecationWarning"]
