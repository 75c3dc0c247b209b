"""Private servers start, restart, crash, come back, and leave nothing behind."""

import os
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from kombu import Connection

from console.servers import Broker, Postgres, free_port
from console.servers.machine import is_alive, is_free


def processes_of(folder: Path) -> list[int]:
    """Every process of the machine whose command line or environment names the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                told = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            except OSError:
                continue
            if str(folder).encode() in told and is_alive(int(entry.name)):
                found.append(int(entry.name))
    return found


@pytest.fixture
def listener() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_taken_port_is_not_free_and_another_is_found(listener: int) -> None:
    assert not is_free(listener)
    assert free_port(listener) != listener


def test_a_free_port_that_is_preferred_is_taken() -> None:
    port = free_port()
    assert free_port(port) == port


def test_postgres_keeps_what_was_committed_over_a_crash(own_postgres: Postgres) -> None:
    with closing(psycopg2.connect(own_postgres.url)) as connection, connection:
        connection.cursor().execute("CREATE TABLE kept AS SELECT 7 AS seven")
        connection.commit()
    port = own_postgres.port
    own_postgres.kill()
    assert not own_postgres.is_running
    own_postgres.start()
    with closing(psycopg2.connect(own_postgres.url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT seven FROM kept")
        assert cursor.fetchone() == (7,)
    assert own_postgres.port == port
    own_postgres.restart()
    assert own_postgres.port == port


def test_a_broker_goes_away_and_comes_back_on_the_same_port(own_broker: Broker) -> None:
    port = own_broker.port
    with Connection(own_broker.url) as connection:
        channel = connection.channel()
        channel.queue_declare("kept", durable=True, auto_delete=False)
    own_broker.stop_app()
    with pytest.raises(OSError, match="refused"):
        Connection(own_broker.url).connect()
    own_broker.start_app()
    own_broker.kill()
    own_broker.start()
    assert own_broker.port == port
    with Connection(own_broker.url) as connection:
        connection.channel().queue_declare("kept", passive=True)


def test_starting_twice_is_starting_once(own_postgres: Postgres, own_broker: Broker) -> None:
    urls = own_postgres.url, own_broker.url
    own_postgres.start()
    own_broker.start()
    assert (own_postgres.url, own_broker.url) == urls


def test_stopped_servers_leave_no_process_behind(
    own_postgres: Postgres, own_broker: Broker, own_folder: Path
) -> None:
    assert processes_of(own_folder)
    own_postgres.stop()
    own_broker.stop()
    assert processes_of(own_folder) == []
