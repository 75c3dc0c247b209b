"""What stands in all tables of a service, read and put back without knowing any of them."""

import json
from typing import Any

import psycopg2
from psycopg2 import sql

Rows = dict[str, list[str]]

# Partitions are seen through the table that they are parts of.
_NAMES = """
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    ORDER BY c.relname
"""


class Tables:
    """One connection of the administrator's; each statement sees what is committed by then."""

    def __init__(self, admin_url: str, schema: str) -> None:
        # As a replica applies changes: no trigger and no foreign key asks for an order of its own,
        # and a ledger that its service may only add to can be put back too.
        options = f"-c search_path={schema} -c session_replication_role=replica"
        self._connection = psycopg2.connect(admin_url, options=options)
        self._connection.autocommit = True
        self.names = [str(name) for (name,) in self._ask(_NAMES)]

    def close(self) -> None:
        self._connection.close()

    def rows(self) -> Rows:
        """Every row of every table as JSON text, plumbing included, sorted."""
        return {name: self._rows_of(name) for name in self.names}

    def put_back(self, before: Rows) -> None:
        """Make the tables what they were."""
        for name in self.names:
            if self._rows_of(name) != before[name]:
                self._refill(name, before[name])

    def _rows_of(self, name: str) -> list[str]:
        everything = sql.SQL("SELECT to_jsonb(t)::text FROM {} t").format(sql.Identifier(name))
        return sorted(text for (text,) in self._ask(everything))

    def _refill(self, name: str, rows: list[str]) -> None:
        table = sql.Identifier(name)
        self._ask(sql.SQL("DELETE FROM {}").format(table))
        again = """
            INSERT INTO {t} OVERRIDING SYSTEM VALUE
            SELECT * FROM jsonb_populate_recordset(NULL::{t}, %s::jsonb)
        """
        self._ask(sql.SQL(again).format(t=table), json.dumps([json.loads(row) for row in rows]))

    def _ask(self, statement: Any, *values: Any) -> list[Any]:
        with self._connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []
