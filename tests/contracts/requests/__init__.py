"""How each command of each service is asked for, with the state that it needs brought about before.

A new command needs an entry in REQUESTS, made by `asks_for` in its service's file here; the
run-twice test names it until it has one. Whatever an entry needs first, it does through the
service's own doors and commands.
"""

from collections.abc import Callable

from tests.contracts.asking import REQUESTS
from tests.contracts.requests import affiliates, auth, billing, jobs, notifications
from tests.doors import Doors

# What a service has to know already for what it hears to have its whole effect.
BEFORE_HEARING: dict[str, Callable[[Doors], None]] = {
    "affiliates": affiliates.referring,
    "jobs": jobs.declared,
}

__all__ = ["BEFORE_HEARING", "REQUESTS", "auth", "billing", "notifications"]
