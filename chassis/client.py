"""Calls to services over the bus, from plain threads: gateway, node, console, and services too.

One connection a process carries all calls at once; answers find their caller by correlation id. A
call to a service that is away is tried again within its deadline, so that a restart is a pause and
not an error page. Every mutating call carries a call id, which makes trying again harmless.
"""

import json
import os
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from chassis import metrics
from chassis.context import Caller, Signer
from chassis.errors import Unavailable, failure_from_json
from chassis.ids import new_id
from chassis.logs import log
from chassis.shapes import plain
from chassis.wire import CALLS, EVENTS, Away, Channel, Delivery, Wire, send

DEADLINE = 5.0  # seconds
_AGAIN_AFTER = 0.1  # seconds between tries while a service is away

OnBroadcast = Callable[[str, dict[str, Any]], None]


@dataclass
class Call:
    """A call on its way. `result()` waits for the answer and raises the five failures."""

    client: "Client"
    correlation_id: str
    service: str
    method: str
    body: bytes
    headers: dict[str, Any]
    expires: float  # time.monotonic()
    started: float = field(default_factory=time.monotonic)
    answer: "Future[bytes | None]" = field(default_factory=Future)

    def result(self) -> Any:
        """The answer as JSON values; Unavailable when none comes before the deadline."""
        try:
            while True:
                answer = _read(self._wait())
                if answer is not None:
                    return _unwrap(answer)
                time.sleep(min(_AGAIN_AFTER, max(0.0, self.expires - time.monotonic())))
                self.client._send_again(self)
        finally:
            self.client._forget(self)
            waited = time.monotonic() - self.started
            metrics.calls_made.labels(self.service, self.method).observe(waited)

    def _wait(self) -> bytes | None:
        """The answer's body, or None when the call is to be sent again.

        That is when it came back because nobody consumes it, and once when half the time is gone:
        a service that was killed took the call with it.
        """
        halfway = (self.started + self.expires) / 2
        now = time.monotonic()
        until = halfway if now < halfway else self.expires
        try:
            return self.answer.result(max(0.0, until - now))
        except TimeoutError:
            if until == halfway:
                return None
            raise self._unavailable() from None

    def _unavailable(self) -> Unavailable:
        if not self.client.is_connected:
            return Unavailable("broker_away", "The message broker cannot be reached at the moment.")
        return Unavailable(
            f"{self.service}_away", f"The {self.service} service does not answer at the moment."
        )


