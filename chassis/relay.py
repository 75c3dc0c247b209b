"""Outbox rows to the exchange: woken by commits, swept every second, safe in several replicas."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import SQLAlchemyError

from chassis import metrics
from chassis.context import Signer
from chassis.database import Database, read_committed
from chassis.envelope import seal
from chassis.errors import Unavailable
from chassis.logs import log
from chassis.plumbing import outbox
from chassis.publisher import Outgoing, Publisher
from chassis.wire import EVENTS

BATCH = 200
SWEEP = 1.0  # seconds


class Relay:
    """Publishes what commands staged; a row is marked only after the broker confirmed it.

    A crash between confirm and mark publishes the row again: hearers know its message id. Where
    rows pile up, each of the `publishers` has a batch under way: most of the time goes into waiting
    for the broker's confirms.
    """

    def __init__(self, database: Database, publishers: Sequence[Publisher], signer: Signer) -> None:
        self._database = database
        self._publishers = publishers
        self._signer = signer
        self._work = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """There is something to publish: called after a commit that staged events."""
        self._work.set()

    def stop(self) -> None:
        """Publish what is left and end."""
        self._stopping.set()
        self._work.set()
        if self._thread:
            self._thread.join(5)

    def _run(self) -> None:
        while not self._stopping.is_set():
            is_woken = self._work.wait(SWEEP)
            self._work.clear()
            self._sweep(is_woken)

    def _sweep(self, is_woken: bool) -> None:
        try:
            if is_woken or self._measure():
                if self._publish_batch(self._publishers[0]) == BATCH:
                    self._publish_backlog()
                self._measure()
        except (SQLAlchemyError, Unavailable) as error:
            log.warning("events wait in the outbox", reason=str(error).splitlines()[0])
            self._stopping.wait(SWEEP)

    def _publish_backlog(self) -> None:
        with ThreadPoolExecutor(len(self._publishers)) as lanes:
            for ended in [lanes.submit(self._drain, each) for each in self._publishers]:
                ended.result()

    def _drain(self, publisher: Publisher) -> None:
        while self._publish_batch(publisher) == BATCH:
            pass

    def _publish_batch(self, publisher: Publisher) -> int:
        """Publish up to 200 of the oldest rows that nobody else has; returns how many."""
        with read_committed(self._database.engine) as connection:
            rows = connection.execute(_OLDEST).all()
            if rows:
                publisher.publish([self._outgoing(row) for row in rows])
                connection.execute(_published([row.message_id for row in rows]))
        metrics.events_published.inc(len(rows))
        return len(rows)

    def _outgoing(self, row: Any) -> Outgoing:
        message_id = str(row.message_id)
        body = bytes(row.body)
        return Outgoing(
            exchange=EVENTS,
            routing_key=row.wire,
            message_id=message_id,
            type=row.wire,
            headers=seal(self._signer, message_id, row.wire, row.headers, body),
            body=body,
        )

    def _measure(self) -> int:
        """How many rows wait."""
        waiting, lag = self._database.look(lambda session: session.execute(_WAITING).one())
        metrics.outbox_waiting.set(waiting)
        metrics.outbox_lag.set(float(lag or 0))
        return int(waiting)


_OLDEST = (
    select(outbox.c.message_id, outbox.c.wire, outbox.c.headers, outbox.c.body)
    .where(outbox.c.published_at.is_(None))
    .order_by(outbox.c.message_id)
    .limit(BATCH)
    .with_for_update(skip_locked=True)
)
_WAITING = select(
    func.count(),
    func.extract("epoch", func.clock_timestamp() - func.min(outbox.c.staged_at)),
).where(outbox.c.published_at.is_(None))


def _published(message_ids: list[Any]) -> Any:
    return (
        update(outbox)
        .where(outbox.c.message_id.in_(message_ids))
        .values(published_at=func.clock_timestamp())
    )
