"""What a fault may touch, and what it has to say."""

import random
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.chaos.checks.history import Violation, Window
from tests.chaos.driver import Driver
from tests.chaos.nodes import WORKERS, Node, Nodes
from tests.chaos.watching import Watcher
from tests.chaos.world import World
from tests.processes import until

EVERY_MINUTE = "chaos.every_minute"  # the run's one schedule, which leaves nothing out


class Skipped(Exception):
    """A fault cannot be done here; the message says why."""


@dataclass
class Scene:
    """Everything a fault needs. `is_long`: faults may take their full time."""

    world: World
    nodes: Nodes
    driver: Driver
    watcher: Watcher
    random: random.Random
    is_long: bool
    offset: float  # from CLOCK_MONOTONIC to PostgreSQL's seconds
    is_breaking: bool = False  # while a fault is there
    windows: list[Window] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def now(self) -> float:
        """The present in PostgreSQL's seconds since 1970."""
        return time.monotonic() + self.offset

    def node(self) -> Node:
        """One of those that are ready, by chance; raises AssertionError where none gets ready."""
        ready: list[Node] = until(
            lambda: [node for node in self.nodes.present if node.is_ready], 20.0, "a node is ready"
        )
        return self.random.choice(ready)

    def session_at_work(self, node: Node) -> int:
        """The node's session, at a moment at which it holds jobs that are not over in an instant.

        Raises AssertionError where it takes none, and Failure where none can be asked for.
        """
        workers = WORKERS * len(self.nodes.present)
        self.driver.submit(*["chaos.linger"] * (workers + 2))

        def found() -> int | None:
            session = node.session
            return session if session and node.running(session) else None

        session: int = until(found, 10.0, f"{node.name} holds jobs")
        return session

    def accuse(self, invariant: str, text: str, uid: str = "") -> None:
        self.violations.append(Violation(invariant, uid, text))


class Fault(ABC):
    """One way in which the world goes wrong: done, held for some seconds, undone."""

    number = "F0"
    title = ""
    expects = ""
    in_short = False
    hold = (0.0, 0.0)  # seconds in a short run and in a long one

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    @property
    def name(self) -> str:
        return f"{self.number} {self.title}"

    @abstractmethod
    def do(self) -> None:
        """Break something; raises Skipped where it cannot be done here."""

    def step(self) -> None:  # noqa: B027  # most faults only lie there
        """What is done again and again, every 0.2 seconds, while the fault is held."""

    def undo(self) -> None:  # noqa: B027  # many mend themselves
        """Mend it."""

    def recovers(
        self, what: str, bound: float, holds: Callable[[], bool], patience: float = 60.0
    ) -> None:
        """From this moment `what` shall come true within `bound` seconds."""
        self.scene.watcher.expect(self.name, what, bound, holds, patience)
