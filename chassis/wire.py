"""A connection to RabbitMQ that reads in one thread, is written by many, and comes back by itself.

Services, gateway, node and console all talk through it. It uses plain threads; where
`chassis.run` has patched the process they are green, and nothing here needs to know.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from amqp import spec
from kombu.connection import Connection

from chassis import metrics
from chassis.logs import log

EVENTS = "memberhall.events"
CALLS = "memberhall.rpc"

CONNECT_TIMEOUT = 5.0  # seconds
HEARTBEAT = 15  # seconds; a dead broker is noticed within twice that
_BEAT = HEARTBEAT / 5  # seconds between looks at the heartbeats
_PAUSES = (0.1, 0.25, 0.5, 1.0, 2.0)  # seconds between attempts to connect again

_CORK = getattr(socket, "TCP_CORK", None)  # Linux only

# kombu's channels are untyped.
Channel = Any
Delivery = Any


class Away(Exception):
    """The broker is not reachable at the moment."""


class Wire:
    """One connection. `on_connect` runs after each connect, before anything is read, to declare
    queues and start consumers; channels it opens are the only ones that may be used until the
    connection is lost.
    """

    def __init__(self, url: str, name: str, on_connect: Callable[["Wire"], None]) -> None:
        self._url = url
        self._name = name
        self._on_connect = on_connect
        self._lock = threading.RLock()
        self._connection: Connection | None = None
        self._amqp: Any = None
        self._socket: Any = None
        self._connected = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name=f"wire {self._name}", daemon=True)
        self._thread.start()

    def stop(self, timeout: float = 5.0) -> None:
        self._stopping.set()
        self._say_goodbye()
        if self._thread and self._thread is not threading.current_thread():
            self._thread.join(timeout)

    @property
    def is_connected(self) -> bool:
        return self._connected.is_set()

    def wait_until_connected(self, timeout: float) -> bool:
        return self._connected.wait(timeout)

    def open_channel(self, prefetch: int | None = None) -> Channel:
        """A new channel of the present connection; only for use inside `on_connect`."""
        assert self._connection is not None
        channel = self._connection.channel()
        if prefetch is not None:
            channel.basic_qos(0, prefetch, False)
        return channel

    def write(self, act: Callable[[], Any]) -> None:
        """Run `act`, which writes one or more frames, alone on the connection.

        Raises Away when the connection is lost before or while writing.
        """
        with self._lock:
            if not self._connected.is_set():
                raise Away(self._name)
            try:
                with corked(self._socket):
                    act()
            except self._errors() as error:
                self._connected.clear()
                self._wake_reader()
                log.warning("write failed", connection=self._name, reason=repr(error))
                raise Away(self._name) from error

    def _run(self) -> None:
        attempt = 0
        while not self._stopping.is_set():
            connection = Connection(
                self._url,
                heartbeat=HEARTBEAT,
                connect_timeout=CONNECT_TIMEOUT,
                transport_options={"client_properties": {"connection_name": self._name}},
            )
            was_connected = self._live(connection)
            self._close(connection)
            attempt = 0 if was_connected else attempt + 1
            if self._stopping.wait(_PAUSES[min(attempt, len(_PAUSES) - 1)]):
                return
            metrics.reconnections.labels(self._name).inc()

    def _live(self, connection: Connection) -> bool:
        """Connect and read until the connection ends; returns whether there was one."""
        had_one = False
        try:
            connection.connect()
            self._connection, self._amqp = connection, connection.connection
            self._socket = self._amqp.sock
            _publish_without_reading(connection)
            self._on_connect(self)
            self._connected.set()
            had_one = True
            log.info("broker connected", connection=self._name)
            if self._stopping.is_set():
                self._say_goodbye()
            self._read()
        except self._errors() as error:
            log.warning("broker away", connection=self._name, reason=str(error))
        except Exception:  # noqa: BLE001 - a thread that died would hear nothing any more
            log.exception("reading failed; connecting anew", connection=self._name)
        self._connected.clear()
        return had_one

    def _read(self) -> None:
        """Until the broker has said goodbye, or did not in time."""
        beat = time.monotonic()
        while self._amqp.connected:
            try:
                self._amqp.drain_events(timeout=_BEAT)
            except TimeoutError:
                if self._stopping.is_set():
                    return
            if time.monotonic() - beat >= _BEAT:
                beat = time.monotonic()
                with self._lock:
                    if self._connected.is_set():
                        self._amqp.heartbeat_tick()

    def _say_goodbye(self) -> None:
        """The broker's answer is the last that the reader hears. A lost connection has none."""
        with self._lock:
            if self._connected.is_set():
                self._connected.clear()
                try:
                    self._amqp.send_method(spec.Connection.Close, "BsBB", (0, "", 0, 0))
                except self._errors() as error:
                    self._wake_reader()
                    log.debug("connection was gone already", reason=str(error))

    def _wake_reader(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def _close(self, connection: Connection) -> None:
        if self._connection is connection:
            with suppress(OSError):
                self._amqp.collect()

    def _errors(self) -> tuple[type[BaseException], ...]:
        if self._connection is None:
            return (OSError, *Connection(self._url).connection_errors)
        connection = self._connection
        return (OSError, *connection.connection_errors, *connection.channel_errors)


def _publish_without_reading(connection: Connection) -> None:
    """Keep py-amqp from looking for "connection.blocked" on the socket before each publish.

    It would do so in the publishing thread, and two readers take each other's frames.
    """
    connection.connection.client_properties["capabilities"]["connection.blocked"] = False


@contextmanager
def corked(connected: socket.socket) -> Iterator[None]:
    """Have the kernel join what is written inside into as few packets as possible (tcp(7)).

    Every packet wakes the broker, which costs both sides more than what is in it. The last one
    leaves at the end, and none is held back for longer than 200 ms.
    """
    if _CORK is None:
        yield
        return
    connected.setsockopt(socket.IPPROTO_TCP, _CORK, 1)
    try:
        yield
    finally:
        connected.setsockopt(socket.IPPROTO_TCP, _CORK, 0)


def headers_of(delivery: Delivery) -> dict[str, Any]:
    """A delivery's headers; whoever may write to a queue may also write a message without any."""
    return dict(delivery.headers or {})


def send(
    channel: Channel,
    exchange: str,
    routing_key: str,
    body: bytes,
    *,
    headers: Mapping[str, Any],
    mandatory: bool = False,
    **properties: Any,
) -> None:
    """Publish a JSON body on a channel; the caller holds the connection (`Wire.write`)."""
    message = channel.prepare_message(
        body,
        content_type="application/json",
        headers=dict(headers),
        properties=properties,
    )
    channel.basic_publish(message, exchange=exchange, routing_key=routing_key, mandatory=mandatory)
