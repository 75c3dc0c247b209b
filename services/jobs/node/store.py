"""The node's side of the SQL core: one connection, one method for each function it may run."""

import json
import socket
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import psycopg2
from psycopg2.extensions import connection as Connection

from chassis.jobkinds import JobKind


class Away(Exception):
    """The database cannot be reached, or the connection was lost; whether the last statement took
    effect is unknown."""


class Refused(Exception):
    """The database refuses the statement's values; repeating it cannot help."""


class Claimed(NamedTuple):
    """A job this node may run: the first three are its fence; `args` is JSON text."""

    id: int
    run_no: int
    kind_id: int
    attempt: int
    uid: str
    site_id: str | None
    account_id: str | None
    request_id: str | None
    args: str


class Failed(NamedTuple):
    """A run that did not succeed; `outcome` is failed, lost or timeout."""

    id: int
    run_no: int
    outcome: str
    error: str


class Beat(NamedTuple):
    """The answer to a heartbeat: whether the session stands, and which jobs it no longer holds."""

    standing: bool
    drop_ids: list[int]


class Store:
    """Connects when needed, commits each call; not shared between threads.

    Every call raises Away when the database is not there, and Refused for values it cannot store.
    """

    def __init__(self, url: str, name: str) -> None:
        self._url = url
        self._name = name
        self._connection: Connection | None = None

    def open_session(
        self, name: str, labels: Mapping[str, str], slots: int, version: str, pid: int,
        kinds: Iterable[JobKind],
    ) -> tuple[int, dict[int, str]]:  # fmt: skip
        """Join; returns the session's id and the names of its kinds by kind id."""
        described = json.dumps([kind.as_json() for kind in kinds])
        rows = self._rows(
            "SELECT * FROM open_session(%s, %s, %s, %s, %s, %s, %s)",
            name, json.dumps(labels), slots, version, socket.gethostname(), pid, described,
        )  # fmt: skip
        return rows[0][0], {kind_id: kind for _, kind_id, kind in rows}

    def heartbeat(self, session: int, held: Mapping[int, int]) -> Beat:
        """Renew the lease, telling what the node believes it holds: run numbers by job id."""
        [(standing, drop_ids, _)] = self._rows(
            "SELECT * FROM heartbeat(%s, %s::bigint[], %s::int[])",
            session, list(held.keys()), list(held.values()),
        )  # fmt: skip
        return Beat(standing, drop_ids or [])

    def claim(
        self, session: int, kinds: Sequence[int], free: Sequence[int], room: int
    ) -> list[Claimed]:
        """At most `room` jobs, and of each kind at most its `free`, in the order of `kinds`."""
        rows = self._rows(
            "SELECT id, run_no, kind_id, attempt, uid::text, site_id::text, account_id::text,"
            " request_id, args FROM claim(%s, %s, %s, %s)",
            session, list(kinds), list(free), room,
        )  # fmt: skip
        return [Claimed._make(row) for row in rows]

    def complete(
        self, session: int, ids: list[int], runs: list[int], results: list[str | None]
    ) -> set[int]:
        """End runs with their results (JSON text); returns the ids that were this node's to end."""
        rows = self._rows(
            "SELECT complete(%s, %s::bigint[], %s::int[], %s::text[]::jsonb[])",
            session, ids, runs, results,
        )  # fmt: skip
        return {row[0] for row in rows}

    def fail(self, session: int, failed: Sequence[Failed]) -> set[int]:
        """Report runs that did not succeed; returns the ids that were this node's to report."""
        rows = self._rows(
            "SELECT id FROM fail(%s, %s::bigint[], %s::int[], %s::text[], %s::text[])",
            session, *(list(column) for column in zip(*failed, strict=True)),
        )  # fmt: skip
        return {row[0] for row in rows}

    def release(self, session: int, held: Mapping[int, int]) -> None:
        """Hand back jobs that never started."""
        self._rows(
            "SELECT release(%s, %s::bigint[], %s::int[])",
            session, list(held.keys()), list(held.values()),
        )  # fmt: skip

    def drain(self, session: int) -> None:
        self._rows("SELECT drain_session(%s)", session)

    def close_session(self, session: int, state: str) -> int:
        """End the session as 'left' or 'dead'; returns how many of its jobs were taken back."""
        taken: int = self._rows("SELECT close_session(%s, %s)", session, state)[0][0]
        return taken

    def disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        try:
            with self._connected().cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchall()
        except (psycopg2.DataError, ValueError) as error:
            raise Refused(str(error).strip()) from error
        except psycopg2.Error as error:
            self.disconnect()
            raise Away(str(error).strip()) from error

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = psycopg2.connect(
                self._url,
                application_name=self._name,
                connect_timeout=5,
                keepalives_idle=5,
                keepalives_interval=2,
                keepalives_count=3,
                tcp_user_timeout=10_000,
                options="-c search_path=jobs -c statement_timeout=10000"
                " -c default_transaction_isolation=read\\ committed",
            )
            self._connection.autocommit = True
        return self._connection
