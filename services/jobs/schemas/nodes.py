"""Nodes, and the cluster at a glance."""

from marshmallow import fields, validate

from chassis.shapes import Instant, Shape
from services.jobs.schemas import fields as shared
from services.jobs.schemas.kinds import KindLine


class WhichNode(Shape):
    """One node by its name."""

    node = fields.String(required=True, validate=shared.NAME)


class ChangeNode(Shape):
    """How many workers a node shall have; null: as many as it was started with."""

    node = fields.String(required=True, validate=shared.NAME)
    workers = fields.Integer(
        required=True, allow_none=True, validate=validate.Range(min=1, max=1_000)
    )


class NodeLoad(Shape):
    """What the node told of its machine: load average of one minute, memory of the node in MB."""

    load1 = fields.Float(allow_none=True)
    memory_mb = fields.Float(allow_none=True)


class NodeLine(Shape):
    """A node's present or last session: live, draining, dead or left."""

    name = fields.String()
    state = fields.String()
    paused_at = Instant(allow_none=True)
    slots = fields.Integer()
    slots_wanted = fields.Integer(allow_none=True)
    running = fields.Integer()
    # marshmallow takes fields off the class, so that its own method stays.
    load = fields.Nested(NodeLoad)  # type: ignore[assignment]
    labels = fields.Dict()
    version = fields.String()
    host = fields.String()
    started_at = Instant()
    lease_until = Instant()


class NodePage(Shape):
    """Who is there, and who was there within the last hour."""

    items = fields.List(fields.Nested(NodeLine))


class LeaderView(Shape):
    """Who keeps house."""

    holder = fields.String()
    term = fields.Integer()
    since = Instant()


class Counts(Shape):
    """Jobs of all kinds by where they are; each number counts to 10,000 of a kind at most."""

    ready = fields.Integer()
    scheduled = fields.Integer()
    running = fields.Integer()
    blocked = fields.Integer()
    dead = fields.Integer()


class Overview(Shape):
    """The cluster at a glance; `leader` is null while nobody keeps house."""

    nodes = fields.List(fields.Nested(NodeLine))
    kinds = fields.List(fields.Nested(KindLine))
    leader = fields.Nested(LeaderView, allow_none=True)
    counts = fields.Nested(Counts)
