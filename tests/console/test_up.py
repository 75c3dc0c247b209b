"""`memberhall up`, `status` and `down` on a home of their own, as an operator runs them."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.servers.machine import is_alive, wait_until
from tests.console.test_servers import processes_of

MEMBERHALL = str(Path(sys.executable).parent / "memberhall")
WORK = '{"service": "jobs", "method": "clock"}'


class Operator:
    """Somebody at a shell, whose suite lives in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def types(self, *words: str, timeout: float = 120) -> "subprocess.CompletedProcess[str]":
        kept = {name: text for name, text in os.environ.items() if "MEMBERHALL" not in name}
        environ = {**kept, "MEMBERHALL_HOME": str(self.folder)}
        return subprocess.run(
            [MEMBERHALL, *words],
            env=environ,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def sees(self) -> dict[str, int]:
        """The processes that `status` calls ready, with their numbers."""
        shown = self.types("status").stdout
        return {name: int(pid) for name, pid in re.findall(r"(?m)^(\w+) +(\d+)  ready", shown)}


@pytest.fixture(scope="module")
def operator(own_folder: Path) -> Iterator[Operator]:
    operator = Operator(own_folder / "home")
    up = operator.types("up")
    try:
        assert up.returncode == 0, up.stdout + up.stderr
        assert "demo / demo" in up.stdout
        yield operator
    finally:
        operator.types("down")


def test_everything_is_ready_and_up_again_changes_nothing(operator: Operator) -> None:
    ready = operator.sees()
    assert {"auth", "billing", "jobs", "node", "gateway", "sandbox"} <= ready.keys()
    assert operator.types("up").returncode == 0
    assert operator.sees() == ready


def test_a_killed_process_is_started_again(operator: Operator) -> None:
    killed = operator.sees()["affiliates"]
    os.kill(killed, signal.SIGKILL)
    assert wait_until(lambda: operator.sees().get("affiliates", killed) != killed, timeout=30)


def test_the_clock_moves_on_for_the_whole_suite(operator: Operator) -> None:
    assert "86400 s ahead" in operator.types("clock", "advance", "1d").stdout


def test_a_wrong_time_is_refused_with_an_example(operator: Operator) -> None:
    refused = operator.types("clock", "advance", "soon")
    assert refused.returncode == 2
    assert "36h" in refused.stderr


def test_offline_work_is_asked_for_watched_and_seen(operator: Operator) -> None:
    asked = operator.types("jobs", "enqueue", "jobs.call_command", "--args", WORK, "--json")
    uid = json.loads(asked.stdout)["uid"]

    watched = operator.types("jobs", "watch", "--kind", "jobs.call_command", "--for", "60s")
    assert watched.returncode == 0, watched.stdout + watched.stderr
    assert "100 %" in watched.stdout.splitlines()[-1]
    seen = json.loads(operator.types("jobs", "show", uid, "--json").stdout)
    assert (seen["uid"], seen["state"]) == (uid, "succeeded")


def test_a_paused_kind_waits_until_it_may_go_on(operator: Operator) -> None:
    assert operator.types("jobs", "pause", "kind", "jobs.call_command").returncode == 0
    operator.types("jobs", "enqueue", "jobs.call_command", "--args", WORK)
    waiting = operator.types("jobs", "watch", "--kind", "jobs.call_command", "--for", "0s")
    assert waiting.returncode == 1
    assert "paused: jobs.call_command" in waiting.stdout

    assert operator.types("jobs", "resume", "kind", "jobs.call_command").returncode == 0
    watched = operator.types("jobs", "watch", "--kind", "jobs.call_command", "--for", "60s")
    assert watched.returncode == 0


def test_somebody_leads_and_the_node_is_there(operator: Operator) -> None:
    seen = json.loads(operator.types("jobs", "overview", "--json").stdout)
    assert seen["leader"]["term"] >= 1
    assert [node["state"] for node in seen["nodes"]] == ["live"]


def test_a_refusal_of_the_service_says_what_is_wrong(operator: Operator) -> None:
    refused = operator.types("jobs", "enqueue", "jobs.unknown")
    assert refused.returncode == 1
    assert "kind: is not declared by any service" in refused.stderr


def test_there_are_no_dead_letters(operator: Operator) -> None:
    listed = operator.types("dead-letters", "list", "billing")
    assert (listed.returncode, listed.stdout) == (0, "")


def test_down_leaves_nothing_running_and_the_next_start_is_quick(operator: Operator) -> None:
    pids = operator.sees().values()
    assert operator.types("down").returncode == 0
    assert not [pid for pid in pids if is_alive(pid)]
    assert processes_of(operator.folder) == []
    assert operator.types("status").returncode == 1
    began = time.monotonic()
    assert operator.types("up").returncode == 0
    # Twenty seconds on a quiet machine; here other tests run beside it.
    assert time.monotonic() - began < 60
