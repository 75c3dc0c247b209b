"""What a leader stands among in tests: a clock of its own, a bell and services that only listen."""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, cast

from chassis.config import SANDBOX
from services.jobs.service.leader import Leader
from services.jobs.settings import Settings
from tests.jobs.core import Core

SETTINGS = Settings(
    principal="jobs",
    mode=SANDBOX,
    public_url="http://hall.example",
    public_keys={},
    broker_url="amqp://nowhere",
    private_key=b"",
    database_url="postgresql://nowhere",
    permission_seconds=30.0,
)


@dataclass
class SteadyClock:
    """Seconds that pass when a test says so."""

    seconds: float = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class HeardBell:
    """A bell that remembers what it was rung for."""

    rung: list[tuple[str, ...]] = field(default_factory=list)
    changes: int = 0
    pings: int = 0

    def ring(self, kinds: Iterable[str]) -> None:
        self.rung.append(tuple(kinds))

    def tell_change(self) -> None:
        self.changes += 1

    def ping(self) -> None:
        self.pings += 1


@dataclass
class Services:
    """Answers questions by request, and remembers them; what is an exception is raised."""

    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(
        self, service: str, request: str, /, *, caller: Any, deadline: float, **arguments: Any
    ) -> Any:
        with self._lock:
            self.asked.append((service, request, arguments))
        answer = self.answers[request]
        if isinstance(answer, Exception):
            raise answer
        return answer(**arguments) if isinstance(answer, Callable) else answer

    def number_of(self, request: str) -> int:
        return sum(asked == request for _, asked, _ in self.asked)


def wait_until(holds: Callable[[], bool], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it never came to be"
        threading.Event().wait(0.02)


def bell_of(leader: Leader) -> HeardBell:
    return cast(HeardBell, leader._bell)


def do(leader: Leader, name: str) -> float | None:
    """One round of that tick."""
    [tick] = [each for each in leader.ticks if each.name == name]
    return tick.work()


def run_out(core: Core) -> None:
    """Let the lease end, as if ten seconds had gone by."""
    core.rows("UPDATE leader SET expires_at = clock_timestamp() - interval '1 ms'")
