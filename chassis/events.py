"""The base of every event: a frozen dataclass that knows its wire name and its JSON body."""

from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from typing import Any, ClassVar
from uuid import UUID

from chassis.money import Money


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that has happened. Subclasses are past tense and say in one line when it is true.

    `wire` is "<service>.<what_happened>". `version` is the version of the aggregate told about, so
    that hearers can apply events in any order.
    """

    wire: ClassVar[str]
    version: int = 1

    def to_body(self) -> dict[str, Any]:
        """The flat JSON body: money as minor units and currency, instants as RFC 3339 in UTC."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}


def instant_text(instant: datetime) -> str:
    """RFC 3339 in UTC; a naive datetime is a defect and raises ValueError."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int() | str():
            return value
        case UUID():
            return str(value)
        case datetime():
            return instant_text(value)
        case date():
            return value.isoformat()
        case Money():
            return value.as_json()
        case tuple() | list():
            return [_plain(item) for item in value]
        case dict():
            return {str(key): _plain(item) for key, item in value.items()}
    raise TypeError(f"{type(value).__name__} has no place in an event's body")
