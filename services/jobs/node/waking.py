"""How the cluster reaches the agent: a bell that any thread rings, and what was heard."""

import os
from collections import deque
from collections.abc import Callable
from typing import Any

from chassis.client import Client
from services.jobs.events import ClusterChanged, SonarPinged, WorkReady
from services.jobs.node.asking import PRINCIPAL
from services.jobs.node.settings import NodeSettings


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
    """Listens in a thread of its own: for work, for pings, for orders that changed.

    `on_ping` and `on_change` are called in that thread; the rest waits to be taken by the agent.
    """

    def __init__(
        self,
        settings: NodeSettings,
        bell: Bell,
        on_ping: Callable[[], None],
        on_change: Callable[[], None],
    ) -> None:
        self._bell = bell
        self._on_ping, self._on_change = on_ping, on_change
        self._ready: deque[list[str]] = deque()
        self.wire = Client(
            principal=PRINCIPAL,
            broker_url=settings.broker_url,
            private_key=settings.private_key,
            broadcasts=(WorkReady.wire, ClusterChanged.wire, SonarPinged.wire),
            on_broadcast=self._hear,
            on_reconnect=self._missed_some,
        )

    @property
    def problem(self) -> str | None:
        return None if self.wire.is_connected else "The broker is away; the node looks for itself."

    def ready(self) -> list[list[str]]:
        """What was told since the last time: kinds with work, or any kind where none is named."""
        told = []
        while self._ready:
            told.append(self._ready.popleft())
        return told

    def _hear(self, wire: str, body: dict[str, Any]) -> None:
        if wire == SonarPinged.wire:
            self._on_ping()
        elif wire == ClusterChanged.wire:
            self._on_change()
        else:
            self._ready.append(body.get("kinds", []))
            self._bell.ring()

    def _missed_some(self) -> None:
        self._ready.append([])
        self._bell.ring()
        self._on_change()
