"""A member's standing, and the site's."""

from marshmallow import fields

from chassis.shapes import Amount, Id, Instant, Shape
from services.billing.schemas.checkout import PlanView


class NextPayment(Shape):
    """When the provider collects next, and how much."""

    at = Instant()
    amount = Amount()


class Membership(Shape):
    """`status` is active, past_due, cancelled (access until paid_through) or none."""

    status = fields.String()
    has_access = fields.Boolean()
    subscription_id = Id(allow_none=True)
    plan = fields.Nested(PlanView, allow_none=True)
    started_at = Instant(allow_none=True)
    paid_through = Instant(allow_none=True)
    cancelled_at = Instant(allow_none=True)
    next_payment = fields.Nested(NextPayment, allow_none=True)


class Revenue(Shape):
    """The overview's figures; sums are one amount a currency."""

    active_members = fields.Integer()
    mrr = fields.List(Amount())
    paid_last_30_days = fields.List(Amount())
    open_invoices = fields.Integer()
    unmatched_messages = fields.Integer()