class Client:
    """Calls in the name of one principal.

    `broadcasts` names events that this process wants to hear from now on, each delivered to
    `on_broadcast(wire, body)` in the reader thread; what is told while the broker is away is
    missed, and `on_reconnect` is called so that caches can be dropped.
    """

    def __init__(
        self,
        *,
        principal: str,
        broker_url: str,
        private_key: bytes,
        broadcasts: tuple[str, ...] = (),
        on_broadcast: OnBroadcast | None = None,
        on_reconnect: Callable[[], None] = lambda: None,
    ) -> None:
        self.principal = principal
        self._signer = Signer(principal, private_key)
        instance = f"{os.getpid()}-{uuid.uuid4().hex[:12]}"
        self._replies = f"reply.{principal}.{instance}"
        self._broadcast_queue = f"{principal}.broadcast.{instance}"
        self._broadcasts = broadcasts
        self._on_broadcast = on_broadcast
        self._on_reconnect = on_reconnect
        self._calls: dict[str, Call] = {}
        self._channel: Channel = None
        self._wire = Wire(broker_url, f"{principal} client", self._connected)

    def start(self) -> "Client":
        self._wire.start()
        return self

    def stop(self) -> None:
        self._wire.stop()

    @property
    def is_connected(self) -> bool:
        return self._wire.is_connected

    def wait_until_connected(self, timeout: float = 10.0) -> bool:
        return self._wire.wait_until_connected(timeout)

    def call(self, service: str, method: str, /, *, caller: Caller, **arguments: Any) -> Any:
        """Ask and wait; takes the arguments of `begin`."""
        return self.begin(service, method, caller=caller, **arguments).result()

    def begin(
        self,
        service: str,
        method: str,
        /,
        *,
        caller: Caller,
        deadline: float = DEADLINE,
        call_id: uuid.UUID | None = None,
        **arguments: Any,
    ) -> Call:
        """Send a call and return at once; `Call.result` waits for the answer.

        `call_id` makes a mutating call safe to repeat; one is made up where the caller has none.
        """
        call = Call(
            client=self,
            correlation_id=uuid.uuid4().hex,
            service=service,
            method=method,
            body=json.dumps(plain(arguments), separators=(",", ":")).encode(),
            headers={
                "context": self._signer.context(caller, service),
                "call_id": str(call_id or new_id()),
                "expires_at": time.time() + deadline,
            },
            expires=time.monotonic() + deadline,
        )
        self._calls[call.correlation_id] = call
        self._send(call)
        return call

    def gather(self, calls: Mapping[str, Call]) -> dict[str, Any]:
        """All answers by name; the first failure is raised once every call has come to its end."""
        answers: dict[str, Any] = {}
        failures: list[BaseException] = []
        for name, call in calls.items():
            try:
                answers[name] = call.result()
            except Exception as error:  # noqa: BLE001 - collected and raised below
                failures.append(error)
        if failures:
            raise failures[0]
        return answers

    def _send(self, call: Call) -> None:
        remaining = call.expires - time.monotonic()
        if remaining <= 0:
            return
        try:
            self._wire.write(
                lambda: send(
                    self._channel,
                    CALLS,
                    call.service,
                    call.body,
                    headers=call.headers,
                    mandatory=True,
                    type=call.method,
                    correlation_id=call.correlation_id,
                    reply_to=self._replies,
                    expiration=str(max(1, int(remaining * 1000))),
                )
            )
        except Away:
            log.debug("call waits for the broker", service=call.service, method=call.method)

    def _send_again(self, call: Call) -> None:
        call.answer = Future()
        self._send(call)

    def _forget(self, call: Call) -> None:
        self._calls.pop(call.correlation_id, None)

    def _connected(self, wire: Wire) -> None:
        channel = wire.open_channel()
        channel.queue_declare(self._replies, exclusive=True, auto_delete=True)
        channel.queue_bind(self._replies, CALLS, self._replies)
        channel.basic_consume(self._replies, no_ack=True, callback=self._on_answer)
        channel.events["basic_return"].add(self._on_returned)
        if self._broadcasts:
            self._listen(channel)
        self._channel = channel
        threading.Thread(target=self._after_connect, daemon=True).start()

    def _listen(self, channel: Channel) -> None:
        queue = self._broadcast_queue
        channel.queue_declare(queue, exclusive=True, auto_delete=True)
        for name in self._broadcasts:
            channel.queue_bind(queue, EVENTS, name)
        channel.basic_consume(queue, no_ack=True, callback=self._on_event)

    def _after_connect(self) -> None:
        """Answers to calls sent before were lost with the old reply queue: ask again."""
        self._on_reconnect()
        if self._wire.wait_until_connected(DEADLINE):
            for call in list(self._calls.values()):
                self._send(call)

    def _on_answer(self, message: Delivery) -> None:
        call = self._calls.get(message.properties.get("correlation_id", ""))
        if call and not call.answer.done():
            call.answer.set_result(bytes(message.body))

    def _on_returned(self, _: Any, __: str, ___: str, message: Delivery) -> None:
        call = self._calls.get(message.properties.get("correlation_id", ""))
        if call and not call.answer.done():
            call.answer.set_result(None)

    def _on_event(self, message: Delivery) -> None:
        if self._on_broadcast is None:
            return
        try:
            self._on_broadcast(str(message.properties.get("type")), json.loads(message.body))
        except Exception:  # noqa: BLE001 - the reader must go on reading
            log.exception("broadcast not understood", wire=message.properties.get("type"))


def _read(body: bytes | None) -> dict[str, Any] | None:
    """The answer; None when there is none yet, or a stopping service asks to be asked again."""
    answer: dict[str, Any] | None = json.loads(body) if body is not None else None
    return None if answer is not None and "again" in answer else answer


def _unwrap(answer: Mapping[str, Any]) -> Any:
    if "failure" in answer:
        raise failure_from_json(answer["failure"])
    return answer["result"]
