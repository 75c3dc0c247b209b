"""The provider's messages."""

from marshmallow import fields, validate

from chassis.shapes import Id, Instant, Shape
from services.billing.schemas.asking import Binary, Paging

STATES = ("received", "waiting", "applied", "ignored", "unmatched", "invalid")


class ReceiveIpn(Shape):
    """A message as it came in; nothing of it is trusted or read yet."""

    message_id = Id(required=True)
    raw = Binary(required=True)
    content_type = fields.String(load_default="")


class Received(Shape):
    """The id the message is kept under: another one's when the same bytes came before."""

    message_id = Id()


class WhichMessage(Shape):
    """One message."""

    message_id = Id(required=True)


class ListMessages(Paging):
    """Messages of one state, or all, newest first."""

    state = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(STATES))


class MessageView(Shape):
    """A message and what became of it; `reason` says why it had no effect."""

    message_id = Id()
    state = fields.String()
    reason = fields.String(allow_none=True)
    received_at = Instant()
    deliveries = fields.Integer()
    attempts = fields.Integer()
    verified_at = Instant(allow_none=True)
    settled_at = Instant(allow_none=True)
    account_id = Id(allow_none=True)
    invoice_id = Id(allow_none=True)


class MessageField(Shape):
    """One field of a message, decoded."""

    name = fields.String()
    value = fields.String()


class MessageDetail(MessageView):
    """A message with its bytes as text, and its fields as far as they can be read."""

    content_type = fields.String()
    raw = fields.String()
    fields_ = fields.List(fields.Nested(MessageField), data_key="fields", attribute="fields")


class MessagePage(Shape):
    """Messages, newest first."""

    items = fields.List(fields.Nested(MessageView))
    next_cursor = fields.String(allow_none=True)
