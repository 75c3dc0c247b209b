"""A worker process: runs one job after the other and tells the agent how each ended.

Whatever a handler does to this process hurts only the job it runs: the agent sees the death, and
the jobs behind it go to another worker.
"""

import json
import os
import re
import signal
import sys
import time
import traceback
from collections.abc import Mapping
from multiprocessing.connection import Connection
from typing import Any, NamedTuple
from uuid import UUID

from chassis import config
from chassis.jobkinds import Job, JobKind
from chassis.logs import bind, start_logging
from services.jobs.node.asking import Asker
from services.jobs.node.kinds import load_kinds
from services.jobs.node.lifeline import die_with_parent
from services.jobs.node.progress import Progress
from services.jobs.node.settings import NodeSettings, Options
from services.jobs.node.store import Claimed

READY = "ready"
SEND_AFTER = 0.005  # seconds that an outcome may wait for others of its batch
MOST_RESULT = 262_144  # bytes of JSON
MOST_ERROR = 4_000  # characters; the end of a traceback says most
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")  # in JSON text; PostgreSQL cannot store it


class Outcome(NamedTuple):
    """How one run ended: `text` is the result as JSON (None for none) or the error."""

    job_id: int
    succeeded: bool
    text: str | None
    seconds: float


def work(agent: Connection, progress: Progress, kinds: Mapping[int, JobKind], asker: Asker) -> None:
    """Run batches until the agent closes the pipe."""
    while True:
        batch = agent.recv()
        outcomes: list[tuple[Any, ...]] = []
        sent = time.monotonic()
        for row in batch:
            progress.start()
            outcomes.append(tuple(perform(Claimed._make(row), kinds, asker)))
            progress.finish()
            if time.monotonic() - sent > SEND_AFTER:
                agent.send(outcomes)
                outcomes, sent = [], time.monotonic()
        if outcomes:
            agent.send(outcomes)


def perform(claimed: Claimed, kinds: Mapping[int, JobKind], asker: Asker) -> Outcome:
    """Run one job's handler; nothing that it raises passes beyond."""
    started = time.perf_counter()
    try:
        declared = kinds[claimed.kind_id]
        text = result_text(declared.handler(_job(claimed, declared.name, asker)))
    except BaseException as error:  # noqa: BLE001 - whatever a handler raises is why its job failed
        return Outcome(claimed.id, False, error_text(error), time.perf_counter() - started)
    return Outcome(claimed.id, True, text, time.perf_counter() - started)


def result_text(result: object) -> str | None:
    """A handler's result as JSON that PostgreSQL can store; raises for any other."""
    if result is None:
        return None
    if not isinstance(result, dict):
        raise TypeError(f"the result is of type {type(result).__name__}, must be a dict or None")
    try:
        text = json.dumps(result, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        size = len(text.encode())
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"the result cannot be written as JSON: {error}") from error
    if size > MOST_RESULT:
        raise ValueError(f"the result has {size} bytes as JSON, at most {MOST_RESULT} are kept")
    if _NUL.search(text):
        raise ValueError("the result contains the character NUL")
    return text


def error_text(error: BaseException) -> str:
    """The reason and where it happened, as text that any database can store."""
    try:
        lines = traceback.format_exception(error)
    except Exception:  # noqa: BLE001 - an exception may be too broken to print itself
        lines = [f"{type(error).__name__} (its message cannot be read)"]
    text = f"{lines[-1].strip()}\n{''.join(lines)[-MOST_ERROR:]}"
    return text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


def _job(claimed: Claimed, kind: str, asker: Asker) -> Job:
    return Job(
        uid=UUID(claimed.uid),
        id=claimed.id,
        run_no=claimed.run_no,
        attempt=claimed.attempt,
        kind=kind,
        args=json.loads(claimed.args),
        request_id=claimed.request_id or f"job-{claimed.uid}",
        ask=asker.for_job(claimed),
    )


def main(arguments: list[str]) -> None:
    """Arguments: descriptors of pipe and progress, the agent's pid, options, names by kind id."""
    pipe, words, parent, options_text, ids = arguments
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
    agent = Connection(int(pipe))
    agent.send(READY)
    try:
        work(agent, Progress(int(words)), kinds, Asker(settings))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        sys.exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
