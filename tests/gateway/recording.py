"""A bus that records what is asked, and answers or fails as a test arranged."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from chassis.client import DEADLINE
from chassis.context import Caller
from chassis.errors import Unavailable
from chassis.shapes import plain
from gateway.asking import Answer


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One call as it left the gateway; `arguments` are JSON values, as on the wire."""

    service: str
    method: str
    caller: Caller
    arguments: dict[str, Any]
    call_id: UUID | None
    deadline: float


@dataclass
class Arranged:
    """An answer, or the failure that stands in its place."""

    answer: Any

    def result(self) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@dataclass
class RecordingBus:
    """In place of chassis.client.Client. What nobody arranged is a service that is away."""

    is_connected: bool = True
    asked: list[Asked] = field(default_factory=list)
    answers: dict[tuple[str, str], Any] = field(default_factory=dict)

    def answer(self, service: str, method: str, answer: Any) -> None:
        """From now on: a value, a failure, or a function of the arguments."""
        self.answers[service, method] = answer

    def begin(
        self,
        service: str,
        method: str,
        /,
        *,
        caller: Caller,
        deadline: float = DEADLINE,
        call_id: UUID | None = None,
        **arguments: Any,
    ) -> Answer:
        sent = plain(arguments)
        self.asked.append(
            Asked(
                service=service,
                method=method,
                caller=caller,
                arguments=sent,
                call_id=call_id,
                deadline=deadline,
            )
        )
        away = Unavailable(f"{service}_away", f"The {service} service does not answer.")
        arranged = self.answers.get((service, method), away)
        return Arranged(arranged(**sent) if callable(arranged) else arranged)

    def calls(self, service: str, method: str) -> list[Asked]:
        """What was asked of one door so far."""
        return [each for each in self.asked if (each.service, each.method) == (service, method)]
