"""What a worker tells its agent: outcomes in batches, all else at once."""

import os
import threading
import time

from services.jobs.node.channel import Channel
from services.jobs.node.runs import Outcome
from services.jobs.node.worker import ENDED, MISUSED

SEND_AFTER = 0.02  # seconds that an outcome may wait for others of its batch
LATEST = 0.03  # and for a job behind it that takes longer than it should


class Teller:
    """Sends in the worker's own process only, and ends it when nobody can hear it any more."""

    def __init__(self, agent: Channel) -> None:
        self._agent = agent
        self._pid = os.getpid()
        # A handler's threads may log at the same time.
        self._lock = threading.Lock()
        self._outcomes: list[Outcome] = []
        self._since = 0.0
        self._waits = threading.Event()
        threading.Thread(target=self._send_latest, name="teller", daemon=True).start()

    def tell(self, what: str, *values: object) -> None:
        """Send one message."""
        if os.getpid() != self._pid:
            return  # a fork of the handler's; its parent speaks for the job
        with self._lock:
            self._send(what, *values)

    def ended(self, outcome: Outcome, *, is_last: bool) -> None:
        """A run has ended; the last of a batch is told at once, with all that wait."""
        with self._lock:
            if not self._outcomes:
                self._since = time.monotonic()
            self._outcomes.append(outcome)
            if is_last or time.monotonic() - self._since > SEND_AFTER:
                self._send_outcomes()
            elif not self._waits.is_set():  # setting it again would cost more than a quick job
                self._waits.set()

    def _send_latest(self) -> None:
        """A job that hangs must not take with it what ended before."""
        while self._waits.wait():
            self._waits.clear()
            time.sleep(LATEST)
            with self._lock:
                if self._outcomes and time.monotonic() - self._since >= LATEST:
                    self._send_outcomes()
                elif self._outcomes:
                    self._waits.set()

    def _send_outcomes(self) -> None:
        outcomes, self._outcomes = self._outcomes, []
        if outcomes:
            self._send(ENDED, *outcomes)

    def _send(self, what: str, *values: object) -> None:
        try:
            self._agent.send((what, *values))
        except (BrokenPipeError, ConnectionResetError):
            os._exit(0)  # the agent is gone
        except OSError:
            os._exit(MISUSED)
