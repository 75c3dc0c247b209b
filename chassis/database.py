"""The unit of work: one command, one transaction, retried where the database asks for it."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, sessionmaker

from chassis.driver import Connection
from chassis.errors import Unavailable
from chassis.logs import log

T = TypeVar("T")
P = ParamSpec("P")

SERIALIZATION_FAILURES = {"40001", "40P01"}
TRIES = 6
AWAY_SECONDS = 5.0


class Database:
    """One service's database: sessions on a pool, and units of work.

    `on_staged` is called after each commit of a unit that staged events, so that the relay wakes.
    `connect` replaces psycopg2's connect where that cannot time out by itself (green threads).
    `service` is whose transactions these are, which the outbox reads off `session.info`.
    """

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 10,
        on_staged: Callable[[], None] = lambda: None,
        connect: Callable[[], Any] | None = None,
        service: str | None = None,
    ) -> None:
        options: dict[str, Any] = {"connect_args": {"connection_factory": Connection}}
        if connect:
            options = {"creator": connect}
        self.engine: Engine = create_engine(
            sqlalchemy_url(url),
            pool_size=pool_size,
            max_overflow=5,
            pool_timeout=5,
            pool_recycle=1800,
            # The one used last has its plans made and its tables known; a cold one takes 40 ms.
            pool_use_lifo=True,
            **options,
        )
        self._sessions = sessionmaker(
            self.engine, expire_on_commit=False, info={"service": service}
        )
        self._on_staged = on_staged

    def transact(
        self, work: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `work(session, …)` in one transaction and commit it.

        Serialization failures and deadlocks are tried again with a growing pause, so `work` must
        touch nothing but its session. Raises Unavailable when the database stays away.
        """
        return self._retried(lambda: self._committed(lambda s: work(s, *args, **kwargs), {}))

    def transact_as(self, info: dict[str, Any], work: Callable[[Session], T]) -> T:
        """`transact` with `session.info` prepared: who asks and what caused it.

        Only for work that carries its own proof of having been done (a call id, an inbox row):
        a lost connection is tried again too, because a commit whose answer was lost does no harm.
        """
        return self._retried(lambda: self._committed(work, info), repeatable=True)

    def read(
        self, work: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a query in a transaction that is rolled back; safe to repeat by its nature."""
        return self._retried(
            lambda: self._rolled_back(lambda s: work(s, *args, **kwargs)), repeatable=True
        )

    def look(
        self, work: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a query of a single statement without a transaction: one round trip for three."""

        def alone(session: Session) -> T:
            session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
            return work(session, *args, **kwargs)

        return self.read(alone)

    def close(self) -> None:
        self.engine.dispose()

    def _committed(self, work: Callable[[Session], T], info: dict[str, Any]) -> T:
        with self._sessions() as session:
            session.info.update(info)
            with session.begin():
                result = work(session)
            if session.info.get("staged"):
                self._on_staged()
            return result

    def _rolled_back(self, work: Callable[[Session], T]) -> T:
        with self._sessions() as session:
            return work(session)

    def _retried(self, run: Callable[[], T], *, repeatable: bool = False) -> T:
        away_until = time.monotonic() + AWAY_SECONDS
        attempt = 0
        while True:
            attempt += 1
            try:
                return run()
            except PoolTimeout as error:
                raise _unavailable() from error
            except DBAPIError as error:
                may_wait = repeatable and time.monotonic() < away_until
                pause = _pause_before_retry(error, attempt, may_wait)
                log.info("transaction tried again", attempt=attempt, reason=str(error.orig))
                time.sleep(pause * random.uniform(0.5, 1.0))


def _pause_before_retry(error: DBAPIError, attempt: int, may_wait: bool) -> float:
    """Seconds to wait before the next try; raises when there is to be none."""
    if sqlstate(error) in SERIALIZATION_FAILURES:
        if attempt < TRIES:
            return float(0.01 * 2**attempt)
        raise _unavailable() from error
    if not is_away(error):
        raise error
    if may_wait:
        return 0.25
    raise _unavailable() from error


def sqlalchemy_url(url: str) -> str:
    """`postgresql://…` as operators write it, with the driver that we use."""
    return url.replace("postgresql://", "postgresql+psycopg2://", 1)


def sqlstate(error: DBAPIError) -> str | None:
    return getattr(error.orig, "pgcode", None)


def is_away(error: DBAPIError) -> bool:
    """Whether the connection was lost or refused (no SQLSTATE, or classes 08 and 57P), as against a
    statement that was wrong.
    """
    if error.connection_invalidated:
        return True
    state = sqlstate(error)
    return isinstance(error, OperationalError) and (state is None or state[:3] in ("57P", "080"))


def _unavailable() -> Unavailable:
    return Unavailable("database_away", "The database cannot be reached at the moment.")


def put_off(session: Session, statement: str, values: Sequence[Any]) -> None:
    """Send a statement (psycopg2's `%s`) together with the session's next one or its COMMIT.

    For what nobody waits for: it fails there, if it does. On a connection that is not made by
    `Database` it is sent at once.
    """
    session.flush()
    connection: Any = session.connection().connection.driver_connection
    if isinstance(connection, Connection):
        connection.put_off(statement, values)
    else:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)


@contextmanager
def read_committed(engine: Engine) -> Iterator[Any]:
    """A transaction at READ COMMITTED whatever the default: SKIP LOCKED needs it."""
    with engine.connect() as connection:
        connection.execution_options(isolation_level="READ COMMITTED")
        with connection.begin():
            yield connection


def count_statements(engine: Engine, seen: list[str]) -> None:
    """Append every statement the engine runs to `seen`, for tests that forbid N+1 queries."""

    @event.listens_for(engine, "before_cursor_execute")
    def remember(_: Any, __: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)
