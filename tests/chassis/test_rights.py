"""What one service may not do to another, tried with real logins on real servers."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import psycopg2
import psycopg2.errors
import pytest
import requests
from amqp.exceptions import AccessRefused
from kombu import Connection

from chassis import registry
from console.environment import Environment
from console.migrating.suite import migrate_broker
from console.processes import principals
from tests.servers import quietly

Channel = Any
Channels = Callable[[str], Channel]


@pytest.fixture
def channel_of(suite_environment: Environment) -> Iterator[Channels]:
    """Opens a channel with a principal's own login."""
    opened: list[Connection] = []

    def open_one(principal: str) -> Channel:
        url = suite_environment[f"MEMBERHALL_{principal.upper()}_BROKER_URL"]
        opened.append(Connection(url))
        return opened[-1].channel()

    yield open_one
    for connection in opened:
        connection.close()


def publish(channel: Channel, exchange: str, key: str) -> None:
    """Publish and wait for the broker's word, which refuses by closing the channel."""
    channel.confirm_select()
    channel.basic_publish_confirm(channel.prepare_message(b"{}"), exchange, key, confirm_timeout=5)


def test_a_service_tells_its_own_events_and_calls_everybody(channel_of: Channels) -> None:
    publish(channel_of("billing"), "memberhall.events", "billing.nothing_happened")
    publish(channel_of("billing"), "memberhall.rpc", "nobody")
    publish(channel_of("gateway"), "memberhall.rpc", "nobody")


@pytest.mark.parametrize(
    ("principal", "exchange", "key"),
    [
        ("billing", "memberhall.events", "auth.user_confirmed"),
        ("billing", "memberhall.events", "billing"),
        ("gateway", "memberhall.events", "gateway.something"),
        ("node", "memberhall.events", "jobs.clock_advanced"),
        ("billing", "memberhall.auth", "inbox"),
        ("billing", "", "auth.inbox"),
        ("gateway", "", "billing.inbox"),
        ("console", "memberhall.billing", "dead"),
        ("billing", "amq.topic", "anything"),
    ],
)
def test_nobody_publishes_as_another(
    channel_of: Channels, principal: str, exchange: str, key: str
) -> None:
    with pytest.raises(AccessRefused):
        publish(channel_of(principal), exchange, key)


@pytest.mark.parametrize("queue", ["inbox", "dead"])
@pytest.mark.parametrize("principal", ["billing", "gateway", "node", "console"])
def test_nobody_reads_anothers_queues(channel_of: Channels, principal: str, queue: str) -> None:
    with pytest.raises(AccessRefused):
        channel_of(principal).basic_get(f"auth.{queue}")


@pytest.mark.parametrize(
    ("principal", "exchange", "key"),
    [
        ("billing", "memberhall.rpc", "auth"),
        ("billing", "memberhall.rpc", "#"),
        ("billing", "memberhall.rpc", "*"),
        ("billing", "memberhall.rpc", "reply.auth.1"),
        ("gateway", "memberhall.rpc", "auth"),
        ("gateway", "memberhall.rpc", "reply.#"),
        ("billing", "memberhall.events", "#"),
        ("billing", "memberhall.events", "auth.user_confirmed"),
        ("node", "memberhall.events", "auth.sessions_ended"),
        ("gateway", "memberhall.events", "#"),
        ("gateway", "memberhall.events", "billing.invoice_paid"),
        ("console", "memberhall.events", "jobs.clock_advanced"),
    ],
)
def test_nobody_listens_to_anothers_traffic(
    channel_of: Channels, principal: str, exchange: str, key: str
) -> None:
    channel = channel_of(principal)
    queue = f"reply.{principal}.spy"
    channel.queue_declare(queue, exclusive=True, auto_delete=True)
    with pytest.raises(AccessRefused):
        channel.queue_bind(queue, exchange, key)


@pytest.mark.parametrize(
    "queue", ["rpc.auth", "auth.inbox", "auth.mine", "reply.auth.1", "auth.broadcast.1", "mine"]
)
def test_nobody_declares_a_name_that_is_not_its_own(channel_of: Channels, queue: str) -> None:
    with pytest.raises(AccessRefused):
        channel_of("billing").queue_declare(queue, auto_delete=True)


