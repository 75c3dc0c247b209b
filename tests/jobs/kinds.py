"""Kinds for the node's tests: good ones, and every way to misbehave."""

import ctypes
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from chassis.jobkinds import Backoff, Concurrency, Hooks, Job, kind

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


@kind("tests.bomb", attempts=2, backoff=AT_ONCE)
def bomb(job: Job) -> None:
    """Takes memory until there is none, in steps or in leaps."""
    taken = []
    while True:
        taken.append(bytearray(job.args["megabytes"] * 1024 * 1024))


@kind("tests.hide_memory", attempts=1, timeout=30)
def hide_memory(job: Job) -> None:
    """Takes memory that no limit of the process counts: shared pages."""
    import mmap

    held = mmap.mmap(-1, job.args["megabytes"] * 1024 * 1024)
    for page in range(0, len(held), 4096):
        held[page] = 1
    time.sleep(20)


@kind("tests.sys_exit", attempts=2, backoff=AT_ONCE)
def sys_exit(job: Job) -> None:
    sys.exit(3)


@kind("tests.fork", attempts=2, backoff=AT_ONCE)
def fork(job: Job) -> dict[str, Any]:
    """A child that comes back out of the handler as if it were the worker."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
    witness(job, "parent" if child else "child")
    return {"is_child": child == 0}


@kind("tests.leave_thread", attempts=2, backoff=AT_ONCE)
def leave_thread(job: Job) -> None:
    witness(job, "left")
    threading.Thread(target=time.sleep, args=(60,)).start()


@kind("tests.leave_process", timeout=5)
def leave_process(job: Job) -> dict[str, Any]:
    """Leaves a process behind and kills its own."""
    left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    witness(job, str(left.pid))
    os._exit(9)


@kind("tests.scribble", attempts=2, backoff=AT_ONCE)
def scribble(job: Job) -> None:
    """Writes into every descriptor that it finds."""
    for number in range(3, 64):
        try:
            os.write(number, b"hello, who is there? " * 10)
        except OSError:
            continue
    time.sleep(30)


@kind("tests.close_all", attempts=2, backoff=AT_ONCE)
def close_all(job: Job) -> None:
    os.closerange(3, 256)


@kind("tests.measure", timeout=5)
def measure(job: Job) -> dict[str, Any]:
    return {"length": len(job.args["text"])}


@kind("tests.now_and_then_slow", timeout=30, attempts=2, backoff=AT_ONCE)
def now_and_then_slow(job: Job) -> None:
    """Quick, but for one that says so."""
    witness(job, "started")
    time.sleep(job.args.get("seconds", 0))


@kind("tests.talk", timeout=20, versions=(1, 3))
def talk(job: Job) -> dict[str, Any]:
    """Says how far it is, keeps lines, and tells what it was given."""
    job.log("begun", step=1)
    for percent in range(50):
        job.progress(percent, f"at {percent}")
    witness(job, "halfway")
    while not Path(job.args["go_on"]).exists():
        time.sleep(0.01)
    job.log("ending \x00")
    job.progress(99.5, "nearly")
    return {
        "version": job.version,
        "tags": list(job.tags),
        "group": str(job.group_id) if job.group_id else None,
    }


def _starting(job: Job) -> None:
    witness(job, "starting")
    if job.args.get("break") == "starting":
        raise ValueError("not today")


def _finishing(job: Job, error: BaseException | None) -> None:
    witness(job, f"finishing:{type(error).__name__}")
    if job.args.get("break") == "finishing":
        raise ValueError("cannot finish")


@kind("tests.hooked", attempts=1, hooks=Hooks(starting=_starting, finishing=_finishing))
def hooked(job: Job) -> None:
    witness(job, "ran")


@kind("tests.one_at_a_time", timeout=20, concurrency=Concurrency(key=("key",)))
def one_at_a_time(job: Job) -> None:
    witness(job, "started")
    time.sleep(job.args["seconds"])
    witness(job, "ended")


@kind("tests.burn", timeout=60)
def burn(job: Job) -> None:
    """Computes without ever giving anybody a chance."""
    end = time.monotonic() + job.args["seconds"]
    while time.monotonic() < end:
        pass


@kind("tests.brief", timeout=10, attempts=10, backoff=AT_ONCE)
def brief(job: Job) -> None:
    time.sleep(0.002)
