"""`memberhall migrate` from its environment: databases, schemas, broker, in this order."""

import os
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import unquote, urlsplit

from chassis import config, migrating, registry
from chassis.registry import ServiceEntry
from console.migrating.broker import CLASSIC, Broker, Inbox
from console.migrating.database import (
    Login,
    database_name,
    is_same_server,
    login_of,
    prepare_database,
)
from console.processes import NODE, Principal, principals

NODE_SCHEMA = "jobs"

Say = Callable[[str], None]


class EnvironmentIncomplete(Exception):
    """Variables that `migrate` needs are missing; the message names all of them."""


def migrate(environ: Mapping[str, str] = os.environ, say: Say = print) -> None:
    """Make databases and broker what this version of the suite needs."""
    entries, everybody = registry.services(), principals()
    check(environ, entries, everybody)
    migrate_databases(environ, entries, say)
    migrate_broker(environ, entries, everybody, say)


def migrate_databases(
    environ: Mapping[str, str], entries: Iterable[ServiceEntry], say: Say = print
) -> None:
    """Roles and schemas as the administrator, then each service's tables as the service itself."""
    entries = tuple(entries)
    _prepare(environ, entries, say)
    for entry in entries:
        url = environ[_variable(entry.name, "DATABASE_URL")]
        applied = migrating.upgrade(url, entry.migrations_folder)
        say(f"migrate: {entry.name}: {', '.join(applied) if applied else 'nothing new'}")


def migrate_broker(
    environ: Mapping[str, str],
    entries: Iterable[ServiceEntry],
    everybody: Iterable[Principal],
    say: Say = print,
) -> None:
    """Exchanges, queues and their bindings, users and their rights."""
    queue_type = environ.get("MEMBERHALL_QUEUE_TYPE", CLASSIC)
    broker = Broker(environ["MEMBERHALL_ADMIN_BROKER_API_URL"], queue_type)
    broker.declare_exchanges()
    delays = _retry_delays(environ)
    for entry in entries:
        broker.declare_inbox(
            Inbox(service=entry.name, hears=entry.heard_events(), retry_delays=delays)
        )
    for principal in everybody:
        login = urlsplit(environ[_variable(principal.name, "BROKER_URL")])
        broker.declare_user(principal, unquote(login.username or ""), unquote(login.password or ""))
    say("migrate: exchanges, queues and rights are declared")


def check(
    environ: Mapping[str, str], entries: Iterable[ServiceEntry], everybody: Iterable[Principal]
) -> None:
    """Raise EnvironmentIncomplete with every variable that is missing."""
    needed = ["MEMBERHALL_ADMIN_DATABASE_URL", "MEMBERHALL_ADMIN_BROKER_API_URL"]
    needed += [_variable(entry.name, "DATABASE_URL") for entry in entries]
    needed += [_variable(each.name, "BROKER_URL") for each in everybody]
    missing = [name for name in needed if not environ.get(name)]
    if missing:
        raise EnvironmentIncomplete(f"`migrate` needs {', '.join(missing)}.")


def _prepare(environ: Mapping[str, str], entries: Iterable[ServiceEntry], say: Say) -> None:
    admin_url = environ["MEMBERHALL_ADMIN_DATABASE_URL"]
    wanted = {
        entry.name: (environ[_variable(entry.name, "DATABASE_URL")], True) for entry in entries
    }
    node_url = environ.get(_variable(NODE.name, "DATABASE_URL"))
    if node_url and NODE_SCHEMA in wanted:
        wanted[NODE.name] = (node_url, False)
    logins: dict[str, list[Login]] = {}
    for name, (url, owns) in wanted.items():
        if is_same_server(url, admin_url):
            login = login_of(url, name if owns else NODE_SCHEMA, owns_schema=owns)
            logins.setdefault(database_name(url), []).append(login)
        else:
            say(f"migrate: {name} has a database server of its own, whose roles are left alone")
    for database, roles in logins.items():
        prepare_database(admin_url, database, roles)
        say(f"migrate: database {database}: roles and schemas are there")


def _retry_delays(environ: Mapping[str, str]) -> tuple[int, ...]:
    text = environ.get("MEMBERHALL_RETRY_DELAYS")
    if text:
        return config.parse_milliseconds(text)
    default: tuple[int, ...] = config.ServiceSettings.retry_delays
    return default


def _variable(name: str, what: str) -> str:
    return f"MEMBERHALL_{name.upper()}_{what}"
