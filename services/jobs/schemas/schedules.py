"""Schedules: jobs that are enqueued by the calendar of a time zone."""

from marshmallow import fields, validate

from chassis.shapes import Id, Instant, Shape
from services.jobs.domain import FURTHEST_ADVANCE
from services.jobs.schemas import fields as shared


class SaveSchedule(Shape):
    """A schedule as it shall be from now on; the same id again changes it.

    `missed` says what happens with fires that nobody could fire in time: skip, one or all.
    """

    schedule_id = Id(required=True)
    name = fields.String(required=True, validate=shared.NAME)
    kind = fields.String(required=True, validate=shared.KIND)
    cron = fields.String(required=True, validate=[validate.Length(max=200), shared.readable_cron])
    time_zone = fields.String(load_default="UTC", validate=shared.known_zone)
    missed = shared.missed()
    args = shared.arguments()


class WhichSchedule(Shape):
    """One schedule."""

    schedule_id = Id(required=True)


class FireNow(Shape):
    """A schedule's job, now and beside the calendar, under the uid given."""

    schedule_id = Id(required=True)
    uid = Id(required=True)


class Fired(Shape):
    """The job that was enqueued."""

    uid = Id()


class ScheduleLine(Shape):
    """A schedule; moments are business time. `is_declared` in code, or else made by an operator."""

    schedule_id = Id()
    name = fields.String()
    kind = fields.String()
    cron = fields.String()
    time_zone = fields.String()
    missed = fields.String()
    args = fields.Dict()
    paused_at = Instant(allow_none=True)
    next_fire_at = Instant(allow_none=True)
    last_fire_at = Instant(allow_none=True)
    is_declared = fields.Boolean()


class SchedulePage(Shape):
    """All schedules, by name."""

    items = fields.List(fields.Nested(ScheduleLine))


class AdvanceClock(Shape):
    """How far to move business time ahead."""

    seconds = fields.Integer(required=True, validate=validate.Range(min=1, max=FURTHEST_ADVANCE))


class ClockView(Shape):
    """Business time and how far it is ahead of real time."""

    now = Instant()
    offset_seconds = fields.Integer()
