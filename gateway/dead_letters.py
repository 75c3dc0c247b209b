"""The dead letters of all services, as operators see them."""

from typing import Any

from chassis import registry
from chassis.errors import NotFound
from gateway import access
from gateway.asking import Answer, settle_away


def begin() -> dict[str, Answer]:
    """Ask every service at once; `listed` waits for the answers."""
    return {entry.name: access.begin(entry.name, "dead_letters") for entry in registry.services()}


def listed(asked: dict[str, Answer]) -> tuple[list[dict[str, Any]], set[str]]:
    """Every service's dead letters, each with its `service`, and the services that are away."""
    found, away = settle_away(**asked)
    letters = [
        {"service": name, **letter}
        for name, page in found.items()
        if page is not None
        for letter in page["items"]
    ]
    return letters, set(away)


def known_service(name: str) -> str:
    """The name, when a service has it; raises NotFound."""
    if name not in {entry.name for entry in registry.services()}:
        raise NotFound("service_unknown", "There is no such service.")
    return name
