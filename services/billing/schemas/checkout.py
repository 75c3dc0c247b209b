"""Plans and checkouts."""

from marshmallow import fields

from chassis.shapes import Amount, Id, Shape


class IntervalView(Shape):
    """A billing interval: unit is day, week, month or year."""

    unit = fields.String()
    count = fields.Integer()


class TrialView(Shape):
    """What comes before the first regular period; a price of nothing is a free trial."""

    price = Amount()
    interval = fields.Nested(IntervalView)


class ProductView(Shape):
    """What a plan gives access to."""

    code = fields.String()
    name = fields.String()
    description = fields.String()


class PlanView(Shape):
    """A plan in one version; without an interval it is paid once."""

    plan_id = Id()
    code = fields.String()
    version = fields.Integer()
    name = fields.String()
    description = fields.String()
    features = fields.List(fields.String())
    product = fields.Nested(ProductView)
    price = Amount()
    interval = fields.Nested(IntervalView, allow_none=True)
    trial = fields.Nested(TrialView, allow_none=True)


class Pricing(Shape):
    """The plans on offer, in the catalog's order."""

    plans = fields.List(fields.Nested(PlanView))


class CatalogLoaded(Shape):
    """How many products and plans became new versions, and how many are no longer offered."""

    added = fields.Integer()
    retired = fields.Integer()


class StartCheckout(Shape):
    """Buy a plan; the invoice's id is made by the caller, so that asking again is harmless."""

    invoice_id = Id(required=True)
    plan_id = Id(required=True)


class PaymentForm(Shape):
    """The form that takes the buyer to the payment provider."""

    action = fields.String()
    method = fields.String()
    fields_ = fields.Dict(
        keys=fields.String(), values=fields.String(), data_key="fields", attribute="fields"
    )


class Checkout(Shape):
    """An open invoice and its form; the number comes with the payment."""

    invoice_id = Id()
    number = fields.String(allow_none=True)
    amount = Amount()
    form = fields.Nested(PaymentForm)


class CheckoutState(Shape):
    """`state` is open, pending (the provider is still collecting) or paid."""

    invoice_id = Id()
    state = fields.String()
    number = fields.String(allow_none=True)
    plan_name = fields.String()
    amount = Amount()
