"""One run: a handler is called, and whatever comes of it is turned into an outcome."""

import json
import re
import time
import traceback
from collections.abc import Callable, Mapping
from typing import NamedTuple
from uuid import UUID

from chassis.jobkinds import Job, JobKind
from services.jobs.node.asking import Asker
from services.jobs.node.runs import FAILED, SUCCEEDED, Claimed

MOST_RESULT = 262_144  # bytes of JSON
MOST_ERROR = 4_000  # characters; the end of a traceback says most
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")  # in JSON text; PostgreSQL cannot store it


class End(NamedTuple):
    """How a handler ended; `ran_out` is whether for want of memory."""

    verdict: str
    text: str | None
    seconds: float
    ran_out: bool


class Words(NamedTuple):
    """Where a job's progress (percent, note) and lines go."""

    progress: Callable[[float, str], None]
    line: Callable[[str], None]


def perform(claimed: Claimed, kinds: Mapping[int, JobKind], asker: Asker, words: Words) -> End:
    """Run one job's handler between its kind's hooks; nothing that it raises passes beyond."""
    started = time.perf_counter()
    try:
        declared = kinds[claimed.kind_id]
        text = result_text(declared.run(_job(claimed, declared.name, asker, words)))
    except BaseException as error:  # noqa: BLE001 - whatever a handler raises is why its job failed
        ran_out = isinstance(error, MemoryError)
        return End(FAILED, error_text(error), time.perf_counter() - started, ran_out)
    return End(SUCCEEDED, text, time.perf_counter() - started, False)


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
    reason = lines[-1].strip()[:MOST_ERROR]
    text = f"{reason}\n{''.join(lines)[-MOST_ERROR:]}"
    return text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


def _job(claimed: Claimed, kind: str, asker: Asker, words: Words) -> Job:
    return Job(
        uid=UUID(claimed.uid),
        id=claimed.id,
        run_no=claimed.run_no,
        attempt=claimed.attempt,
        kind=kind,
        args=json.loads(claimed.args),
        request_id=claimed.request_id or f"job-{claimed.uid}",
        ask=asker.for_job(claimed),
        version=claimed.version,
        tags=tuple(claimed.tags or ()),
        group_id=UUID(claimed.group_id) if claimed.group_id else None,
        tell_progress=words.progress,
        keep_line=words.line,
    )
