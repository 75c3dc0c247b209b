"""The SQL core as tests speak to it: each function a method, the instant always given."""

import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg2
from psycopg2.extras import NamedTupleCursor, register_uuid

START = datetime.now(UTC).replace(microsecond=0)

USUAL_KIND = {
    "name": "tests.work",
    "timeout_s": 60,
    "max_attempts": 3,
    "priority": 2,
    "backoff_base_s": 10,
    "backoff_factor": 2,
    "backoff_cap_s": 60,
    "backoff_jitter": 0.2,
}


def after(seconds: float) -> datetime:
    """The instant so many seconds after the tests' start."""
    return START + timedelta(seconds=seconds)


@dataclass(frozen=True)
class Run:
    """A claimed job, as its node knows it."""

    id: int
    run_no: int
    attempt: int
    args: dict[str, Any]
    uid: uuid.UUID | None = None
    version: int = 1
    waited: float = 0.0


class Core:
    """One connection to the core, at READ COMMITTED, committing each call."""

    def __init__(self, url: str) -> None:
        self.connection = psycopg2.connect(url, cursor_factory=NamedTupleCursor)
        self.connection.autocommit = True
        register_uuid(conn_or_curs=self.connection)

    def close(self) -> None:
        self.connection.close()

    @contextmanager
    def open_transaction(self) -> Iterator[None]:
        """Hold what happens inside back from the others until the end."""
        self.connection.autocommit = False
        try:
            yield
            self.connection.commit()
        finally:
            self.connection.rollback()
            self.connection.autocommit = True

    def rows(self, statement: str, *values: Any) -> list[Any]:
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def value(self, statement: str, *values: Any) -> Any:
        return self.rows(statement, *values)[0][0]

    def declare(self, **changes: Any) -> None:
        described = json.dumps([{**USUAL_KIND, **changes}])
        self.rows("SELECT declare_kinds(%s, true)", described)

    def enqueue(self, *jobs: dict[str, Any], now: datetime = START) -> list[Any]:
        asked = [
            {"uid": str(uuid.uuid4()), "kind": "tests.work", "args": {}, **job} for job in jobs
        ]
        return self.rows("SELECT * FROM enqueue(%s, %s)", json.dumps(asked, default=str), now)

    def enqueue_many(self, number: int, kind: str = "tests.work") -> None:
        self.enqueue(*({"kind": kind, "args": {"place": place}} for place in range(number)))

    def join(
        self,
        name: str = "anna",
        kinds: Sequence[str | dict[str, Any]] = ("tests.work",),
        now: Any = START,
        *,
        slots: int = 2,
        labels: dict[str, str] | None = None,
    ) -> int:
        """Open a session; a kind is a name, or a name with what differs from the usual kind."""
        described = [
            {**USUAL_KIND, **({"name": kind} if isinstance(kind, str) else kind)} for kind in kinds
        ]
        joined = self.rows(
            "SELECT * FROM open_session(%s, %s, %s, '1', 'host', 1, %s, %s)",
            name, json.dumps(labels or {}), slots, json.dumps(described), now,
        )  # fmt: skip
        return int(joined[0].session_id)

    def claim(
        self,
        session: int,
        room: int = 100,
        kinds: Sequence[str] = ("tests.work",),
        now: Any = START,
    ) -> list[Run]:
        ids = [self.value("SELECT kind_id FROM kind WHERE name = %s", kind) for kind in kinds]
        claimed = self.rows(
            "SELECT * FROM claim(%s, %s, %s, %s, %s)", session, ids, [room] * len(ids), room, now
        )
        return [
            Run(
                row.id, row.run_no, row.attempt, json.loads(row.args), row.uid, row.version,
                row.waited,
            )
            for row in claimed
        ]  # fmt: skip

    def complete(
        self, session: int, runs: Sequence[Run], result: Any = None, now: Any = START
    ) -> list[int]:
        results = [None if result is None else json.dumps(result) for _ in runs]
        ended = self.rows(
            "SELECT complete(%s, %s::bigint[], %s::int[], %s::jsonb[], %s)",
            session, [run.id for run in runs], [run.run_no for run in runs], results, now,
        )  # fmt: skip
        return sorted(row[0] for row in ended)

    def fail(
        self, session: int, runs: Sequence[Run], error: str = "it broke", now: Any = START
    ) -> dict[int, str]:
        failed = self.rows(
            "SELECT * FROM fail(%s, %s::bigint[], %s::int[], %s, %s, %s)",
            session, [run.id for run in runs], [run.run_no for run in runs],
            ["failed"] * len(runs), [error] * len(runs), now,
        )  # fmt: skip
        return {row.id: row.verdict for row in failed}

    def release(self, session: int, runs: Sequence[Run], now: Any = START) -> list[int]:
        released = self.rows(
            "SELECT release(%s, %s::bigint[], %s::int[], %s)",
            session, [run.id for run in runs], [run.run_no for run in runs], now,
        )  # fmt: skip
        return sorted(row[0] for row in released)

    def heartbeat(self, session: int, runs: Sequence[Run] = (), now: Any = START) -> Any:
        return self.rows(
            "SELECT * FROM heartbeat(%s, %s::bigint[], %s::int[], %s)",
            session, [run.id for run in runs], [run.run_no for run in runs], now,
        )[0]  # fmt: skip

    def renew(
        self, session: int, runs: Sequence[Run] = (), now: Any = START,
        *, load: Any = None, stats: Any = None,
    ) -> Any:  # fmt: skip
        return self.rows(
            "SELECT * FROM renew(%s, %s::bigint[], %s::int[], %s, %s, %s)",
            session, [run.id for run in runs], [run.run_no for run in runs],
            json.dumps(load or {}), json.dumps(stats or []), now,
        )[0]  # fmt: skip

    def note(self, session: int, progress: Any = (), lines: Any = (), now: Any = START) -> int:
        kept = self.value(
            "SELECT note(%s, %s, %s, %s)",
            session, json.dumps(list(progress)), json.dumps(list(lines), default=str), now,
        )  # fmt: skip
        return int(kept)

    def cancel(self, job_id: int, now: Any = START) -> str:
        return str(self.value("SELECT cancel(%s, %s)", job_id, now))

    def revive(self, job_id: int, now: Any = START) -> bool:
        return bool(self.value("SELECT revive(%s, %s)", job_id, now))

    def overdue(self, now: datetime) -> dict[int, str]:
        taken = self.rows("SELECT * FROM take_back_overdue(1000, %s)", now)
        return {row.id: row.verdict for row in taken}

    def unblock(self, now: Any = START) -> int:
        return int(self.value("SELECT coalesce(sum(jobs), 0) FROM unblock_keys(1000, %s)", now))

    def open_group(self, group: uuid.UUID, callback: Any = None, now: Any = START) -> str:
        """Open a group; `callback` is a job as for `enqueue`."""
        described = None
        if callback is not None:
            job = {"uid": str(uuid.uuid4()), "kind": "tests.work", "args": {}, **callback}
            described = json.dumps(job, default=str)
        return str(self.value("SELECT open_group(%s, %s, NULL, NULL, %s)", group, described, now))

    def seal_group(self, group: uuid.UUID, now: Any = START) -> bool:
        return bool(self.value("SELECT seal_group(%s, %s)", group, now))

    def group(self, group: uuid.UUID) -> Any:
        return self.rows("SELECT * FROM job_group WHERE group_id = %s", group)[0]

    def kind_id(self, kind: str = "tests.work") -> int:
        return int(self.value("SELECT kind_id FROM kind WHERE name = %s", kind))

    def allocate(self, *rows: tuple[str, int, int], now: Any = START) -> int:
        """Write the whole allocation: kind, session, slots."""
        described = [
            {"kind_id": self.kind_id(kind), "session_id": session, "slots": slots}
            for kind, session, slots in rows
        ]
        return int(self.value("SELECT write_allocation(%s, %s)", json.dumps(described), now))

    def expire(self, now: datetime) -> list[str]:
        return [row[0] for row in self.rows("SELECT expire_sessions(%s)", now)]

    def rescue(self, now: datetime = START) -> dict[int, str]:
        rescued = self.rows("SELECT * FROM rescue(1000, NULL, %s)", now)
        return {row.id: row.verdict for row in rescued}

    def override(self, kind: str = "tests.work", **changes: Any) -> bool:
        return bool(self.value("SELECT override_kind(%s, %s)", kind, json.dumps(changes)))

    def promote(self, now: datetime) -> int:
        return int(self.value("SELECT coalesce(sum(jobs), 0) FROM promote(5000, %s)", now))

    def live(self, job_id: int) -> Any:
        found = self.rows("SELECT * FROM live WHERE id = %s", job_id)
        return found[0] if found else None

    def done(self, job_id: int) -> Any:
        found = self.rows("SELECT * FROM done WHERE id = %s", job_id)
        assert len(found) <= 1, "a job finishes once"
        return found[0] if found else None
