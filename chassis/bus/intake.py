"""The consuming side of a service: calls and events off the wire, into workers, acknowledged after.

nameko's own consumers drop what failed, acknowledge too early on stop, and die when an answer falls
due while the broker is away. This one acknowledges last, drains on stop, and outlives the broker.
"""

import json
import threading
import time
from functools import partial
from typing import Any

from nameko.extensions import SharedExtension

from chassis import metrics
from chassis.bus.answering import answer_body, failure_body, read_call
from chassis.bus.failing import put_off
from chassis.envelope import Message, unseal
from chassis.errors import Failure, Unavailable
from chassis.logs import bind, log
from chassis.wire import CALLS, Away, Channel, Delivery, Wire, headers_of, send

AGAIN = b'{"again":true}'


class Intake(SharedExtension):  # type: ignore[misc]  # nameko is untyped
    """One connection for all of a service's doors; what is unacknowledged never exceeds workers."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: dict[str, Any] = {}
        self.handlers: dict[str, Any] = {}

    def setup(self) -> None:
        self._runtime = self.container.config["runtime"]
        self._service = self.container.service_name
        self._taking = True
        self._consuming: list[tuple[Channel, str]] = []
        self._answers: Channel = None
        self._wire = Wire(
            self._runtime.settings.broker_url, f"{self._service} intake", self._on_connect
        )
        self.container.config["intake"] = self

    def start(self) -> None:
        self._wire.start()

    def stop_taking(self) -> None:
        """Cancel the consumers; what was delivered but not started goes back to its queue."""
        if not self._taking:
            return
        self._taking = False
        for channel, tag in self._consuming:
            # Without waiting for the broker's word: only the reader may read from the socket.
            self._write(lambda channel=channel, tag=tag: channel.basic_cancel(tag, nowait=True))

    def stop(self) -> None:
        """Close the connection; by now every worker has ended and acknowledged."""
        self._wire.stop()

    @property
    def is_connected(self) -> bool:
        return bool(self._wire.is_connected)

    def _on_connect(self, wire: Wire) -> None:
        if not self._taking:
            return
        workers = self._runtime.settings.workers
        calls, inbox = wire.open_channel(workers), wire.open_channel(workers)
        self._answers = wire.open_channel()
        queue = f"rpc.{self._service}"
        # It vanishes with its last consumer, so that a call to a stopped service is returned.
        calls.queue_declare(queue, durable=False, auto_delete=True)
        calls.queue_bind(queue, CALLS, self._service)
        take_call, take_event = partial(self._on_call, calls), partial(self._on_event, inbox)
        self._consuming = [
            (calls, calls.basic_consume(queue, callback=take_call)),
            (inbox, inbox.basic_consume(f"{self._service}.inbox", callback=take_event)),
        ]

    def _on_call(self, channel: Channel, delivery: Delivery) -> None:
        if not self._taking:
            self._answer(channel, delivery, AGAIN)
            return
        if headers_of(delivery).get("expires_at", 0) < time.time():
            self._acknowledge(channel, delivery)
            return
        method = str(delivery.properties.get("type"))
        started = time.monotonic()
        try:
            call = read_call(self._runtime.verifier, self._service, delivery)
            entrypoint = self.calls.get(method)
            if entrypoint is None:
                raise Unavailable("unknown_request", f"{self._service} knows no {method}.")
        except Failure as failure:
            self._answer(channel, delivery, failure_body(failure))
            return
        done = partial(self._answered, channel, delivery, method, started)
        bind(request_id=call.caller.request_id)
        self.container.spawn_worker(entrypoint, (call,), {}, handle_result=done)

    def _answered(
        self,
        channel: Channel,
        delivery: Delivery,
        method: str,
        started: float,
        _: Any,
        result: Any,
        exc_info: Any,
    ) -> tuple[Any, Any]:
        body, outcome = answer_body(method, result, exc_info)
        self._answer(channel, delivery, body)
        metrics.rpc_seconds.labels(method).observe(time.monotonic() - started)
        metrics.rpc_answers.labels(method, outcome).inc()
        return result, None

    def _answer(self, channel: Channel, delivery: Delivery, body: bytes) -> None:
        properties = delivery.properties

        def write() -> None:
            send(
                self._answers,
                CALLS,
                str(properties.get("reply_to")),
                body,
                headers={},
                correlation_id=str(properties.get("correlation_id")),
            )
            channel.basic_ack(delivery.delivery_tag)

        self._write(write)

    def _on_event(self, channel: Channel, delivery: Delivery) -> None:
        if not self._taking:
            self._write(lambda: channel.basic_reject(delivery.delivery_tag, requeue=True))
            return
        wire, message_id = _identity(delivery)
        try:
            message = unseal(
                self._runtime.verifier,
                message_id,
                wire,
                headers_of(delivery),
                bytes(delivery.body),
            )
            entrypoint = self._handler(wire)
            body = json.loads(delivery.body)
        except (Failure, ValueError) as error:
            self._in_thread(self._failed, channel, delivery, error)
            return
        lag = time.time() - _staged_at(message)
        metrics.event_lag.labels(wire).observe(max(0.0, lag))
        bind(request_id=message.request_id)
        done = partial(self._handled, channel, delivery)
        self.container.spawn_worker(entrypoint, (message, body), {}, handle_result=done)

    def _handled(
        self, channel: Channel, delivery: Delivery, _: Any, result: Any, exc_info: Any
    ) -> tuple[Any, Any]:
        if exc_info is None:
            metrics.events_handled.labels(_identity(delivery)[0], "done").inc()
            self._acknowledge(channel, delivery)
        else:
            self._failed(channel, delivery, exc_info[1])
        return result, None

    def _failed(self, channel: Channel, delivery: Delivery, error: BaseException) -> None:
        """Publish the retry or the dead letter, then acknowledge; else leave it to redelivery."""
        metrics.events_handled.labels(_identity(delivery)[0], "failed").inc()
        try:
            put_off(self._runtime, self._service, delivery, error)
        except Unavailable:
            log.warning("retry not published; left to redelivery", wire=_identity(delivery)[0])
            return
        self._acknowledge(channel, delivery)

    def _handler(self, wire: str) -> Any:
        entrypoint = self.handlers.get(wire) or self.handlers.get(f"*.{wire.split('.', 1)[-1]}")
        if entrypoint is None:
            raise Unavailable("no_handler", f"{self._service} does not handle {wire}.")
        return entrypoint

    def _acknowledge(self, channel: Channel, delivery: Delivery) -> None:
        self._write(lambda: channel.basic_ack(delivery.delivery_tag))

    def _write(self, act: Any) -> None:
        """What cannot be written is dropped: the broker redelivers, and repeats do no harm."""
        try:
            self._wire.write(act)
        except Away:
            log.info("delivery not acknowledged: the broker is away")

    def _in_thread(self, act: Any, *args: Any) -> None:
        threading.Thread(target=act, args=args, daemon=True).start()


def _identity(delivery: Delivery) -> tuple[str, str]:
    properties = delivery.properties
    return str(properties.get("type")), str(properties.get("message_id"))


def _staged_at(message: Message) -> float:
    """Seconds since the epoch, from the time inside the UUIDv7 that names the message."""
    return (message.id.int >> 80) / 1000