def test_everybody_gets_its_own_answers_and_the_gateway_its_broadcasts(
    channel_of: Channels,
) -> None:
    service, gateway = channel_of("billing"), channel_of("gateway")
    service.queue_declare("rpc.billing", auto_delete=True)
    service.queue_bind("rpc.billing", "memberhall.rpc", "billing")
    service.basic_get("rpc.billing")
    service.queue_delete("rpc.billing")
    for queue, exchange, key in (
        ("reply.gateway.1", "memberhall.rpc", "reply.gateway.1"),
        ("gateway.broadcast.1", "memberhall.events", "auth.sessions_ended"),
    ):
        gateway.queue_declare(queue, exclusive=True, auto_delete=True)
        gateway.queue_bind(queue, exchange, key)
        gateway.basic_get(queue)


def test_a_service_puts_its_own_deliveries_off_and_reads_its_dead_letters(
    channel_of: Channels,
) -> None:
    channel = channel_of("billing")
    publish(channel, "memberhall.billing", "dead")
    letter = channel.basic_get("billing.dead")
    assert letter.delivery_info["exchange"] == "memberhall.billing"
    channel.basic_ack(letter.delivery_tag)
    publish(channel, "memberhall.billing", "retry.600000")


def test_an_inbox_hears_what_its_handlers_hear_and_nothing_else(
    suite_environment: Environment,
) -> None:
    assert bound_to_events(suite_environment, "billing.inbox") == set(
        registry.service("billing").heard_events()
    )


def test_what_is_no_longer_heard_is_unbound_by_the_next_migration(
    suite_environment: Environment,
) -> None:
    api = suite_environment["MEMBERHALL_ADMIN_BROKER_API_URL"]
    server, vhost = api.rsplit("/", 1)
    stale = f"{server}/api/bindings/{vhost}/e/memberhall.events/q/billing.inbox"
    body = {"routing_key": "auth.forgotten", "arguments": {}}
    requests.post(stale, json=body, timeout=10).raise_for_status()
    assert "auth.forgotten" in bound_to_events(suite_environment, "billing.inbox")

    migrate_broker(suite_environment, registry.services(), principals(), quietly)

    assert "auth.forgotten" not in bound_to_events(suite_environment, "billing.inbox")


def bound_to_events(environ: Environment, queue: str) -> set[str]:
    server, vhost = environ["MEMBERHALL_ADMIN_BROKER_API_URL"].rsplit("/", 1)
    url = f"{server}/api/bindings/{vhost}/e/memberhall.events/q/{queue}"
    return {each["routing_key"] for each in requests.get(url, timeout=10).json()}


@pytest.mark.parametrize("entry", registry.services(), ids=lambda entry: entry.name)
@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM {other}.outbox",
        "INSERT INTO {other}.inbox (message_id, wire) VALUES (gen_random_uuid(), 'x')",
        "CREATE TABLE {other}.mine (id int)",
        "CREATE TABLE public.mine (id int)",
        "CREATE SCHEMA mine",
        "CREATE ROLE mine",
        "SET ROLE memberhall_{other}",
        "SELECT pg_read_file('/etc/passwd')",
    ],
)
def test_a_role_neither_sees_nor_touches_anothers_schema(
    databases: Environment, entry: registry.ServiceEntry, statement: str
) -> None:
    other = next(each.name for each in registry.services() if each.name != entry.name)
    url = databases[f"MEMBERHALL_{entry.name.upper()}_DATABASE_URL"]
    with (
        closing(psycopg2.connect(url)) as connection,
        connection.cursor() as cursor,
        pytest.raises(psycopg2.errors.InsufficientPrivilege),
    ):
        cursor.execute(statement.format(other=other))


def test_a_role_works_in_its_own_schema_under_time_limits(databases: Environment) -> None:
    url = databases["MEMBERHALL_BILLING_DATABASE_URL"]
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        shown = {}
        for name in ("search_path", "statement_timeout", "lock_timeout", "timezone", "jit"):
            cursor.execute(f"SHOW {name}")
            shown[name] = cursor.fetchone()[0]
        cursor.execute("SELECT count(*) FROM outbox")
    assert shown == {
        "search_path": "billing",
        "statement_timeout": "30s",
        "lock_timeout": "5s",
        "timezone": "UTC",
        "jit": "off",
    }
