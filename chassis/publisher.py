"""Publishing that counts: many messages at once, each confirmed by the broker before it returns."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kombu.connection import Connection

from chassis.errors import Unavailable
from chassis.logs import log
from chassis.wire import CONNECT_TIMEOUT, Channel, corked, send

CONFIRM_TIMEOUT = 10.0  # seconds
PERSISTENT = 2


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A message on its way to an exchange."""

    exchange: str
    routing_key: str
    message_id: str
    type: str
    headers: Mapping[str, Any]
    body: bytes


class Publisher:
    """A connection for publishing with pipelined confirms; used by one thread at a time."""

    def __init__(self, url: str, name: str) -> None:
        self._url = url
        self._name = name
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._channel: Channel = None
        self._socket: Any = None
        self._waiting: set[int] = set()
        self._refused = False

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """Return when the broker has every message; raises Unavailable when that is not known.

        After Unavailable some of the messages may have arrived: publish all of them again.
        """
        with self._lock:
            for attempt in (1, 2):
                # An idle connection may have died unnoticed, so the first failure proves nothing.
                fresh = self._channel is None
                try:
                    self._publish(messages)
                    return
                except self._errors() as error:
                    self._close()
                    if fresh or attempt == 2:
                        log.warning("cannot publish", connection=self._name, reason=str(error))
                        raise Unavailable(
                            "broker_away", "The message broker cannot be reached at the moment."
                        ) from error

    def borrow(self) -> "Connection":
        """A short-lived connection of its own, for looking into queues; the caller closes it."""
        return Connection(self._url, connect_timeout=CONNECT_TIMEOUT)

    def close(self) -> None:
        with self._lock:
            self._close()

    def _publish(self, messages: Sequence[Outgoing]) -> None:
        channel = self._channel or self._open()
        self._waiting.clear()
        self._refused = False
        with corked(self._socket):
            for message in messages:
                self._send(channel, message)
        while self._waiting:
            self._connection.drain_events(timeout=CONFIRM_TIMEOUT)  # type: ignore[union-attr]
        if self._refused:
            raise OSError("the broker refused a message")

    def _send(self, channel: Channel, message: Outgoing) -> None:
        self._waiting.add(self._next_tag)
        self._next_tag += 1
        send(
            channel,
            message.exchange,
            message.routing_key,
            message.body,
            headers=message.headers,
            message_id=message.message_id,
            type=message.type,
            delivery_mode=PERSISTENT,
        )

    def _open(self) -> Channel:
        self._connection = Connection(
            self._url,
            connect_timeout=CONNECT_TIMEOUT,
            transport_options={"client_properties": {"connection_name": self._name}},
        )
        self._connection.connect()
        self._socket = self._connection.connection.sock
        channel = self._connection.channel()
        channel.confirm_select()
        channel.events["basic_ack"].add(self._on_ack)
        channel.events["basic_nack"].add(self._on_nack)
        self._next_tag = 1
        self._channel = channel
        return channel

    def _on_ack(self, tag: int, multiple: bool) -> None:
        if multiple:
            self._waiting = {waiting for waiting in self._waiting if waiting > tag}
        else:
            self._waiting.discard(tag)

    def _on_nack(self, tag: int, multiple: bool) -> None:
        self._refused = True
        self._on_ack(tag, multiple)

    def _close(self) -> None:
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None:
            try:
                connection.close()
            except OSError as error:
                log.debug("connection was gone already", reason=str(error))

    def _errors(self) -> tuple[type[BaseException], ...]:
        known = self._connection or Connection(self._url)
        return (OSError, *known.connection_errors, *known.channel_errors)
