"""The head of a node's process tree: starts the agent, and cleans up behind it when it dies.

It does nothing else, so that it has nothing to die of. When the agent is killed the supervisor ends
the whole process group and then the session, so that the jobs are elsewhere within a second; if the
supervisor dies too, the lease decides.
"""

import os
import signal
import subprocess
import sys
import time

from chassis.logs import log
from services.jobs.node.agent_process import CANNOT_START
from services.jobs.node.settings import NodeSettings, Options
from services.jobs.node.store import Away, Store

GRACE_SECONDS = 30.0  # for draining; the orchestrator's must be longer
NOT_YET_THERE = -signal.SIGTERM  # exit status of an agent that was stopped before it could join
PAUSES = (0.1, 0.5, 1.0, 2.0, 5.0)  # seconds before starting an agent again


class Supervisor:
    """Runs one agent after the other until told to stop."""

    def __init__(self, options: Options, settings: NodeSettings) -> None:
        self._options = options
        self._store = Store(settings.database_url, f"node {options.name} supervisor")
        self._agent: subprocess.Popen[bytes] | None = None
        self._signals = 0

    def run(self) -> int:
        """Returns the exit status: 0 after a drain."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._told_to_stop())
        deaths = 0
        while True:
            started = time.monotonic()
            status = self._run_agent()
            if status == CANNOT_START:
                return status
            if self._signals:
                return 0 if status in (0, NOT_YET_THERE) else 1
            deaths = 0 if time.monotonic() - started > 60 else deaths + 1
            log.error("the agent died", status=status)
            time.sleep(PAUSES[min(deaths, len(PAUSES)) - 1])

    def _run_agent(self) -> int:
        """Start an agent and wait for its end; nothing of it is left afterwards."""
        told, tell = os.pipe()
        os.set_blocking(told, False)
        command = [
            sys.executable,
            "-m",
            "services.jobs.node.agent_process",
            str(os.getpid()),
            str(tell),
        ]
        agent = subprocess.Popen(
            [*command, self._options.as_text()], pass_fds=[tell], process_group=0
        )
        os.close(tell)
        self._agent = agent
        status = self._wait(agent)
        self._kill_group(agent.pid)
        self._end_sessions(_read_all(told))
        os.close(told)
        return status

    def _wait(self, agent: subprocess.Popen[bytes]) -> int:
        while True:
            try:
                return agent.wait(GRACE_SECONDS if self._signals else None)
            except subprocess.TimeoutExpired:
                log.error("the agent did not drain in time")
                self._kill_group(agent.pid)

    def _told_to_stop(self) -> None:
        """Once: drain. Twice: stop now."""
        self._signals += 1
        if self._agent is None:
            raise SystemExit(0)
        if self._signals == 1:
            self._agent.terminate()
        else:
            self._kill_group(self._agent.pid)

    def _kill_group(self, group: int) -> None:
        try:
            os.killpg(group, signal.SIGKILL)
        except ProcessLookupError:
            return

    def _end_sessions(self, sessions: list[int]) -> None:
        """Give what the agent held to others at once; ending an ended session changes nothing."""
        for session in sessions:
            try:
                taken = self._store.close_session(session, "dead")
                if taken:
                    log.info("jobs given back for the dead agent", session=session, jobs=taken)
            except Away as away:
                log.warning("the lease will end the session", session=session, reason=str(away))
        self._store.disconnect()


def _read_all(told: int) -> list[int]:
    try:
        return [int(line) for line in os.read(told, 65536).split()]
    except BlockingIOError:
        return []
