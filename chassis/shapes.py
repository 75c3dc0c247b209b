"""The marshmallow base of every shape that crosses a door, and the fields all services share."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields

from chassis.errors import Fields, Invalid
from chassis.events import instant_text
from chassis.money import Money


class Shape(Schema):
    """A request or an answer: a field nobody declared is an error, not a guess."""

    class Meta:
        unknown = RAISE


class Heard(Schema):
    """The parts of another service's event that this service reads; the rest may change freely."""

    class Meta:
        unknown = EXCLUDE


class Id(fields.UUID):
    """An identifier, text on the wire and uuid.UUID inside."""


class Instant(fields.Field[datetime]):
    """A moment: RFC 3339 in UTC on the wire, an aware datetime inside."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else instant_text(value)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        try:
            instant = datetime.fromisoformat(value)
        except (TypeError, ValueError) as error:
            raise ValidationError("Not a moment in RFC 3339 form.") from error
        if instant.tzinfo is None:
            raise ValidationError("Needs a time zone.")
        return instant.astimezone(UTC)


class Amount(fields.Field[Money]):
    """Money: {"amount": minor units, "currency": "EUR"} on the wire, Money inside."""

    def _serialize(
        self, value: Any, attr: str | None, obj: Any, **kwargs: Any
    ) -> dict[str, Any] | None:
        return None if value is None else value.as_json()

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Money:
        try:
            return Money.from_json(value)
        except (KeyError, TypeError, ValueError) as error:
            raise ValidationError(
                'Not money: give {"amount": minor units, "currency": "EUR"}.'
            ) from error


def load(shape: Schema, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Read what came through a door; raises Invalid with a JSON pointer for every wrong field."""
    try:
        loaded: dict[str, Any] = shape.load(arguments)
    except ValidationError as error:
        message = "Some of what was sent cannot be accepted."
        raise Invalid("invalid_request", message, pointers(error.normalized_messages())) from error
    return loaded


def pointers(messages: Mapping[Any, Any], prefix: str = "") -> Fields:
    """Flatten marshmallow's nested messages to JSON pointers (RFC 6901)."""
    flat: dict[str, list[str]] = {}
    for name, said in messages.items():
        step = "" if name == "_schema" else "/" + str(name).replace("~", "~0").replace("/", "~1")
        if isinstance(said, Mapping):
            flat.update(pointers(said, prefix + step))
        else:
            flat[prefix + step] = [str(each) for each in said]
    return flat


def plain(value: Any) -> Any:
    """Arguments of a call as JSON values: identifiers as text, instants as RFC 3339."""
    match value:
        case UUID():
            return str(value)
        case datetime():
            return instant_text(value)
        case Money():
            return value.as_json()
        case Mapping():
            return {key: plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
    return value
