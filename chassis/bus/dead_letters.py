"""Looking into a service's dead letters, sending them round again, dropping them.

A dead letter is read without being acknowledged and handed back by closing the channel, so looking
changes nothing and a crash half-way loses nothing.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chassis.errors import NotFound, Unavailable
from chassis.publisher import Outgoing, Publisher
from chassis.wire import Channel, Delivery, headers_of

MOST = 500  # how many are looked at in one go


class DeadLetters:
    """One service's dead letters."""

    def __init__(self, service: str, publisher: Publisher) -> None:
        self._service = service
        self._publisher = publisher

    def listed(self) -> list[dict[str, Any]]:
        """The oldest 500: message_id, wire, error, attempt, times, body."""
        with self._opened() as channel:
            return [_described(letter) for letter in self._each(channel)]

    def replay(self, message_id: str | None = None) -> int:
        """Put one, or all, back into the inbox with a fresh count; returns how many."""
        replayed = 0
        with self._opened() as channel:
            for letter in self._each(channel):
                if message_id in (None, letter.properties.get("message_id")):
                    self._publisher.publish([self._fresh(letter)])
                    channel.basic_ack(letter.delivery_tag)
                    replayed += 1
        if message_id and not replayed:
            raise _unknown(message_id)
        return replayed

    def drop(self, message_id: str) -> None:
        """Delete one for good; raises NotFound when it is not there."""
        with self._opened() as channel:
            for letter in self._each(channel):
                if letter.properties.get("message_id") == message_id:
                    channel.basic_ack(letter.delivery_tag)
                    return
        raise _unknown(message_id)

    def _each(self, channel: Channel) -> Iterator[Delivery]:
        for _ in range(MOST):
            letter = channel.basic_get(f"{self._service}.dead")
            if letter is None:
                return
            yield letter

    def _fresh(self, letter: Delivery) -> Outgoing:
        retried = {"attempt", "first_failed_at", "failed_at", "error", "x-death"}
        return Outgoing(
            exchange=f"memberhall.{self._service}",
            routing_key="inbox",
            message_id=str(letter.properties.get("message_id")),
            type=str(letter.properties.get("type")),
            headers={
                name: value for name, value in headers_of(letter).items() if name not in retried
            },
            body=bytes(letter.body),
        )

    @contextmanager
    def _opened(self) -> Iterator[Channel]:
        connection = self._publisher.borrow()
        try:
            with connection:
                yield connection.channel()
        except (OSError, *connection.connection_errors) as error:
            raise Unavailable("broker_away", "The message broker cannot be reached.") from error


def _described(letter: Delivery) -> dict[str, Any]:
    headers = headers_of(letter)
    return {
        "message_id": str(letter.properties.get("message_id")),
        "wire": str(letter.properties.get("type")),
        "error": headers.get("error", ""),
        "attempt": headers.get("attempt", 0),
        "first_failed_at": headers.get("first_failed_at"),
        "failed_at": headers.get("failed_at"),
        "request_id": headers.get("request_id"),
        "account_id": headers.get("account_id"),
        "body": _body(bytes(letter.body)),
    }


def _body(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return {"unreadable": raw[:2000].decode("utf-8", "replace")}


def _unknown(message_id: str) -> NotFound:
    return NotFound("dead_letter_unknown", f"There is no dead letter {message_id}.")
