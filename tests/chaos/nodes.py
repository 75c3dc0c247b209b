"""The nodes of a run: real process trees, each behind proxies of its own."""

import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from chassis.errors import Failure
from console.servers import free_port
from tests.chaos import trees
from tests.chaos.kinds import EFFECT_URL
from tests.chaos.ledger import FOLDER
from tests.chaos.proxy import Link
from tests.chaos.world import World
from tests.processes import Process, until

WORKERS = 2
KINDS = "tests.chaos.kinds"


@dataclass(eq=False)
class Node:
    """One `memberhall node` with its links; `process` is its supervisor."""

    name: str
    world: World
    to_postgres: Link
    to_broker: Link
    environ: dict[str, str]
    tasks: str
    process: Process = field(init=False)

    def launch(self, **changed: str) -> "Node":
        command = [sys.executable, "-m", "services.jobs.node.main", "--name", self.name]
        health = free_port()
        self.process = Process(
            self.name,
            [*command, "--workers", str(WORKERS), "--tasks", self.tasks],
            {**self.environ, "MEMBERHALL_NODE_HEALTH_PORT": str(health), **changed},
            f"http://127.0.0.1:{health}/ready",
            self.log,
        )
        return self

    @property
    def log(self) -> Path:
        return self.world.folder / f"{self.name}.log"

    @property
    def agent(self) -> int:
        """The agent's process id; raises AssertionError where none starts."""
        found: list[int] = until(lambda: trees.children(self.process.pid), 20, "an agent")
        return found[0]

    @property
    def workers(self) -> list[int]:
        return trees.children(self.agent)

    @property
    def is_ready(self) -> bool:
        """Whether it has joined, hears the broker, and all its workers wait for work."""
        try:
            return requests.get(self.process.ready_url, timeout=2).ok
        except requests.RequestException:
            return False

    def everyone(self) -> list[int]:
        return trees.descendants(self.process.pid)

    @property
    def session(self) -> int | None:
        """The newest session of the node that still stands."""
        session: int | None = self.world.value(
            "SELECT session_id FROM node_session WHERE node_name = %s"
            " AND state IN ('live', 'draining') ORDER BY session_id DESC LIMIT 1",
            self.name,
        )
        return session

    def wait_until_ready(self, seconds: float = 60.0) -> "Node":
        self.process.wait_until_ready(seconds)
        return self

    def running(self, session: int) -> int:
        """How many jobs the database has with that session."""
        return int(
            self.world.value(
                "SELECT count(*) FROM live WHERE state = 2 AND session_id = %s", session
            )
        )

    def leave(self, seconds: float = 40.0) -> int:
        """Drain; returns the exit status."""
        return self.process.terminate(seconds)

    def kill_tree(self) -> None:
        """As a power cut does: nobody of the tree gets to do anything any more."""
        self.process.send(signal.SIGSTOP)
        trees.send(reversed(self.everyone()), signal.SIGKILL)
        self.process.wait(10)


class Nodes:
    """Everybody who ever joined in this run."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.all: dict[str, Node] = {}

    def add(self, name: str, *, tasks: str = KINDS, **changed: str) -> Node:
        """A further node, with two new links; it is not yet ready when this returns."""
        world, own = self.world, self.world.environment_of("node")
        postgres, to_postgres = world.through_proxy(
            f"{name} to postgres", own["MEMBERHALL_NODE_DATABASE_URL"], world.postgres.port
        )
        broker, to_broker = world.through_proxy(
            f"{name} to broker", own["MEMBERHALL_NODE_BROKER_URL"], world.broker.port
        )
        environ = {
            **own,
            "MEMBERHALL_NODE_DATABASE_URL": postgres,
            "MEMBERHALL_NODE_BROKER_URL": broker,
            EFFECT_URL: postgres,
            FOLDER: str(world.folder),
        }
        node = Node(name, world, to_postgres, to_broker, environ, tasks)
        self.all[name] = node.launch(**changed)
        return node

    @property
    def present(self) -> list[Node]:
        """Those that run, in the order of joining."""
        return [node for node in self.all.values() if node.process.is_alive]

    def stop(self) -> None:
        """Kill whatever is left of every tree, wherever it went."""
        for pid in trees.with_variable(FOLDER, str(self.world.folder)):
            trees.send([pid], signal.SIGCONT)
            trees.send([pid], signal.SIGKILL)
        for node in self.all.values():
            node.process.kill()


def order(world: World, what: str, **arguments: Any) -> None:
    """What an operator changes in the whole cluster; asked again while the service is away."""

    def asked() -> bool:
        try:
            world.ask(what, **arguments)
        except Failure:
            return False
        return True

    until(asked, 20, f"{what} of {arguments}")
