"""One job and pages of jobs."""

from marshmallow import fields, validate

from chassis.shapes import Id, Instant, Shape
from services.jobs.domain import STATES
from services.jobs.schemas import fields as shared


class WhichJob(Shape):
    """One job by its uid."""

    uid = Id(required=True)


class RetryJob(Shape):
    """A dead job, by its uid."""

    job_id = Id(required=True)


class CancelJob(Shape):
    """A job to cancel, by its uid."""

    job_id = Id(required=True)


class Cancelled(Shape):
    """`cancelled` when it had not started, `requested` when its node was told to stop it."""

    state = fields.String()


class RetryDead(Shape):
    """All dead jobs, or those of one kind."""

    kind = fields.String(load_default=None, allow_none=True, validate=shared.KIND)


class HowMany(Shape):
    """A number of jobs."""

    number = fields.Integer()


class ListJobs(Shape):
    """A page of jobs, newest first; each filter narrows it."""

    state = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(STATES))
    kind = fields.String(load_default=None, allow_none=True, validate=shared.KIND)
    tag = fields.String(load_default=None, allow_none=True, validate=shared.TAG)
    group_id = Id(load_default=None, allow_none=True)
    node = fields.String(load_default=None, allow_none=True, validate=shared.NAME)
    account_id = Id(load_default=None, allow_none=True)
    limit = fields.Integer(load_default=50, validate=shared.PAGE)
    cursor = fields.String(load_default=None, allow_none=True, validate=shared.CURSOR)


class AttemptView(Shape):
    """A run that did not succeed."""

    run_no = fields.Integer()
    node = fields.String(allow_none=True)
    started_at = Instant()
    ended_at = Instant()
    outcome = fields.String()
    error = fields.String()


class ProgressView(Shape):
    """How far the present run says it is, in percent."""

    percent = fields.Float()
    note = fields.String()
    at = Instant()


class LogLine(Shape):
    """A line that a handler wrote."""

    at = Instant()
    run_no = fields.Integer()
    text = fields.String()


class Moment(Shape):
    """Something that happened to a job: enqueued, started, failed, lost, timeout, progress, or
    how it ended."""

    at = Instant()
    what = fields.String()
    detail = fields.String(allow_none=True)


class DocumentLine(Shape):
    """A file that the job made."""

    name = fields.String()
    content_type = fields.String()


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
    tags = fields.List(fields.String())
    run_at = Instant()
    created_at = Instant()
    claimed_at = Instant(allow_none=True)
    finished_at = Instant(allow_none=True)
    error = fields.String(allow_none=True)


class JobView(JobLine):
    """A job with all there is to know about it.

    `blocked_by` is needs, permission or concurrency where the state is blocked. `timeline` is
    oldest first.
    """

    args = fields.Dict()
    result = fields.Dict(allow_none=True)
    request_id = fields.String(allow_none=True)
    attempts = fields.List(fields.Nested(AttemptView))
    version = fields.Integer(allow_none=True)
    group_id = Id(allow_none=True)
    needs = fields.List(Id())
    blocked_by = fields.String(allow_none=True)
    cancel_requested = fields.Boolean()
    progress = fields.Nested(ProgressView, allow_none=True)
    log = fields.List(fields.Nested(LogLine))
    document = fields.Nested(DocumentLine, allow_none=True)
    timeline = fields.List(fields.Nested(Moment))


class JobPage(Shape):
    """Jobs, newest first."""

    items = fields.List(fields.Nested(JobLine))
    next_cursor = fields.String(allow_none=True)


class WhichGroup(Shape):
    """One group."""

    group_id = Id(required=True)


class GroupView(Shape):
    """How far a group is; `finished_at` once it is sealed and all its jobs have ended."""

    group_id = Id()
    total = fields.Integer()
    succeeded = fields.Integer()
    dead = fields.Integer()
    cancelled = fields.Integer()
    sealed = fields.Boolean()
    created_at = Instant()
    finished_at = Instant(allow_none=True)
    callback_uid = Id(allow_none=True)


class StoreDocument(Shape):
    """A file that a job made, under the job's uid; `content` is base64, at most 10 MB in it."""

    uid = Id(required=True)
    name = fields.String(required=True, validate=shared.NAME)
    content_type = fields.String(required=True, validate=shared.NAME)
    content = fields.String(required=True)


class Document(Shape):
    """The file; `content` is base64."""

    name = fields.String()
    content_type = fields.String()
    content = fields.String()
