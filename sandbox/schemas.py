"""The shapes of what `/_sim` is asked."""

from __future__ import annotations

from marshmallow import Schema, ValidationError, fields, validates_schema
from marshmallow.validate import Length, OneOf, Range

from sandbox.faults import KINDS

# A year at once is plenty, and keeps a slip of the finger from billing a century.
_LONGEST_STEP = 366 * 24 * 3600


class MoveClock(Schema):
    """Either a step or the offset wanted; then wait up to `settle_seconds` for what fell due."""

    advance_seconds = fields.Float(validate=Range(0, _LONGEST_STEP))
    offset_seconds = fields.Float(validate=Range(0))
    settle_seconds = fields.Float(load_default=0, validate=Range(0, 300))

    @validates_schema
    def one_of_both(self, given: dict[str, object], **_: object) -> None:
        if ("advance_seconds" in given) == ("offset_seconds" in given):
            raise ValidationError("Give either advance_seconds or offset_seconds.")


class Settle(Schema):
    """How long to wait until nothing is due and nothing runs."""

    seconds = fields.Float(load_default=10, validate=Range(0, 300))


class ArmFault(Schema):
    """One fault, for the next `times` occasions whose facts equal `match`."""

    fault = fields.String(required=True, validate=OneOf(list(KINDS)))
    times = fields.Integer(load_default=1, validate=Range(1, 1000))
    seconds = fields.Float(load_default=None, allow_none=True, validate=Range(0, _LONGEST_STEP))
    amount = fields.String(load_default=None, allow_none=True)
    currency = fields.String(load_default=None, allow_none=True, validate=Length(equal=3))
    match = fields.Dict(
        keys=fields.String(
            validate=OneOf(
                ["txn_type", "payment_status", "txn_id", "subscr_id", "invoice", "recipient"]
            )
        ),
        values=fields.String(),
        load_default=dict,
    )


class Refund(Schema):
    """`amount`: a dot decimal in the payment's currency; all that is left when missing."""

    amount = fields.String(load_default=None, allow_none=True)


class Reversal(Schema):
    """Why the money is taken back, in PayPal's words."""

    reason_code = fields.String(
        load_default="chargeback",
        validate=OneOf(
            [
                "adjustment_reversal",
                "admin_fraud_reversal",
                "admin_reversal",
                "buyer-complaint",
                "chargeback",
                "chargeback_settlement",
                "guarantee",
                "other",
                "refund",
                "regulatory_block",
                "unauthorized_claim",
                "unauthorized_spoof",
            ]
        ),
    )


class Forge(Schema):
    """A message that PayPal never sent, and where it goes."""

    notify_url = fields.Url(required=True, require_tld=False)
    fields_ = fields.Dict(
        keys=fields.String(), values=fields.String(), required=True, data_key="fields",
        attribute="fields",
    )  # fmt: skip
