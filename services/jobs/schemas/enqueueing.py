"""How jobs are asked for, singly and many at once, by request and by event."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from chassis.shapes import Heard, Id, Instant, Shape
from services.jobs.domain import MOST_ARGUMENTS_AT_ONCE
from services.jobs.schemas import fields as shared

MANY = validate.Length(min=1, max=shared.MOST_JOBS_AT_ONCE)
ANY_NUMBER = validate.Length(max=shared.MOST_JOBS_AT_ONCE)
MOST_TAGS = 20
MOST_NEEDS = 100
MOST_VERSION = 32_767
FEW_TAGS = validate.Length(max=MOST_TAGS)
SOME_NEEDS = validate.Length(max=MOST_NEEDS)
VERSION = validate.Range(min=1, max=MOST_VERSION)


class OneJob(Schema):
    """A job; its `uid` is made up by the asker."""

    uid = Id(required=True)
    kind = fields.String(required=True, validate=shared.KIND)
    args = shared.arguments()


class Wishes(Schema):
    """What may be said of how it runs: `run_at` is real time, a lower `priority` runs earlier.

    `needs` are jobs that must succeed before; `group_id` names a group that is still open;
    `version` is of the arguments, the kind's newest where none is given.
    """

    run_at = Instant(load_default=None, allow_none=True)
    priority = shared.priority()
    tags = fields.List(fields.String(validate=shared.TAG), load_default=list, validate=FEW_TAGS)
    needs = fields.List(Id(), load_default=list, validate=SOME_NEEDS)
    group_id = Id(load_default=None, allow_none=True)
    version = fields.Integer(load_default=None, allow_none=True, validate=VERSION)


class Enqueue(Wishes, OneJob, Shape):
    """A job to run, and how."""


class Enqueued(Shape):
    """The job was accepted; `repeated` when it had been before.

    `duplicate_of` is the live job of the same unique values that stands for it; then nothing was
    stored.
    """

    uid = Id()
    repeated = fields.Boolean()
    duplicate_of = Id(allow_none=True)


class Callback(OneJob, Shape):
    """The job that runs when all of a group have ended."""


class OpenGroup(Shape):
    """Jobs that are looked at together; a sealed group takes no more."""

    group_id = Id(required=True)
    callback = fields.Nested(Callback, load_default=None, allow_none=True)
    sealed = fields.Boolean(load_default=True)


class EnqueueMany(Shape):
    """Up to 500 jobs, all accepted or none; with `group` all of them belong to it.

    Without jobs a group is opened or sealed.
    """

    jobs = fields.List(fields.Nested(Enqueue), load_default=list, validate=ANY_NUMBER)
    group = fields.Nested(OpenGroup, load_default=None, allow_none=True)

    @validates_schema
    def check_jobs(self, loaded: dict[str, Any], **_: Any) -> None:
        if not loaded.get("jobs") and not loaded.get("group"):
            raise ValidationError("Names no job.", "jobs")
        check_size_at_once([job["args"] for job in loaded.get("jobs", ())])


class Verdict(Shape):
    """What became of one of many: accepted, repeated or duplicate."""

    uid = Id()
    verdict = fields.String()


class EnqueuedMany(Shape):
    """A verdict for each job, in the order they were asked for."""

    items = fields.List(fields.Nested(Verdict))


class JobRequested(Wishes, OneJob, Heard):
    """The parts of any service's job_requested event that this service reads."""


class RequestedJob(Heard):
    """What differs between the jobs of one jobs_requested event."""

    uid = Id(required=True)
    args = shared.arguments()


class JobsRequested(Wishes, Heard):
    """The parts of any service's jobs_requested event: many jobs of one kind."""

    kind = fields.String(required=True, validate=shared.KIND)
    jobs = fields.List(fields.Nested(RequestedJob), required=True, validate=MANY)

    @validates_schema
    def check_size(self, loaded: dict[str, Any], **_: Any) -> None:
        check_size_at_once([job["args"] for job in loaded.get("jobs", ())])


def check_size_at_once(arguments: list[dict[str, Any]]) -> None:
    size = sum(map(shared.size_of, arguments))
    if size > MOST_ARGUMENTS_AT_ONCE:
        most = MOST_ARGUMENTS_AT_ONCE
        raise ValidationError(f"Has {size} bytes of arguments, at most {most} are taken.", "jobs")
