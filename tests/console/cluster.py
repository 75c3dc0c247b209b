"""A jobs service for the console's tests: it answers what it was told to, in the real shapes."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import Schema

from chassis.errors import Failure
from chassis.shapes import load, plain
from console.main import _parser
from services.jobs import schemas

# Of each request, what it takes and what it answers.
SHAPES: dict[str, tuple[type[Schema], type[Schema] | None]] = {
    "overview": (schemas.Nothing, schemas.Overview),
    "nodes": (schemas.Nothing, schemas.NodePage),
    "kinds": (schemas.Nothing, schemas.KindPage),
    "kind": (schemas.NamedKind, schemas.KindView),
    "jobs": (schemas.ListJobs, schemas.JobPage),
    "job": (schemas.WhichJob, schemas.JobView),
    "group": (schemas.WhichGroup, schemas.GroupView),
    "enqueue": (schemas.Enqueue, schemas.Enqueued),
    "cancel_job": (schemas.CancelJob, schemas.Cancelled),
    "retry_job": (schemas.RetryJob, None),
    "retry_dead": (schemas.RetryDead, schemas.HowMany),
    "pause_kind": (schemas.WhichKind, None),
    "resume_kind": (schemas.WhichKind, None),
    "change_kind": (schemas.ChangeKind, None),
    "pause_node": (schemas.WhichNode, None),
    "resume_node": (schemas.WhichNode, None),
    "change_node": (schemas.ChangeNode, None),
    "schedules": (schemas.Nothing, schemas.SchedulePage),
    "save_schedule": (schemas.SaveSchedule, None),
    "remove_schedule": (schemas.WhichSchedule, None),
    "pause_schedule": (schemas.WhichSchedule, None),
    "resume_schedule": (schemas.WhichSchedule, None),
    "fire_now": (schemas.FireNow, schemas.Fired),
}


class Cluster:
    """Answers each request with the next of what was laid down for it, the last one for ever."""

    def __init__(self, **answers: Any) -> None:
        self._answers: dict[str, list[Any]] = {
            name: answer if isinstance(answer, list) else [answer]
            for name, answer in answers.items()
        }
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def ask(self, service: str, method: str, **arguments: Any) -> Any:
        assert service == "jobs"
        takes, gives = SHAPES[method]
        # As the bus does it: through JSON, and then through the door's own shape.
        sent = json.loads(json.dumps(plain(arguments)))
        load(takes(), sent)
        self.asked.append((method, sent))
        answer = self._next(method)
        if isinstance(answer, Failure):
            raise answer
        return None if gives is None else checked(gives(), answer)

    def asked_for(self, method: str) -> list[dict[str, Any]]:
        """The arguments of every such request so far."""
        return [arguments for name, arguments in self.asked if name == method]

    def _next(self, method: str) -> Any:
        laid_down = self._answers.get(method, [None])
        return laid_down.pop(0) if len(laid_down) > 1 else laid_down[0]


def checked(shape: Schema, answer: Any) -> Any:
    """The answer, which has to have every field of the shape and no other."""
    for given, declared in _nested(shape, answer):
        assert set(given) == set(declared.fields), type(declared).__name__
    return answer


def _nested(shape: Schema, answer: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Schema]]:
    yield answer, shape
    for name, field in shape.fields.items():
        inner = getattr(field, "inner", field)
        below = getattr(inner, "schema", None)
        value = answer.get(name)
        if below is None or value is None:
            continue
        for each in value if isinstance(value, list) else [value]:
            yield from _nested(below, each)


def types(cluster: Cluster, *words: str) -> int:
    """What an operator types after `memberhall jobs`; returns the exit status."""
    options = _parser("jobs").parse_args(["jobs", *words])
    status: int = options.carry_out(options, cluster)
    return status
