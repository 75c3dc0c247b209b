"""PgQueuer on an asyncpg pool; `python pgqueuer_app.py BATCH` is its worker."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Callable

import asyncpg
import psycopg
from body import run
from pgqueuer import PgQueuer
from pgqueuer.db import AsyncpgDriver, SyncPsycopgDriver
from pgqueuer.queries import Queries, SyncQueries

CHUNK = 1000
URL = os.environ["BENCH_POSTGRES"]


def prepare() -> None:
    asyncio.run(_install())


def preload(number: int, work: str) -> None:
    asyncio.run(_enqueue(number, work))


def sender() -> Callable[[str, int, int], object]:
    queries = SyncQueries(SyncPsycopgDriver(psycopg.connect(URL, autocommit=True)))
    return lambda *asked: queries.enqueue("bench", json.dumps(asked).encode())


async def work(batch: int) -> None:
    """A worker, until SIGTERM."""
    pool = await asyncpg.create_pool(URL, min_size=2, max_size=8)
    queuer = PgQueuer.from_asyncpg_pool(pool)

    @queuer.entrypoint("bench")
    async def job(asked):
        run(*json.loads(asked.payload))

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, queuer.shutdown.set)
    await queuer.run(batch_size=batch)


async def _install() -> None:
    await (await _queries()).install()


async def _enqueue(number: int, work: str) -> None:
    queries = await _queries()
    for first in range(0, number, CHUNK):
        payloads = [
            json.dumps([work, each, time.monotonic_ns()]).encode()
            for each in range(first, min(number, first + CHUNK))
        ]
        await queries.enqueue(["bench"] * len(payloads), payloads, [0] * len(payloads))


async def _queries() -> Queries:
    return Queries(AsyncpgDriver(await asyncpg.connect(URL)))


if __name__ == "__main__":
    asyncio.run(work(int(sys.argv[1])))
