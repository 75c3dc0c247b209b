"""Who asks, and how it is said what a command needs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chassis.context import Caller
from tests.contracts.samples import ACCOUNT, AFFILIATE_ACCOUNT, an_id
from tests.doors import Doors, caller

VISITOR = caller()
MEMBER = caller(ACCOUNT)
OPERATOR = caller(an_id(0xAD), roles={"operator"})
AFFILIATE = caller(AFFILIATE_ACCOUNT)
CONSOLE = caller(principal="console")
NODE = caller(principal="node")


@dataclass(frozen=True)
class Request:
    """Who asks, and with what."""

    caller: Caller
    arguments: dict[str, Any] = field(default_factory=dict)


Prepare = Callable[[Doors], Request]
REQUESTS: dict[str, Prepare] = {}


def asks_for(name: str) -> Callable[[Prepare], Prepare]:
    """The decorated function brings about what the command needs and says how it is asked for."""

    def register(prepare: Prepare) -> Prepare:
        REQUESTS[name] = prepare
        return prepare

    return register


def ask(doors: Doors, method: str, request: Request) -> Any:
    return doors.ask(method, request.caller, **request.arguments)
