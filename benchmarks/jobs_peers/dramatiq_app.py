"""Dramatiq, at least once as it always is, with confirmed publishing."""

import os
from collections.abc import Callable

import dramatiq
from body import run
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.middleware import (
    AgeLimit,
    Callbacks,
    Pipelines,
    Retries,
    ShutdownNotifications,
    TimeLimit,
)

broker = RabbitmqBroker(
    url=os.environ["BENCH_AMQP"],
    confirm_delivery=os.environ["BENCH_CONFIRM"] == "1",
    middleware=[
        AgeLimit(),
        TimeLimit(),
        ShutdownNotifications(),
        Callbacks(),
        Pipelines(),
        Retries(),
    ],
)
dramatiq.set_broker(broker)


@dramatiq.actor(queue_name="bench", actor_name="bench_job", max_retries=3)
def job(work: str, number: int, due_ns: int) -> None:
    run(work, number, due_ns)


def sender() -> Callable[[str, int, int], object]:
    return job.send


def close() -> None:
    broker.close()
