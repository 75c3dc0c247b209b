"""Jobs by the calendar, over the API."""

from typing import Any
from uuid import UUID

from gateway import access
from gateway.api.describing import Operations
from gateway.api.idempotency import creation
from services.jobs import schemas

operations = Operations("job_schedules", "Schedules of jobs.")


@operations.on("GET", "/jobs/schedules", gives=schemas.SchedulePage(), who="operators")
def schedules() -> Any:
    """All schedules with their next and last fire."""
    return access.ask("jobs", "schedules")


@operations.on(
    "POST",
    "/jobs/schedules",
    takes=schemas.SaveSchedule(exclude=("schedule_id",)),
    gives=schemas.WhichSchedule(),
    who="operators",
    status=201,
)
def make_schedule(body: dict[str, Any]) -> Any:
    """Make a schedule. The same Idempotency-Key is the same schedule."""
    made = creation()
    access.ask("jobs", "save_schedule", call_id=made.call_id, schedule_id=made.created_id, **body)
    return {"schedule_id": str(made.created_id)}


@operations.on(
    "PUT",
    "/jobs/schedules/<uuid:schedule_id>",
    takes=schemas.SaveSchedule(exclude=("schedule_id",)),
    who="operators",
    status=204,
)
def change_schedule(body: dict[str, Any], schedule_id: UUID) -> Any:
    """Change a schedule, or make it under an id of your own."""
    access.ask("jobs", "save_schedule", schedule_id=schedule_id, **body)


@operations.on("DELETE", "/jobs/schedules/<uuid:schedule_id>", who="operators", status=204)
def remove_schedule(schedule_id: UUID) -> Any:
    """Remove a schedule that is not declared in code."""
    access.ask("jobs", "remove_schedule", schedule_id=schedule_id)


@operations.on("PUT", "/jobs/schedules/<uuid:schedule_id>/pause", who="operators", status=204)
def pause_schedule(schedule_id: UUID) -> Any:
    """Do not follow a schedule for now."""
    access.ask("jobs", "pause_schedule", schedule_id=schedule_id)


@operations.on("DELETE", "/jobs/schedules/<uuid:schedule_id>/pause", who="operators", status=204)
def resume_schedule(schedule_id: UUID) -> Any:
    """Follow a schedule again; what fell into the pause is not made up for."""
    access.ask("jobs", "resume_schedule", schedule_id=schedule_id)


@operations.on(
    "POST",
    "/jobs/schedules/<uuid:schedule_id>/fires",
    gives=schemas.Fired(),
    who="operators",
    status=201,
)
def fire_now(schedule_id: UUID) -> Any:
    """Enqueue a schedule's job now. The same Idempotency-Key is the same job."""
    made = creation()
    return access.ask(
        "jobs", "fire_now", call_id=made.call_id, schedule_id=schedule_id, uid=made.created_id
    )
