"""When the agent looks for work: at once when told of some, and now and then without being told."""

import os
import time
from typing import Any

from chassis.client import Client
from services.jobs.events import WorkReady
from services.jobs.node.asking import PRINCIPAL
from services.jobs.node.settings import NodeSettings

SHORTEST, LONGEST = 0.1, 1.0  # seconds between looks


class Bell:
    """A descriptor that other threads ring and the agent's loop waits for."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def fileno(self) -> int:
        return self._read

    def ring(self) -> None:
        try:
            os.write(self._write, b"!")
        except BlockingIOError:
            return  # it is ringing already

    def silence(self) -> None:
        try:
            os.read(self._read, 4096)
        except BlockingIOError:
            return


class Lookout:
    """Says when to ask the database for work.

    Messages only make it faster: a lost one costs a second at most. While the broker is away the
    node looks more often as long as it finds something.
    """

    def __init__(self, settings: NodeSettings, bell: Bell) -> None:
        self._bell = bell
        self._pause = LONGEST
        self._next = 0.0
        self.wire = Client(
            principal=PRINCIPAL,
            broker_url=settings.broker_url,
            private_key=settings.private_key,
            broadcasts=(WorkReady.wire,),
            on_broadcast=self._told,
            on_reconnect=self.look_now,
        )

    def look_soon(self) -> None:
        """Look when the loop comes round: a worker has become free."""
        self._next = 0.0

    def look_now(self) -> None:
        self._next = 0.0
        self._bell.ring()

    @property
    def problem(self) -> str | None:
        return None if self.wire.is_connected else "The broker is away; the node looks for itself."

    def due_in(self) -> float:
        return max(0.0, self._next - time.monotonic())

    def looked(self, *, found: bool) -> None:
        """Plan the next look, after one that found less than there was room for."""
        if self.wire.is_connected:
            self._pause = LONGEST
        else:
            self._pause = SHORTEST if found else min(LONGEST, self._pause * 2)
        self._next = time.monotonic() + self._pause

    def _told(self, wire: str, body: dict[str, Any]) -> None:
        self.look_now()
