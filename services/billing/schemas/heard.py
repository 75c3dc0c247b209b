"""The parts of other services' events that billing reads."""

from marshmallow import fields

from chassis.shapes import Heard, Id


class UserSignedUp(Heard):
    """auth.user_signed_up."""

    account_id = Id(required=True)
    name = fields.String(required=True)
    email = fields.String(required=True)


class UserConfirmed(Heard):
    """auth.user_confirmed."""

    account_id = Id(required=True)
    name = fields.String(required=True)
    email = fields.String(required=True)
    time_zone = fields.String(load_default="UTC")
    version = fields.Integer(required=True)
