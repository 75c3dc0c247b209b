"""psycopg2's connection with fewer round trips: what nobody waits for travels with what follows.

BEGIN goes with the transaction's first statement, and what was put off with the next statement or
the COMMIT, in the order in which it was asked for. A statement that fails does so where it is sent,
and the transaction with it, so that nothing is committed that would not have been before.
"""

from collections.abc import Sequence
from typing import Any

from psycopg2 import extensions

_BEGIN = {
    extensions.ISOLATION_LEVEL_AUTOCOMMIT: b"",
    extensions.ISOLATION_LEVEL_READ_COMMITTED: b"BEGIN ISOLATION LEVEL READ COMMITTED;",
    extensions.ISOLATION_LEVEL_REPEATABLE_READ: b"BEGIN ISOLATION LEVEL REPEATABLE READ;",
    extensions.ISOLATION_LEVEL_SERIALIZABLE: b"BEGIN ISOLATION LEVEL SERIALIZABLE;",
}


class Cursor(extensions.cursor):
    """Sends ahead of each statement what its connection has put off."""

    connection: "Connection"

    def execute(self, query: Any, values: Any = None) -> None:
        if ahead := self.connection.take_ahead():
            super().execute(ahead + self.mogrify(query, values))
        else:
            super().execute(query, values)

    def executemany(self, query: Any, many: Any) -> None:
        # psycopg2 sends these one by one and by itself.
        if ahead := self.connection.take_ahead():
            super().execute(ahead)
        super().executemany(query, many)


class Connection(extensions.connection):
    """Begins transactions by itself; to psycopg2 it is one that commits each statement."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.autocommit = True
        self.cursor_factory = Cursor
        self._begin = b"BEGIN;"
        self._put_off: list[bytes] = []

    def put_off(self, statement: str, values: Sequence[Any]) -> None:
        """Send the statement together with the next one or the COMMIT; its rows are not read."""
        with extensions.connection.cursor(self) as cursor:
            self._put_off.append(cursor.mogrify(statement, values) + b";")

    def take_ahead(self) -> bytes:
        """What has to be sent before the next statement."""
        begin = self._begin if self._is_idle else b""
        put_off, self._put_off = self._put_off, []
        return begin + b"".join(put_off)

    def commit(self) -> None:
        if self._put_off or not self._is_idle:
            self._end(self.take_ahead() + (b"COMMIT" if self._begin else b""))

    def rollback(self) -> None:
        self._put_off.clear()
        if not self._is_idle:
            self._end(b"ROLLBACK")

    def set_isolation_level(self, level: int | None) -> None:
        """From the next transaction on."""
        self._begin = b"BEGIN;" if level is None else _BEGIN[level]

    @property
    def _is_idle(self) -> bool:
        """Whether no transaction is open."""
        return self.get_transaction_status() == extensions.TRANSACTION_STATUS_IDLE

    def _end(self, statement: bytes) -> None:
        with extensions.connection.cursor(self, cursor_factory=extensions.cursor) as cursor:
            cursor.execute(statement)
