"""Kinds of work: what is declared, what was changed, and how they do."""

from typing import Any

from marshmallow import fields, validate

from chassis.shapes import Instant, Shape
from services.jobs.schemas import fields as shared


class NamedKind(Shape):
    """One kind by its name."""

    name = fields.String(required=True, validate=shared.KIND)


class WhichKind(Shape):
    """One kind by its name, to act on."""

    kind = fields.String(required=True, validate=shared.KIND)


class Override(Shape):
    """What an operator changes of a kind; what is not named stays as declared.

    null lifts a limit that the kind declares.
    """

    timeout_s = fields.Integer(validate=validate.Range(min=1, max=86_400))
    max_attempts = fields.Integer(validate=validate.Range(min=1, max=100))
    priority = fields.Integer(validate=shared.PRIORITY)
    queue_size = fields.Integer(allow_none=True, validate=validate.Range(min=1, max=200))
    max_assigned = fields.Integer(allow_none=True, validate=validate.Range(min=1, max=100_000))
    max_pending = fields.Integer(allow_none=True, validate=validate.Range(min=1, max=1_000_000))
    weight = fields.Float(validate=validate.Range(min=0.01, max=1_000))
    node_filter = fields.String(
        allow_none=True, validate=[validate.Length(max=200), shared.regular_expression]
    )
    node_labels = fields.Dict(
        keys=fields.String(validate=validate.Length(min=1, max=100)),
        values=fields.String(validate=validate.Length(max=200)),
        validate=validate.Length(max=20),
    )
    concurrency_limit = fields.Integer(allow_none=True, validate=validate.Range(min=1, max=100_000))
    rate_per_s = fields.Float(
        allow_none=True, validate=validate.Range(min=0, max=100_000, min_inclusive=False)
    )
    rate_burst = fields.Integer(allow_none=True, validate=validate.Range(min=1, max=100_000))


def seen_override() -> fields.Field[Any]:
    """The override that the change was made over, as it was read; null changes whatever there is.

    Where another one stands by then, the change is refused as a conflict.
    """
    return fields.Dict(keys=fields.String(), load_default=None, allow_none=True)


class ChangeKind(Shape):
    """What shall count of a kind from now on; {} is as declared."""

    kind = fields.String(required=True, validate=shared.KIND)
    override = fields.Nested(Override, required=True)
    instead_of = seen_override()


class ChangeOverride(Override):
    """An override, and beside its limits the one that it was made over."""

    instead_of = seen_override()


class KindLine(Shape):
    """A kind with how many of its jobs are where; each number counts to 10,000 at most.

    `rate_per_minute` is of the last full five minutes, `run_ms` and `wait_ms` (from due to start)
    are means over the same; `slots` are what the leader gives it on all nodes together.
    """

    name = fields.String()
    ready = fields.Integer()
    scheduled = fields.Integer()
    running = fields.Integer()
    blocked = fields.Integer()
    dead = fields.Integer()
    nodes = fields.Integer()
    rate_per_minute = fields.Float()
    run_ms = fields.Float(allow_none=True)
    wait_ms = fields.Float(allow_none=True)
    slots = fields.Integer()
    max_assigned = fields.Integer(allow_none=True)
    paused_at = Instant(allow_none=True)
    timeout = fields.Integer()
    max_attempts = fields.Integer()


class KindPage(Shape):
    """All kinds, by name."""

    items = fields.List(fields.Nested(KindLine))


class KindMinute(Shape):
    """What ended in a minute; milliseconds are means of one job, null where none ended."""

    minute = Instant()
    succeeded = fields.Integer()
    failed = fields.Integer()
    run_ms = fields.Float(allow_none=True)
    wait_ms = fields.Float(allow_none=True)


class Allocated(Shape):
    """A node's slots for a kind, and how many of its jobs run there."""

    node = fields.String()
    slots = fields.Integer()
    running = fields.Integer()


class Report(Shape):
    """What the kind's reporting hook counted last: total, completed, pending, failed."""

    counts = fields.Dict()
    at = Instant()


class KindView(KindLine):
    """A kind with all there is to know about it.

    `declared`, `override` and `effective` are limits by name; `minutes` the last hour, oldest
    first; `hooks` the requests that the leader asks, by hook.
    """

    declared = fields.Dict()
    override = fields.Dict()
    effective = fields.Dict()
    hooks = fields.Dict()
    minutes = fields.List(fields.Nested(KindMinute))
    allocation = fields.List(fields.Nested(Allocated))
    report = fields.Nested(Report, allow_none=True)
