"""Events between the two probes: put into an outbox, followed by the commits they cause."""

import json
import time
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import psycopg2
import requests
from psycopg2.extras import execute_values

from chassis.events import instant_text
from chassis.ids import new_id
from console.migrating.database import at_database
from tests.chassis.probe_world import ProbeWorld
from tests.processes import until

# When each commit was made is known to PostgreSQL itself; both rows are written once.
_LAGS = """
    SELECT extract(epoch FROM pg_xact_commit_timestamp(heard.xmin)
                              - pg_xact_commit_timestamp(word.xmin))
    FROM teller.word JOIN hearer.heard USING (word) WHERE word LIKE %s
"""
_TOLD = "SELECT count(*) FROM teller.word WHERE word LIKE %s"
_RELAYED = """
    SELECT count(published_at), extract(epoch FROM max(published_at) - min(published_at))
    FROM teller.outbox WHERE headers->>'request_id' = %s
"""
_DRAINED = """
    SELECT count(*), extract(epoch FROM max(handled_at) - min(handled_at))
    FROM hearer.inbox JOIN teller.outbox USING (message_id) WHERE headers->>'request_id' = %s
"""
_STAGE = "INSERT INTO teller.outbox (message_id, wire, headers, body) VALUES %s"
PATIENCE = 300.0  # seconds
_BATCH = 200  # rows the relay publishes at once; the first batch only starts the watch


def lags(world: ProbeWorld, prefix: str, words: int | None = None) -> list[float]:
    """Seconds from the commit of each word to the commit of its effect, once all are heard."""
    expected = words or rows(world, _TOLD, f"{prefix}%")[0][0]
    until(lambda: len(rows(world, _LAGS, f"{prefix}%")) == expected, 60, "every word is heard")
    return [float(row[0]) for row in rows(world, _LAGS, f"{prefix}%")]


def stage(world: ProbeWorld, name: str, events: int) -> None:
    """So many events in the teller's outbox, all at once; `name` is their request id."""
    headers = json.dumps(
        {
            "occurred_at": instant_text(datetime.now(UTC)),
            "version": 1,
            "site_id": None,
            "account_id": None,
            "actor": "service:teller",
            "request_id": name,
            "causation_id": None,
        }
    )
    staged = []
    for number in range(events):
        body = json.dumps({"word_id": str(new_id()), "word": f"{name}{number}"}).encode()
        staged.append((str(new_id()), "teller.word_told", headers, body))
    with closing(_connect(world)) as connection, connection, connection.cursor() as cursor:
        execute_values(cursor, _STAGE, staged, page_size=1000)


def relayed(world: ProbeWorld, name: str, events: int) -> float:
    """Events a second from the outbox to the broker's confirm and the mark, once all are there."""
    seconds = _seconds(world, _RELAYED, name, events)
    return (events - _BATCH) / seconds


def drained(world: ProbeWorld, name: str, events: int) -> float:
    """Events a second that a hearer handles, each in its own transaction, once all are handled."""
    return events / _seconds(world, _DRAINED, name, events)


def forget(world: ProbeWorld) -> None:
    """Take what waits for the hearer out of its queue."""
    url = f"{world.broker.api_url}/api/queues/%2F/hearer.inbox/contents"
    requests.delete(url, timeout=10).raise_for_status()


def _seconds(world: ProbeWorld, statement: str, name: str, events: int) -> float:
    """From the first to the last of these events; asked seldom, so as not to be in the way."""
    end = time.monotonic() + PATIENCE
    while True:
        [(count, seconds)] = rows(world, statement, name)
        if count == events:
            return float(seconds)
        if time.monotonic() > end:
            raise AssertionError(f"only {count} of {events} events came through")
        time.sleep(0.5)


def rows(world: ProbeWorld, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """What the superuser reads with this statement."""
    with closing(_connect(world)) as connection, connection.cursor() as cursor:
        cursor.execute(statement, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def _connect(world: ProbeWorld) -> Any:
    return psycopg2.connect(at_database(world.postgres.url, "memberhall"))
