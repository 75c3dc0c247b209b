"""A kind and a job for a handler under test, with services that answer as the test says."""

import uuid
from collections.abc import Callable
from typing import Any

from chassis.jobkinds import Handler, Job, JobKind

UID = uuid.UUID("018f0000-0000-7000-8000-00000000000a")


def work(job: Job) -> None:
    """A handler that has nothing to do."""


def declare(handler: Handler, **options: Any) -> JobKind:
    """A kind of this handler that nothing registers."""
    return JobKind(name="tests.x", handler=handler, file=__file__, **options)


class Services:
    """Stands for the bus: remembers what was asked and how far the job said it was.

    Each answer is told by "service.method": a value, an exception to raise, or a function of the
    arguments. Calls are answered once by id, as services do.
    """

    def __init__(self, **answers: Any) -> None:
        self.answers = {name.replace("__", "."): answer for name, answer in answers.items()}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.told: list[tuple[float, str]] = []
        self.lines: list[str] = []
        self._answered: dict[uuid.UUID, Any] = {}

    def ask(self, service: str, method: str, /, *, call_id: uuid.UUID, **arguments: Any) -> Any:
        if call_id in self._answered:
            return self._answered[call_id]
        self.asked.append((f"{service}.{method}", arguments))
        answer = self.answers[f"{service}.{method}"]
        answer = answer(**arguments) if isinstance(answer, Callable) else answer  # type: ignore[arg-type]
        if isinstance(answer, Exception):
            raise answer
        self._answered[call_id] = answer
        return answer

    def job(self, kind: str, args: dict[str, Any], run_no: int = 1) -> Job:
        return Job(
            uid=UID,
            id=1,
            run_no=run_no,
            attempt=run_no,
            kind=kind,
            args=args,
            request_id="r-1",
            ask=self.ask,
            tell_progress=lambda percent, note: self.told.append((percent, note)),
            keep_line=self.lines.append,
        )
