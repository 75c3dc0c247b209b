"""Every shape that crosses the door of the affiliates service."""

from marshmallow import fields, validate

from chassis.shapes import Amount, Heard, Id, Instant, Shape

PAGE = validate.Range(1, 100)


class RecordVisit(Shape):
    """A visit through a link. Nothing in it can break the page that was asked for."""

    visit_id = Id(required=True)
    code = fields.String(required=True)
    landing_path = fields.String(load_default="/")
    user_agent = fields.String(load_default="")
    visitor_hash = fields.String(
        required=True, validate=validate.Regexp(r"[0-9A-Za-z_=-]{1,128}\Z")
    )


class Recorded(Shape):
    """Whether the visit leads to an affiliate, so that its id is worth a cookie."""

    accepted = fields.Boolean()


class Join(Shape):
    """The caller's account becomes an affiliate."""

    affiliate_id = Id(required=True)


class Joined(Shape):
    """The affiliate and the code of its link."""

    affiliate_id = Id()
    code = fields.String()


class ShowAffiliate(Shape):
    """The caller's own affiliate."""


class CommissionLine(Shape):
    """A commission as its affiliate sees it: no word of who paid (A23)."""

    commission_id = Id()
    earned_at = Instant()
    rate_basis_points = fields.Integer()
    earned = Amount()
    reversed = Amount()
    balance = Amount()
    status = fields.String()


class Balance(Shape):
    """The sums of one currency; `reversed` is positive."""

    earned = Amount()
    reversed = Amount()
    balance = Amount()


class AffiliateView(Shape):
    """How an affiliate is doing; everything is empty where `joined` is false."""

    joined = fields.Boolean()
    affiliate_id = Id(allow_none=True)
    code = fields.String(allow_none=True)
    joined_at = Instant(allow_none=True)
    rate_basis_points = fields.Integer()
    window_days = fields.Integer()
    visits = fields.Integer()
    sign_ups = fields.Integer()
    balances = fields.List(fields.Nested(Balance))
    commissions = fields.List(fields.Nested(CommissionLine))


class ListCommissions(Shape):
    """A page of the caller's commissions, newest first."""

    limit = fields.Integer(load_default=25, validate=PAGE)
    cursor = Id(load_default=None, allow_none=True)


class CommissionPage(Shape):
    """Commissions, and where the next page begins."""

    items = fields.List(fields.Nested(CommissionLine))
    next_cursor = Id(allow_none=True)


class UserSignedUp(Heard):
    """The part of auth.user_signed_up that attribution reads."""

    account_id = Id(required=True)
    email = fields.String(required=True)
    visit_id = Id(load_default=None, allow_none=True)


class InvoicePaid(Heard):
    """The part of billing.invoice_paid that commission is reckoned from."""

    payment_id = Id(required=True)
    account_id = Id(required=True)
    amount = Amount(required=True)
    fee = Amount(load_default=None, allow_none=True)
    paid_at = Instant(required=True)


class MoneyMoved(Heard):
    """The part of billing.payment_refunded and payment_restored that changes what is kept."""

    payment_id = Id(required=True)
    refund_id = Id(required=True)
    account_id = Id(required=True)
    amount = Amount(required=True)
