"""What services answer to the leader's questions about their kinds."""

from marshmallow import fields, validate

from chassis.shapes import Heard, Id
from services.jobs.schemas import fields as shared

MOST_SELECTED = 200
MOST_RELAUNCHED = 100


class SelectedItem(Heard):
    """A piece of work; `key` names it among all of the kind, whenever it is selected."""

    key = fields.String(required=True, validate=validate.Length(min=1, max=200))
    args = shared.arguments()
    priority = shared.priority()
    account_id = Id(load_default=None, allow_none=True)
    site_id = Id(load_default=None, allow_none=True)


class Selected(Heard):
    """What there is to do, in the order it shall be done."""

    items = fields.List(fields.Nested(SelectedItem), required=True)


class Occupied(Heard):
    """How many pieces are under way that the cluster does not know of."""

    number = fields.Integer(required=True, validate=validate.Range(min=0))


class Allowed(Heard):
    """Which of the jobs may run now."""

    allowed = fields.List(Id(), required=True)


class Relaunched(Heard):
    """Dead jobs to try again."""

    uids = fields.List(Id(), required=True)


class Reported(Heard):
    """How the kind's work as a whole stands."""

    total = fields.Integer(required=True)
    completed = fields.Integer(required=True)
    pending = fields.Integer(required=True)
    failed = fields.Integer(required=True)
