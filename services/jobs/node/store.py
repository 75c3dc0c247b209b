"""The node's side of the SQL core: one connection, one method for each function it may run."""

import json
import socket
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import psycopg2
from psycopg2.extensions import connection as Connection

from chassis.jobkinds import JobKind
from services.jobs.node.runs import Claimed, Failed, Line, Said

# What is said for every job is parsed and planned once for each connection.
_PREPARED = """
PREPARE claim (bigint, int[], int[], int) AS
    SELECT id, run_no, kind_id, attempt, uid::text, site_id::text, account_id::text, request_id,
        args, waited, version, group_id::text, tags FROM claim($1, $2, $3, $4);
PREPARE complete (bigint, bigint[], int[], text[]) AS SELECT complete($1, $2, $3, $4::jsonb[]);
"""


class Away(Exception):
    """The database cannot be reached, or the connection was lost; whether the last statement took
    effect is unknown."""


class Refused(Exception):
    """The database refuses the statement's values; repeating it cannot help."""


class Orders(NamedTuple):
    """What renewing answers: whether the session stands, which jobs it no longer holds, which to
    cancel, and how the node is to work: slots, pause, slots by kind id, and the settled limits of
    its kinds (`timeout_s`, `queue_size`, `max_assigned`, `concurrency_limit` by kind id)."""

    standing: bool
    drop_ids: list[int]
    cancel_ids: list[int]
    slots: int
    paused: bool
    allocation: dict[int, int]
    limits: dict[int, dict[str, int | None]]


class Store:
    """Connects when needed, commits each call; not shared between threads.

    Every call raises Away when the database is not there, and Refused for values it cannot store.
    """

    def __init__(self, url: str, name: str) -> None:
        self._url = url
        self._name = name
        self._connection: Connection | None = None
        self._columns: list[str] = []

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

    def renew(
        self,
        session: int,
        held: Mapping[int, int],
        load: Mapping[str, float],
        tallies: Sequence[Mapping[str, float]],
    ) -> Orders:
        """Renew the lease; `held` is what the node believes it runs, run number by job id."""
        statement = "SELECT * FROM renew(%s, %s::bigint[], %s::int[], %s, %s)"
        [told] = self._named_rows(
            statement, session, _numbers(held.keys()), _numbers(held.values()),
            json.dumps(load), json.dumps(tallies),
        )  # fmt: skip
        return Orders(
            standing=bool(told["standing"]),
            drop_ids=told["drop_ids"] or [],
            cancel_ids=told["cancel_ids"] or [],
            slots=told["slots"] or 0,
            paused=bool(told["paused"]),
            allocation=_by_id(told["allocation"]),
            limits=_by_id(told.get("limits")),
        )

    def note(self, session: int, said: Iterable[Said], lines: Iterable[Line]) -> None:
        """Keep progress and lines of runs that this session holds."""
        progress = [each._asdict() for each in said]
        kept = [{**each._asdict(), "at": _instant(each.at)} for each in lines]
        self._rows("SELECT note(%s, %s, %s)", session, json.dumps(progress), json.dumps(kept))

    def claim(
        self, session: int, kinds: Sequence[int], free: Sequence[int], room: int
    ) -> list[Claimed]:
        """At most `room` jobs, and of each kind at most its `free`, in the order of `kinds`."""
        rows = self._rows(
            "EXECUTE claim (%s, %s, %s, %s)", session, _numbers(kinds), _numbers(free), room
        )
        return [Claimed._make(row) for row in rows]

    def complete(
        self, session: int, ids: list[int], runs: list[int], results: list[str | None]
    ) -> set[int]:
        """End runs with their results (JSON text); returns the ids that were this node's to end."""
        rows = self._rows(
            "EXECUTE complete (%s, %s, %s, %s)",
            session, _numbers(ids), _numbers(runs), results if any(results) else [],
        )  # fmt: skip
        return {row[0] for row in rows}

    def fail(self, session: int, failed: Sequence[Failed]) -> set[int]:
        """Report runs that did not succeed; returns the ids that were this node's to report."""
        ids, runs, outcomes, errors = zip(*failed, strict=True)
        rows = self._rows(
            "SELECT id FROM fail(%s, %s::bigint[], %s::int[], %s::text[], %s::text[])",
            session, _numbers(ids), _numbers(runs), list(outcomes), list(errors),
        )  # fmt: skip
        return {row[0] for row in rows}

    def release(self, session: int, held: Mapping[int, int]) -> None:
        """Hand back jobs that never started."""
        self._rows(
            "SELECT release(%s, %s::bigint[], %s::int[])",
            session, _numbers(held.keys()), _numbers(held.values()),
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

    def _named_rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        rows = self._rows(statement, *values)
        return [dict(zip(self._columns, row, strict=True)) for row in rows]

    def _rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        try:
            with self._connected().cursor() as cursor:
                cursor.execute(statement, values)
                self._columns = [column.name for column in cursor.description or ()]
                return cursor.fetchall()
        except (psycopg2.DataError, psycopg2.IntegrityError, ValueError) as error:
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
                " -c default_transaction_isolation=read\\ committed -c jit=off",
            )
            self._connection.autocommit = True
            with self._connection.cursor() as cursor:
                cursor.execute(_PREPARED)
        return self._connection


def _numbers(values: Iterable[int]) -> str:
    """An array as one word: several times cheaper to write, to read and to plan for than a list."""
    return f"{{{','.join(map(str, values))}}}"


def _by_id(told: Mapping[str, Any] | None) -> dict[int, Any]:
    return {int(kind_id): value for kind_id, value in (told or {}).items()}


def _instant(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
