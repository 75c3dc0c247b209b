"""What users complain of when the broker or the database goes away: deafness, loss, silence.

Real processes on servers of their own: two jobs services and a node.
"""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from chassis.errors import Failure
from tests.chaos.nodes import Node, Nodes
from tests.chaos.world import World
from tests.processes import until


@pytest.fixture(scope="module")
def world(own_folder: Path) -> Iterator[World]:
    world = World(own_folder, seed=1)
    try:
        world.start()
        yield world
    finally:
        world.stop()


@pytest.fixture(scope="module")
def node(world: World) -> Iterator[Node]:
    nodes = Nodes(world)
    yield nodes.add("anna").wait_until_ready()
    nodes.stop()


def enqueue(world: World, kind: str, **args: Any) -> uuid.UUID | None:
    """Ask for a job; returns its uid where it was accepted, None where nobody said so."""
    uid = uuid.uuid4()
    try:
        world.ask("enqueue", uid=uid, kind=kind, args=args)
    except Failure:
        return None
    return uid


def stored(world: World) -> set[uuid.UUID]:
    rows = world.rows("SELECT uid FROM live UNION ALL SELECT uid FROM done")
    return {uuid.UUID(str(row[0])) for row in rows}


def succeeded(world: World, uid: uuid.UUID | None) -> bool:
    return bool(world.rows("SELECT 1 FROM done WHERE uid = %s AND outcome = 1", str(uid)))


@pytest.mark.usefixtures("node")
def test_c2_no_delivery_is_held_while_a_job_runs_so_no_time_limit_of_the_broker_counts(
    world: World,
) -> None:
    uids = [enqueue(world, "chaos.linger") for _ in range(12)]
    until(lambda: world.rows("SELECT 1 FROM live WHERE state = 2"), 20, "a job runs")
    listed = world.broker.control("list_queues", "name", "messages_unacknowledged", "--quiet")
    assert world.rows("SELECT 1 FROM live WHERE state = 2"), "jobs ran all the while"
    queues = dict(line.split() for line in listed.splitlines()[1:])
    assert len(queues) > 3
    assert set(queues.values()) == {"0"}
    until(lambda: all(succeeded(world, uid) for uid in uids), 60, "the jobs end")


@pytest.mark.usefixtures("node")
def test_c6_what_was_accepted_is_stored_though_the_broker_was_killed_meanwhile(
    world: World,
) -> None:
    with ThreadPoolExecutor(4) as askers:
        asked = [askers.submit(enqueue, world, "chaos.noop") for _ in range(600)]
        until(lambda: len(stored(world)) > 50, 20, "some are stored")
        world.broker.kill()
        world.broker.start()
        accepted = {uid for each in asked if (uid := each.result())}
    assert accepted, "some were accepted"
    assert accepted <= stored(world)
    again = enqueue(world, "chaos.noop")
    until(lambda: succeeded(world, again), 30, "work goes on")


def test_c31_after_a_crash_of_the_database_everybody_works_on_without_a_restart(
    world: World, node: Node
) -> None:
    agent = node.agent
    for _ in range(3):
        before = enqueue(world, "chaos.noop")
        world.postgres.kill()
        world.postgres.start()
        after = until(lambda: enqueue(world, "chaos.noop"), 30, "a job is accepted again")
        for uid in (before, after):
            until(lambda uid=uid: succeeded(world, uid), 30, "the job ends")
    assert node.agent == agent
    assert all(service.is_alive for service in world.services.values())
