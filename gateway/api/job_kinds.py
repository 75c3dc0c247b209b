"""Kinds of offline work, over the API."""

from typing import Any

from gateway import access
from gateway.api.describing import Operations
from services.jobs import schemas

operations = Operations("job_kinds", "Kinds of jobs and their limits.")


@operations.on("GET", "/jobs/kinds", gives=schemas.KindPage(), who="operators")
def kinds() -> Any:
    """All kinds with their backlog, rate and latency."""
    return access.ask("jobs", "kinds")


@operations.on("GET", "/jobs/kinds/<name>", gives=schemas.KindView(), who="operators")
def kind(name: str) -> Any:
    """One kind with its limits, its last hour and its workers."""
    return access.ask("jobs", "kind", name=name)


@operations.on(
    "PUT",
    "/jobs/kinds/<name>/override",
    takes=schemas.ChangeOverride(),
    gives=schemas.KindView(),
    who="operators",
)
def change_kind(body: dict[str, Any], name: str) -> Any:
    """Change limits from now on. What is not named is as declared, null lifts a limit.

    With `instead_of`, the override that you read, a change that somebody else made meanwhile is
    told as a conflict and not overwritten.
    """
    instead_of = body.pop("instead_of", None)
    access.ask("jobs", "change_kind", kind=name, override=body, instead_of=instead_of)
    return access.ask("jobs", "kind", name=name)


@operations.on("DELETE", "/jobs/kinds/<name>/override", who="operators", status=204)
def reset_kind(name: str) -> Any:
    """Let the limits that the code declares count again."""
    access.ask("jobs", "change_kind", kind=name, override={})


@operations.on("PUT", "/jobs/kinds/<name>/pause", who="operators", status=204)
def pause_kind(name: str) -> Any:
    """Begin no job of this kind."""
    access.ask("jobs", "pause_kind", kind=name)


@operations.on("DELETE", "/jobs/kinds/<name>/pause", who="operators", status=204)
def resume_kind(name: str) -> Any:
    """Run the kind's jobs again."""
    access.ask("jobs", "resume_kind", kind=name)
