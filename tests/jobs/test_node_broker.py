"""A node whose broker goes away and comes back hears again, without being started anew."""

import json
from collections.abc import Callable

import pytest
from kombu import Connection, Exchange

from chassis.wire import CALLS, EVENTS
from console.servers import Broker
from services.jobs.events import SonarPinged, WorkReady
from tests.jobs.core import Core
from tests.jobs.node_process import NodeProcess, until
from tests.jobs.running import StartNode

Enqueue = Callable[..., int]


def declared(broker: Broker) -> None:
    """The exchanges, as the installation declares them."""
    with Connection(broker.url) as connection:
        for name in (EVENTS, CALLS):
            Exchange(name, type="topic", durable=True)(connection).declare()


def tell(broker: Broker, wire: str, **body: object) -> None:
    with Connection(broker.url) as connection:
        producer = connection.Producer()
        producer.publish(
            json.dumps(body).encode(), exchange=EVENTS, routing_key=wire, type=wire,
            content_type="application/json", content_encoding="utf-8",
        )  # fmt: skip


def hears(node: NodeProcess, times: int) -> bool:
    """Whether the node has connected so often."""
    told = node.log.read_text().splitlines()
    return sum('"broker connected"' in line for line in told) >= times


@pytest.fixture
def node(start_node: StartNode, own_broker: Broker) -> NodeProcess:
    declared(own_broker)
    node = start_node(workers=1, broker_url=own_broker.url)
    until(lambda: hears(node, 1))
    return node


def test_c1_a_node_hears_again_when_its_broker_is_back(
    core: Core, node: NodeProcess, own_broker: Broker, enqueue: Enqueue
) -> None:
    session = core.value("SELECT session_id FROM node_session")
    for times in (1, 2):
        until(lambda times=times: hears(node, times), 30)
        tell(own_broker, SonarPinged.wire)
        job = enqueue("echo")
        tell(own_broker, WorkReady.wire, kinds=["tests.echo"])
        until(lambda job=job: core.done(job), 4)
        own_broker.kill()
        alone = enqueue("echo")
        until(lambda alone=alone: core.done(alone), 10)
        own_broker.start()
        declared(own_broker)
    assert core.value("SELECT max(session_id) FROM node_session") == session
    assert node.process.poll() is None
