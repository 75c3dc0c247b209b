"""Procrastinate, with finished jobs deleted, which is its quicker setting."""

import asyncio
import os
import time
from collections.abc import Callable

import procrastinate
from body import run

CHUNK = 1000
URL = os.environ["BENCH_POSTGRES"]

app = procrastinate.App(
    connector=procrastinate.PsycopgConnector(conninfo=URL, min_size=4, max_size=24)
)
blocking = procrastinate.App(connector=procrastinate.SyncPsycopgConnector(conninfo=URL))


@app.task(name="bench_job", queue="bench")
async def job(work: str, number: int, due_ns: int) -> None:
    run(work, number, due_ns)


def prepare() -> None:
    with blocking.open():
        blocking.schema_manager.apply_schema()


def preload(number: int, work: str) -> None:
    asyncio.run(_defer(number, work))


def sender() -> Callable[[str, int, int], object]:
    blocking.open()
    task = blocking.configure_task("bench_job", queue="bench")
    return lambda work, number, due: task.defer(work=work, number=number, due_ns=due)


async def _defer(number: int, work: str) -> None:
    async with app.open_async():
        for first in range(0, number, CHUNK):
            jobs = [
                {"work": work, "number": each, "due_ns": time.monotonic_ns()}
                for each in range(first, min(number, first + CHUNK))
            ]
            await job.configure(queue="bench").batch_defer_async(*jobs)
