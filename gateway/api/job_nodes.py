"""The nodes that do offline work, over the API."""

from typing import Any

from gateway import access
from gateway.api.describing import Operations
from services.jobs import schemas

operations = Operations("job_nodes", "Nodes that run jobs.")


@operations.on("GET", "/jobs/nodes", gives=schemas.NodePage(), who="operators")
def nodes() -> Any:
    """Who works, and who did within the last hour."""
    return access.ask("jobs", "nodes")


@operations.on(
    "PUT",
    "/jobs/nodes/<name>/workers",
    takes=schemas.ChangeNode(only=("workers",)),
    who="operators",
    status=204,
)
def change_node(body: dict[str, Any], name: str) -> Any:
    """Change how many workers a node has; null is as many as it was started with."""
    access.ask("jobs", "change_node", node=name, **body)


@operations.on("PUT", "/jobs/nodes/<name>/pause", who="operators", status=204)
def pause_node(name: str) -> Any:
    """Have a node take nothing new."""
    access.ask("jobs", "pause_node", node=name)


@operations.on("DELETE", "/jobs/nodes/<name>/pause", who="operators", status=204)
def resume_node(name: str) -> Any:
    """Let a node work again."""
    access.ask("jobs", "resume_node", node=name)
