"""Every process may run more than once: the replicas share the work, and nothing is done twice."""

from collections.abc import Iterator

import pytest
import requests

from chassis import registry
from console.journey import Journey
from tests.flows.test_a_members_journey import ONE_OF_EACH, counts
from tests.suite import Suite

SERVICES = [entry.name for entry in registry.services()]


@pytest.fixture
def twins(suite: Suite) -> Iterator[list[str]]:
    """A second process of each service, of the node and of the gateway, stopped in order after."""
    names = [f"{name} 2" for name in (*SERVICES, "node", "gateway")]
    for name in names:
        suite.launch(name.removesuffix(" 2"), known_as=name)
    for name in names:
        suite.processes[name].wait_until_ready(40)
    yield names
    for name in names:
        assert suite.processes.pop(name).terminate() == 0, f"{name} did not drain"


def answered(suite: Suite, name: str) -> float:
    """How many calls a process has answered, by its own metrics."""
    url = suite.processes[name].ready_url.replace("/ready", "/metrics")
    lines = requests.get(url, timeout=10).text.splitlines()
    counted = [line for line in lines if line.startswith("memberhall_rpc_answers_total{")]
    return sum(float(line.rsplit(" ", 1)[1]) for line in counted)


def test_two_of_everything_share_the_work_and_do_it_once(suite: Suite, twins: list[str]):
    journey = Journey(site=suite.site, sandbox=suite.sandbox)
    for step in journey.steps():
        step()
    before = {name: answered(suite, name) for name in (*SERVICES, *twins[: len(SERVICES)])}
    for name in SERVICES:
        for _ in range(10):
            suite.ask(name, "clock_reading")
    suite.settled()

    assert counts(suite, journey) == ONE_OF_EACH
    assert all(answered(suite, name) > count for name, count in before.items())
