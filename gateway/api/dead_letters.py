"""What every service gave up, over the API."""

from typing import Any

from marshmallow import fields, validate

from chassis.shapes import Shape
from gateway import access, dead_letters
from gateway.api.describing import Operations

operations = Operations("dead_letters", "Deliveries of events that were given up.")


class DeadLetter(Shape):
    """An event that a service could not handle, and why."""

    service = fields.String()
    message_id = fields.String()
    wire = fields.String()
    error = fields.String()
    attempt = fields.Integer()
    first_failed_at = fields.String(allow_none=True)
    failed_at = fields.String(allow_none=True)
    request_id = fields.String(allow_none=True)
    account_id = fields.String(allow_none=True)
    body = fields.Raw()


class DeadLetters(Shape):
    """The oldest dead letters of each service; `away` names the services that did not answer."""

    items = fields.List(fields.Nested(DeadLetter))
    away = fields.List(fields.String())


class Replay(Shape):
    """One dead letter, or all of the service's where no message is named."""

    service = fields.String(required=True, validate=validate.Length(max=100))
    message_id = fields.String(load_default=None, allow_none=True)


class Replayed(Shape):
    """How many went round again."""

    replayed = fields.Integer()


@operations.on("GET", "/dead-letters", gives=DeadLetters(), who="operators")
def listed() -> Any:
    """The oldest dead letters of every service."""
    items, away = dead_letters.listed(dead_letters.begin())
    return {"items": items, "away": sorted(away)}


@operations.on("POST", "/dead-letters/replays", takes=Replay(), gives=Replayed(), who="operators")
def replay(body: dict[str, Any]) -> Any:
    """Send dead letters round again."""
    service = dead_letters.known_service(body["service"])
    return access.ask(service, "replay_dead_letters", message_id=body.get("message_id"))


@operations.on("DELETE", "/dead-letters/<service>/<message_id>", who="operators", status=204)
def drop(service: str, message_id: str) -> Any:
    """Delete a dead letter for good."""
    access.ask(dead_letters.known_service(service), "drop_dead_letter", message_id=message_id)
