"""Offline work, over the API."""

from typing import Any
from uuid import UUID

from gateway import access
from gateway.api.describing import Operations
from services.jobs import schemas

operations = Operations("jobs", "Nodes, kinds and jobs.")


@operations.on("GET", "/jobs", query=schemas.ListJobs(), gives=schemas.JobPage(), who="operators")
def jobs(query: dict[str, Any]) -> Any:
    """Jobs, newest first."""
    return access.ask("jobs", "jobs", **query)


@operations.on("GET", "/jobs/overview", gives=schemas.Overview(), who="operators")
def overview() -> Any:
    """Nodes, kinds and counts."""
    return access.ask("jobs", "overview")


@operations.on("GET", "/jobs/<uuid:uid>", gives=schemas.JobView(), who="operators")
def job(uid: UUID) -> Any:
    """One job with its arguments and attempts."""
    return access.ask("jobs", "job", uid=uid)


@operations.on("POST", "/jobs/<uuid:uid>/retries", who="operators", status=204)
def retry_job(uid: UUID) -> Any:
    """Run a dead job again."""
    access.ask("jobs", "retry_job", job_id=uid)
