"""A worker process: runs one job after the other and tells the agent how each ended.

Whatever a handler does to this process hurts only the job it runs: the agent sees the death, and
the jobs behind it go to another worker. A process that a handler leaves in doubt (it forked, left
threads behind, ran out of memory) tells the outcome and ends, so that the next job gets a new one.
"""

import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

from chassis import config
from chassis.jobkinds import JobKind
from chassis.logs import bind, log, start_logging
from services.jobs.node.asking import Asker
from services.jobs.node.channel import Channel
from services.jobs.node.kinds import load_kinds
from services.jobs.node.lifeline import die_with_parent
from services.jobs.node.memory import limit_memory
from services.jobs.node.performing import Words, perform
from services.jobs.node.progress import Progress
from services.jobs.node.runs import UNSTARTED, Claimed, Outcome
from services.jobs.node.settings import NodeSettings, Options
from services.jobs.node.telling import Teller
from services.jobs.node.worker import LINE, READY, SAID

OWN_THREADS = 2


class Child:
    """The worker's side: what it was given, and what it tells."""

    def __init__(
        self, agent: Channel, progress: Progress, kinds: Mapping[int, JobKind], asker: Asker
    ) -> None:
        self._agent = agent
        self._progress = progress
        self._kinds = kinds
        self._asker = asker
        self._teller = Teller(agent)
        self._words = Words(progress.say, self._keep)
        self._pid = os.getpid()
        self._ordinal = 0
        self._line_no = 0
        self._doubt: str | None = None  # why this process should not run another job
        os.register_at_fork(after_in_parent=self._forked)

    def work(self) -> None:
        """Run batches until the agent has no more to give, or this process is in doubt."""
        self._teller.tell(READY)
        while self._doubt is None:
            batch = [Claimed._make(row) for row in self._agent.receive()]
            while batch and self._doubt is None:
                outcome = self._run(batch.pop(0))
                self._teller.ended(outcome, is_last=not batch or self._doubt is not None)
        log.warning("worker process is replaced", reason=self._doubt)

    def _run(self, claimed: Claimed) -> Outcome:
        self._ordinal += 1
        if not self._progress.start():
            self._progress.finish()
            return Outcome(self._ordinal, UNSTARTED, None, 0.0)
        said, self._line_no = self._progress.times_said, 0
        end = perform(claimed, self._kinds, self._asker, self._words)
        if os.getpid() != self._pid:
            os._exit(0)  # a fork of the handler's came back; its parent answers for the job
        if self._progress.times_said != said and (last := self._progress.said()):
            self._teller.tell(SAID, self._ordinal, *last)
        self._progress.finish()
        if end.ran_out:
            self._doubt = "a handler ran out of memory"
        elif left := _left_behind():
            self._doubt = f"a handler left threads behind: {left}"
        return Outcome(self._ordinal, end.verdict, end.text, end.seconds)

    def _keep(self, text: str) -> None:
        """Lines go at once: they are few, and one that waited would wait as long as its job."""
        self._line_no += 1
        self._teller.tell(LINE, self._ordinal, self._line_no, time.time(), text)

    def _forked(self) -> None:
        self._doubt = "a handler forked"


def _left_behind() -> list[str]:
    """Threads that would keep the process from ending; daemons belong to libraries."""
    if threading.active_count() <= OWN_THREADS:
        return []
    main = threading.main_thread()
    return [each.name for each in threading.enumerate() if each is not main and not each.daemon]


def main(arguments: list[str]) -> None:
    """Arguments: descriptors of channel and progress, the agent's pid, options, kinds by id."""
    channel, words, parent, options_text, ids = arguments
    die_with_parent(signal.SIGKILL, int(parent))
    # A terminal's Ctrl-C and the orchestrator's SIGTERM are for the agent to answer.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    options = Options.from_text(options_text)
    settings = config.load(NodeSettings, "node", os.environ)
    start_logging("node", settings.log_level)
    bind(node=options.name)
    by_name = load_kinds(options.tasks)
    kinds: dict[int, Any] = {int(each): by_name[name] for each, name in json.loads(ids).items()}
    agent = Channel(socket.socket(fileno=int(channel)))
    limit_memory(options.memory)
    try:
        Child(agent, Progress(int(words)), kinds, Asker(settings)).work()
    except (EOFError, ConnectionResetError):
        log.debug("the agent has no more to give")
    sys.stdout.flush()
    os._exit(0)  # whatever threads a handler left behind


if __name__ == "__main__":
    main(sys.argv[1:])
