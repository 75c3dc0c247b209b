"""The load's kinds of work: useful, slow, stumbling, failing, limited, with an effect; and poison.

Nodes load this module by `--tasks tests.chaos.kinds`.
"""

import ctypes
import os
import time
from typing import Any

import psycopg2

from chassis.jobkinds import Backoff, Concurrency, Job, Rate, kind
from tests.chaos.ledger import seen

EFFECT_URL = "CHAOS_EFFECT_URL"
SOON = Backoff(base=0.2, factor=2.0, cap=3.0)
AT_ONCE = Backoff(base=0.0, cap=0.0)
OFTEN = 40  # attempts of what has to succeed in the end, however often its nodes are killed
MOST_MEMORY = 3 * 2**30  # bytes at which a body gives up looking for its limit
PER_SECOND, BURST = 8.0, 4  # of the kind with a rate
NO_LIMIT = "nothing limits the memory"

# What may end dead; everything else has to succeed.
DYING = frozenset(
    f"chaos.{name}"
    for name in ("fail", "segfault", "bomb", "wrong_result", "wrong_text", "leave", "hang")
)


@kind("chaos.noop", timeout=20, attempts=OFTEN, backoff=SOON)
def noop(job: Job) -> None:
    with seen(job):
        return


@kind("chaos.sleep", timeout=20, attempts=OFTEN, backoff=SOON)
def sleep(job: Job) -> None:
    with seen(job):
        time.sleep(0.05)


@kind("chaos.linger", timeout=20, attempts=OFTEN, backoff=SOON)
def linger(job: Job) -> None:
    """Long enough for a fault to hit it."""
    with seen(job):
        time.sleep(1.5)


@kind("chaos.stumble", timeout=20, attempts=OFTEN, backoff=SOON)
def stumble(job: Job) -> None:
    with seen(job):
        if job.attempt == 1:
            raise ValueError("the first attempt always fails")


@kind("chaos.fail", timeout=20, attempts=2, backoff=SOON)
def fail(job: Job) -> None:
    with seen(job):
        raise ValueError("every attempt fails")


@kind(
    "chaos.keyed",
    timeout=20,
    attempts=OFTEN,
    backoff=SOON,
    concurrency=Concurrency(key=("key",), limit=1),
)
def keyed(job: Job) -> None:
    with seen(job):
        time.sleep(0.01)


@kind("chaos.capped", timeout=20, attempts=OFTEN, backoff=SOON, max_assigned=2)
def capped(job: Job) -> None:
    with seen(job):
        time.sleep(0.01)


@kind("chaos.unique", timeout=20, attempts=OFTEN, backoff=SOON, unique=("key",))
def unique(job: Job) -> None:
    with seen(job):
        time.sleep(0.02)


@kind(
    "chaos.rated",
    timeout=20,
    attempts=OFTEN,
    backoff=SOON,
    rate=Rate(per_second=PER_SECOND, burst=BURST),
)
def rated(job: Job) -> None:
    with seen(job):
        return


@kind("chaos.dependent", timeout=20, attempts=OFTEN, backoff=SOON)
def dependent(job: Job) -> None:
    with seen(job):
        return


@kind("chaos.callback", timeout=20, attempts=OFTEN, backoff=SOON)
def callback(job: Job) -> None:
    with seen(job):
        return


@kind("chaos.unwanted", timeout=20, attempts=OFTEN, backoff=SOON)
def unwanted(job: Job) -> None:
    """Long enough to be cancelled in the middle of it."""
    with seen(job):
        time.sleep(1.0)


@kind("chaos.effect", timeout=20, attempts=OFTEN, backoff=SOON)
def effect(job: Job) -> None:
    """An effect that counts once: the row's key is the job's uid, so a repeat finds it there."""
    with seen(job):
        connection = psycopg2.connect(os.environ[EFFECT_URL], connect_timeout=3)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO chaos.effect (uid, fence) VALUES (%s, %s) ON CONFLICT (uid)"
                    " DO UPDATE SET times = effect.times + 1",
                    [str(job.uid), job.fence],
                )
        finally:
            connection.close()


@kind("chaos.versioned", timeout=20, attempts=OFTEN, backoff=SOON, versions=(1, 1))
def versioned(job: Job) -> None:
    with seen(job):
        _check_version(job, highest=1)


@kind("chaos.scheduled", timeout=20, attempts=OFTEN, backoff=SOON)
def scheduled(job: Job) -> None:
    with seen(job):
        return


@kind("chaos.segfault", timeout=20, attempts=2, backoff=AT_ONCE)
def segfault(job: Job) -> None:
    with seen(job):
        ctypes.string_at(0)


@kind("chaos.bomb", timeout=20, attempts=2, backoff=AT_ONCE)
def bomb(job: Job) -> None:
    with seen(job):
        hoard: list[bytearray] = []
        while len(hoard) * 2**26 < MOST_MEMORY:
            hoard.append(bytearray(2**26))
        raise RuntimeError(NO_LIMIT)


@kind("chaos.wrong_result", timeout=20, attempts=2, backoff=AT_ONCE)
def wrong_result(job: Job) -> Any:
    with seen(job):
        return {"value": {1, 2}}


@kind("chaos.wrong_text", timeout=20, attempts=2, backoff=AT_ONCE)
def wrong_text(job: Job) -> Any:
    with seen(job):
        return {"value": "a\x00b\ud800"}


@kind("chaos.leave", timeout=20, attempts=2, backoff=AT_ONCE)
def leave(job: Job) -> None:
    with seen(job):
        os._exit(7)


@kind("chaos.hang", timeout=1, attempts=2, backoff=AT_ONCE)
def hang(job: Job) -> None:
    with seen(job):
        while True:
            pass


@kind("chaos.fork", timeout=20, attempts=OFTEN, backoff=AT_ONCE)
def fork(job: Job) -> None:
    """A body that forks and waits, as subprocess-happy libraries do."""
    with seen(job):
        child = os.fork()
        if child == 0:
            time.sleep(0.2)
            os._exit(0)
        os.waitpid(child, 0)


def _check_version(job: Job, *, highest: int) -> None:
    if job.version > highest:
        raise RuntimeError(f"version {job.version} was given to a build that knows {highest}")
