"""The five failures that may cross the bus.

Whoever raises one gives a stable code for programs and a sentence for people. The gateway maps the
kinds to HTTP statuses; any other exception is a defect and never leaves the process as itself.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

Fields = Mapping[str, list[str]]


class Failure(Exception):
    """A refusal that the caller can understand and act on.

    `code` is stable snake_case, `message` a sentence, `fields` maps JSON pointers into the request
    (RFC 6901, for example "/email") to what is wrong there.
    """

    kind: ClassVar[str]

    def __init__(self, code: str, message: str, fields: Fields | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.fields = dict(fields or {})

    def as_json(self) -> dict[str, Any]:
        """The shape that crosses the bus: kind, code, message, fields."""
        return {
            "kind": self.kind,
            "code": self.code,
            "message": self.message,
            "fields": self.fields,
        }


class Invalid(Failure):
    """The request itself is wrong; sending it again unchanged cannot help."""

    kind = "invalid"


class Denied(Failure):
    """The caller may not do this."""

    kind = "denied"


class NotFound(Failure):
    """There is no such thing, or it is not the caller's to see."""

    kind = "not_found"


class Conflict(Failure):
    """The thing is not in a state that allows this."""

    kind = "conflict"


class Unavailable(Failure):
    """Something needed is away at the moment; the same request may succeed later."""

    kind = "unavailable"


KINDS: dict[str, type[Failure]] = {
    kind.kind: kind for kind in (Invalid, Denied, NotFound, Conflict, Unavailable)
}


def failure_from_json(described: Mapping[str, Any]) -> Failure:
    """Rebuild at the caller what `as_json` described; an unknown kind reads as Unavailable."""
    kind = KINDS.get(str(described.get("kind")), Unavailable)
    return kind(
        str(described.get("code", "unknown")),
        str(described.get("message", "The service answered with an error it did not describe.")),
        described.get("fields"),
    )
