"""The shapes that cross the jobs service's door."""

import json
from typing import Any

from marshmallow import ValidationError, fields, validate

from chassis.shapes import Heard, Id, Instant, Shape
from services.jobs.domain import FURTHEST_ADVANCE, MOST_ARGUMENTS, STATES

PAGE = validate.Range(min=1, max=100)
PRIORITY = validate.Range(min=1, max=4)


def storable(arguments: dict[str, Any]) -> None:
    """Arguments end as jsonb: no NUL, no half characters, and not more than a node can carry."""
    try:
        text = json.dumps(arguments, ensure_ascii=False, allow_nan=False)
        size = len(text.encode())
    except ValueError as error:
        raise ValidationError("Holds a number or a character that cannot be stored.") from error
    if size > MOST_ARGUMENTS:
        raise ValidationError(f"Has {size} bytes as JSON, at most {MOST_ARGUMENTS} are taken.")
    if _holds_nul(arguments):
        raise ValidationError("Holds the character NUL, which cannot be stored.")


def _holds_nul(value: Any) -> bool:
    match value:
        case str():
            return "\x00" in value
        case dict():
            return any(_holds_nul(each) for pair in value.items() for each in pair)
        case list():
            return any(_holds_nul(each) for each in value)
    return False


class Enqueue(Shape):
    """A job to run; `run_at` is real time, a lower `priority` runs earlier."""

    uid = Id(required=True)
    kind = fields.String(required=True, validate=validate.Length(max=100))
    args = fields.Dict(keys=fields.String(), load_default=dict, validate=storable)
    run_at = Instant(load_default=None, allow_none=True)
    priority = fields.Integer(load_default=None, allow_none=True, validate=PRIORITY)


class JobRequested(Heard):
    """The parts of any service's job_requested event that this service reads."""

    uid = Id(required=True)
    kind = fields.String(required=True, validate=validate.Length(max=100))
    args = fields.Dict(keys=fields.String(), load_default=dict, validate=storable)
    run_at = Instant(load_default=None, allow_none=True)
    priority = fields.Integer(load_default=None, allow_none=True, validate=PRIORITY)


class Enqueued(Shape):
    """The job was accepted; `repeated` when it had been before."""

    uid = Id()
    repeated = fields.Boolean()


class WhichJob(Shape):
    """One job by its uid."""

    uid = Id(required=True)


class RetryJob(Shape):
    """A dead job, by its uid."""

    job_id = Id(required=True)


class ListJobs(Shape):
    """A page of jobs, newest first."""

    state = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(STATES))
    kind = fields.String(load_default=None, allow_none=True)
    limit = fields.Integer(load_default=50, validate=PAGE)
    cursor = fields.String(
        load_default=None, allow_none=True, validate=validate.Regexp(r"^[1-9][0-9]{0,17}$")
    )


class Nothing(Shape):
    """A request without arguments."""


class AdvanceClock(Shape):
    """How far to move business time ahead."""

    seconds = fields.Integer(required=True, validate=validate.Range(min=1, max=FURTHEST_ADVANCE))


class AttemptView(Shape):
    """A run that did not succeed."""

    run_no = fields.Integer()
    node = fields.String(allow_none=True)
    started_at = Instant()
    ended_at = Instant()
    outcome = fields.String()
    error = fields.String()


class JobLine(Shape):
    """A job in a list."""

    uid = Id()
    kind = fields.String()
    state = fields.String()
    priority = fields.Integer()
    attempt = fields.Integer()
    max_attempts = fields.Integer()
    node = fields.String(allow_none=True)
    account_id = Id(allow_none=True)
    run_at = Instant()
    created_at = Instant()
    claimed_at = Instant(allow_none=True)
    finished_at = Instant(allow_none=True)
    error = fields.String(allow_none=True)


class JobView(JobLine):
    """A job with all there is to know about it."""

    args = fields.Dict()
    result = fields.Dict(allow_none=True)
    request_id = fields.String(allow_none=True)
    attempts = fields.List(fields.Nested(AttemptView))


class JobPage(Shape):
    """Jobs, newest first."""

    items = fields.List(fields.Nested(JobLine))
    next_cursor = fields.String(allow_none=True)


class NodeLine(Shape):
    """A node's present or last session."""

    name = fields.String()
    state = fields.String()
    slots = fields.Integer()
    running = fields.Integer()
    labels = fields.Dict()
    version = fields.String()
    host = fields.String()
    started_at = Instant()
    lease_until = Instant()


class KindLine(Shape):
    """A kind with how many of its jobs are where; each number counts to 10,000 at most."""

    name = fields.String()
    timeout = fields.Integer()
    max_attempts = fields.Integer()
    ready = fields.Integer()
    scheduled = fields.Integer()
    running = fields.Integer()
    dead = fields.Integer()
    nodes = fields.Integer()


class Overview(Shape):
    """The cluster at a glance."""

    nodes = fields.List(fields.Nested(NodeLine))
    kinds = fields.List(fields.Nested(KindLine))


class ClockView(Shape):
    """Business time and how far it is ahead of real time."""

    now = Instant()
    offset_seconds = fields.Integer()
