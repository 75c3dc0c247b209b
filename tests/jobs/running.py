"""Real nodes at work, as tests speak of them."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.jobs.core import Core
from tests.jobs.node_process import NodeProcess, until

StartNode = Callable[..., NodeProcess]


@pytest.fixture
def start_node(core: Core, node_url: str, tmp_path: Path) -> Iterator[StartNode]:
    """Start a node and wait until it has joined; all are gone at the end."""
    started: list[NodeProcess] = []

    def start(name: str = "anna", workers: int = 2, **more: Any) -> NodeProcess:
        log = tmp_path / f"{name}.log"
        last = core.value("SELECT coalesce(max(session_id), 0) FROM node_session")
        started.append(NodeProcess(node_url, log, name=name, workers=workers, **more))
        joined = "SELECT 1 FROM node_session WHERE node_name = %s AND session_id > %s"
        until(lambda: core.rows(joined, name, last))
        return started[-1]

    yield start
    for node in started:
        node.kill_all()
        sys.stdout.write(node.log.read_text())  # pytest shows it where the test failed


@pytest.fixture
def enqueue(core: Core, tmp_path: Path) -> Callable[..., int]:
    """Enqueue a job of a test kind for now; returns its id. `job` are its further fields."""

    def enqueue_one(kind: str, job: dict[str, Any] | None = None, **args: object) -> int:
        now = core.value("SELECT clock_timestamp()")
        args = {"witness": str(tmp_path / "witness"), **args}
        asked = {"kind": f"tests.{kind}", "args": args, **(job or {})}
        [accepted] = core.enqueue(asked, now=now)
        return int(accepted.job_id)

    return enqueue_one


@pytest.fixture
def ran(tmp_path: Path) -> Callable[[], list[list[str]]]:
    """What the handlers themselves wrote down: word, name, run number, process."""

    def read() -> list[list[str]]:
        path = tmp_path / "witness"
        return [line.split() for line in path.read_text().splitlines()] if path.exists() else []

    return read


def tidied(core: Core) -> bool:
    """The housekeeping that the leader does every moment."""
    core.rows("SELECT * FROM promote(1000)")
    core.rows("SELECT * FROM rescue(1000)")
    return True


def outcome_of(core: Core, job: int, seconds: float = 20.0) -> tuple[int, str | None]:
    """How a job ended, waiting for it."""
    until(lambda: tidied(core) and core.done(job), seconds)
    done = core.done(job)
    return done.outcome, done.error
