"""Offline work, over the API: jobs and groups."""

from typing import Any
from uuid import UUID

from flask import Response

from gateway import access
from gateway.api.describing import Operations
from gateway.api.idempotency import creation
from gateway.downloads import document
from services.jobs import schemas

operations = Operations("jobs", "Jobs and groups of jobs.")


@operations.on("GET", "/jobs", query=schemas.ListJobs(), gives=schemas.JobPage(), who="operators")
def jobs(query: dict[str, Any]) -> Any:
    """Jobs, newest first."""
    return access.ask("jobs", "jobs", **query)


@operations.on(
    "POST",
    "/jobs",
    takes=schemas.Enqueue(exclude=("uid",)),
    gives=schemas.Enqueued(),
    who="operators",
    status=201,
)
def enqueue(body: dict[str, Any]) -> Any:
    """Enqueue a job. The same Idempotency-Key is the same job."""
    made = creation()
    return access.ask("jobs", "enqueue", call_id=made.call_id, uid=made.created_id, **body)


@operations.on(
    "POST",
    "/jobs/batches",
    takes=schemas.EnqueueMany(),
    gives=schemas.EnqueuedMany(),
    who="operators",
    status=201,
)
def enqueue_many(body: dict[str, Any]) -> Any:
    """Enqueue up to 500 jobs under ids of your own, all or none; with `group` as one group."""
    return access.ask("jobs", "enqueue_many", call_id=creation().call_id, **body)


@operations.on("GET", "/jobs/overview", gives=schemas.Overview(), who="operators")
def overview() -> Any:
    """Leader, nodes, kinds and counts."""
    return access.ask("jobs", "overview")


@operations.on(
    "POST",
    "/jobs/retries",
    takes=schemas.RetryDead(),
    gives=schemas.HowMany(),
    who="operators",
)
def retry_dead(body: dict[str, Any]) -> Any:
    """Run every dead job again, or those of one kind."""
    return access.ask("jobs", "retry_dead", **body)


@operations.on("GET", "/jobs/<uuid:uid>", gives=schemas.JobView(), who="operators")
def job(uid: UUID) -> Any:
    """One job with its arguments, progress, log and attempts."""
    return access.ask("jobs", "job", uid=uid)


@operations.on("POST", "/jobs/<uuid:uid>/retries", who="operators", status=204)
def retry_job(uid: UUID) -> Any:
    """Run a dead job again."""
    access.ask("jobs", "retry_job", job_id=uid)


@operations.on("POST", "/jobs/<uuid:uid>/cancellations", gives=schemas.Cancelled(), who="operators")
def cancel_job(uid: UUID) -> Any:
    """Cancel a job that waits, or have a running one stopped."""
    return access.ask("jobs", "cancel_job", job_id=uid)


@operations.on("GET", "/jobs/<uuid:uid>/document")
def job_document(uid: UUID) -> Response:
    """The file that a job made, for operators and for the account that the job belongs to."""
    return document(access.ask("jobs", "document", uid=uid))


@operations.on("GET", "/jobs/groups/<uuid:group_id>", gives=schemas.GroupView(), who="operators")
def group(group_id: UUID) -> Any:
    """How far a group of jobs is."""
    return access.ask("jobs", "group", group_id=group_id)
