"""Asking services: one call, or all of a page's independent calls at once.

A page begins every call it needs and then waits for them together, so that it takes as long as
the slowest one and not as long as their sum.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from flask import current_app

from chassis.client import DEADLINE
from chassis.context import Caller
from chassis.errors import Failure, Unavailable
from gateway.aliases import Aliases
from gateway.session import Sessions
from gateway.settings import Settings


class Answer(Protocol):
    """A call on its way."""

    def result(self) -> Any:
        """The answer; raises one of the five failures."""


class Bus(Protocol):
    """The part of `chassis.client.Client` that requests use."""

    @property
    def is_connected(self) -> bool: ...

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
    ) -> Answer: ...


@dataclass(frozen=True, kw_only=True)
class Gateway:
    """What every request of this process shares."""

    settings: Settings
    bus: Bus
    sessions: Sessions
    aliases: Aliases


def gateway() -> Gateway:
    """The process' shared parts; only inside a request or an app context."""
    shared: Gateway = current_app.extensions["memberhall"]
    return shared


def gather(**answers: Answer) -> dict[str, Any]:
    """All answers by name; the first failure is raised once every call has come to its end."""
    found = settle(**answers)
    for answer in found.values():
        if isinstance(answer, Failure):
            raise answer
    return found


def settle(**answers: Answer) -> dict[str, Any]:
    """All answers by name, where one that failed is its failure."""
    return {name: _settled(answer) for name, answer in answers.items()}


def settle_away(**answers: Answer) -> tuple[dict[str, Any], dict[str, Unavailable]]:
    """What came, with None for what did not, and why not; failures other than being away raise."""
    settled = settle(**answers)
    away = {name: each for name, each in settled.items() if isinstance(each, Unavailable)}
    _raise_first({name: each for name, each in settled.items() if name not in away})
    return {name: None if name in away else each for name, each in settled.items()}, away


def _settled(answer: Answer) -> Any:
    try:
        return answer.result()
    except Failure as failure:
        return failure


def _raise_first(settled: Mapping[str, Any]) -> None:
    for each in settled.values():
        if isinstance(each, Failure):
            raise each
