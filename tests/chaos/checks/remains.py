"""What must be gone when everybody has left: rows, processes, connections, queues."""

from collections.abc import Iterator

import requests

from tests.chaos import trees
from tests.chaos.checks.history import Violation
from tests.chaos.ledger import FOLDER
from tests.chaos.world import World

ROWS = {
    "running jobs": "SELECT count(*) FROM live WHERE state = 2",
    "sessions that never ended": "SELECT count(*) FROM node_session WHERE ended_at IS NULL",
    "connections": "SELECT count(*) FROM pg_stat_activity WHERE usename = 'memberhall_node'",
}


def left_behind(world: World) -> Iterator[Violation]:
    """Everything that is still there though every node has drained and left."""
    for what, statement in ROWS.items():
        if number := world.value(statement):
            yield Violation("remains", "", f"{number} {what}")
    for pid in trees.with_variable(FOLDER, str(world.folder)):
        yield Violation("remains", "", f"process {pid} still runs")
    queues = requests.get(f"{world.broker.api_url}/api/queues", timeout=10).json()
    for queue in queues:
        if queue["name"].startswith(("node.", "reply.node.")):
            yield Violation("remains", "", f"queue {queue['name']}")
