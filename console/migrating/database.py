"""Roles and schemas, so that each service sees its own tables and nobody else's."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import psycopg2
from psycopg2 import sql

# A member waits for none of these statements; what takes longer is a defect that must be seen.
STATEMENT_TIMEOUT = "30s"
LOCK_TIMEOUT = "5s"
IDLE_TIMEOUT = "60s"


@dataclass(frozen=True, kw_only=True)
class Login:
    """A role and the schema it works in, as its process' URL names them."""

    role: str
    password: str
    schema: str
    owns_schema: bool


def login_of(url: str, schema: str, *, owns_schema: bool = True) -> Login:
    """Read role and password from a process' database URL."""
    parts = urlsplit(url)
    return Login(
        role=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        schema=schema,
        owns_schema=owns_schema,
    )


def is_same_server(url: str, other: str) -> bool:
    """Whether two URLs name one server; a service on its own server is prepared by its owner."""
    one, two = urlsplit(url), urlsplit(other)
    return (one.hostname, one.port or 5432) == (two.hostname, two.port or 5432)


def database_name(url: str) -> str:
    return urlsplit(url).path.lstrip("/")


def at_database(url: str, name: str) -> str:
    """The same server and login, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def prepare_database(admin_url: str, name: str, logins: list[Login]) -> None:
    """Make the database and every role with its schema; PUBLIC keeps no right on any of it."""
    _create_database(admin_url, name)
    with closing(psycopg2.connect(at_database(admin_url, name))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for login in logins:
                _prepare_role(cursor, login)
            _take_from_public(cursor, name)
            for login in logins:
                _prepare_schema(cursor, name, login)


def _create_database(admin_url: str, name: str) -> None:
    with closing(psycopg2.connect(admin_url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if cursor.fetchone() is None:
                cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def _prepare_role(cursor: Any, login: Login) -> None:
    role = sql.Identifier(login.role)
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [login.role])
    if cursor.fetchone() is None:
        cursor.execute(sql.SQL("CREATE ROLE {}").format(role))
    rights = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD %s"
    cursor.execute(sql.SQL("ALTER ROLE {} " + rights).format(role), [login.password])
    for name, value in _role_settings(login).items():
        setting = sql.SQL("ALTER ROLE {} SET {} = %s").format(role, sql.Identifier(name))
        cursor.execute(setting, [value])


def _role_settings(login: Login) -> Mapping[str, str]:
    return {
        "search_path": login.schema,
        "statement_timeout": STATEMENT_TIMEOUT,
        "lock_timeout": LOCK_TIMEOUT,
        "idle_in_transaction_session_timeout": IDLE_TIMEOUT,
        "timezone": "UTC",
        # Statements here take milliseconds; compiling one takes hundreds, each time it is run.
        "jit": "off",
    }


def _take_from_public(cursor: Any, name: str) -> None:
    cursor.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
    cursor.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")


def _prepare_schema(cursor: Any, name: str, login: Login) -> None:
    role, schema = sql.Identifier(login.role), sql.Identifier(login.schema)
    grant = sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(name), role)
    cursor.execute(grant)
    if not login.owns_schema:
        return
    cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    if not cursor.fetchone()[0]:
        # The administrator of a hosted database is no superuser and must be a member to give away.
        cursor.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))
    create = sql.SQL("CREATE SCHEMA IF NOT EXISTS {} AUTHORIZATION {}")
    cursor.execute(create.format(schema, role))
