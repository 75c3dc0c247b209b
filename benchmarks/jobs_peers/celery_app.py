"""Celery, at least once: late acknowledgement, persistent messages, confirmed publishing."""

import os
from collections.abc import Callable

from body import run
from celery import Celery

app = Celery("bench", broker=os.environ["BENCH_AMQP"])
app.conf.update(
    task_default_queue="bench",
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_default_delivery_mode=2,
    broker_transport_options={"confirm_publish": os.environ["BENCH_CONFIRM"] == "1"},
    worker_prefetch_multiplier=int(os.environ["BENCH_PREFETCH"]),
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
)
connection = app.connection_for_write()


@app.task(name="bench.job")
def job(work: str, number: int, due_ns: int) -> None:
    run(work, number, due_ns)


def sender() -> Callable[[str, int, int], object]:
    """One producer on one connection, kept open."""
    producer = app.amqp.Producer(connection, auto_declare=False)
    return lambda *asked: job.apply_async(asked, producer=producer)


def close() -> None:
    connection.close()
