"""Kinds for the node's tests: good ones, and every way to misbehave."""

import ctypes
import os
import time
from pathlib import Path
from typing import Any

from chassis.jobkinds import Backoff, Job, kind

AT_ONCE = Backoff(base=0.0, cap=0.0)


def witness(job: Job, word: str) -> None:
    """Leave a line that survives whatever happens to this process."""
    if path := job.args.get("witness"):
        with Path(path).open("a") as file:
            file.write(f"{word} {job.args.get('name', job.id)} {job.run_no} {os.getpid()}\n")


@kind("tests.echo", timeout=5)
def echo(job: Job) -> dict[str, Any]:
    witness(job, "ran")
    return {"said": job.args.get("say"), "fence": job.fence}


@kind("tests.nothing", timeout=5)
def nothing(job: Job) -> None:
    return None


@kind("tests.sleep", timeout=60, attempts=3, backoff=AT_ONCE)
def sleep(job: Job) -> None:
    witness(job, "started")
    time.sleep(job.args["seconds"])
    witness(job, "ended")


@kind("tests.fail", attempts=2, backoff=AT_ONCE)
def fail(job: Job) -> None:
    raise ValueError("no such invoice\x00\ud800")


@kind("tests.segfault", attempts=2, backoff=AT_ONCE)
def segfault(job: Job) -> None:
    ctypes.string_at(0)


@kind("tests.exit", attempts=2, backoff=AT_ONCE)
def leave_at_once(job: Job) -> None:
    os._exit(7)


@kind("tests.hang", timeout=1, attempts=2, backoff=AT_ONCE)
def hang(job: Job) -> None:
    while True:
        pass


@kind("tests.unserialisable", attempts=1)
def unserialisable(job: Job) -> Any:
    return {"value": {1, 2}} if job.args.get("set") else {"value": "a\x00b"}
