"""Every shape that crosses the door of the notifications service."""

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate

from chassis import shapes
from chassis.shapes import Amount, Heard, Id, Instant, Shape
from services.notifications.domain.delivering import State

PAGE = validate.Range(1, 100)
STATES = validate.OneOf([state.value for state in State])


class ListDeliveries(Shape):
    """A page of deliveries, newest first; all states where none is named."""

    state = fields.String(load_default=None, allow_none=True, validate=STATES)
    limit = fields.Integer(load_default=25, validate=PAGE)
    cursor = Id(load_default=None, allow_none=True)


class WhichDelivery(Shape):
    """One delivery."""

    delivery_id = Id(required=True)


class MailOverview(Shape):
    """An overview takes no arguments."""


class DeliveryLine(Shape):
    """A delivery in a list; `due_at` is when it will be tried next."""

    delivery_id = Id()
    rule = fields.String()
    wire = fields.String()
    account_id = Id(allow_none=True)
    email = fields.String(allow_none=True)
    name = fields.String()
    state = fields.String()
    reason = fields.String(allow_none=True)
    attempts = fields.Integer()
    created_at = Instant()
    due_at = Instant(allow_none=True)
    sent_at = Instant(allow_none=True)


class DeliveryPage(Shape):
    """Deliveries, and where the next page begins."""

    items = fields.List(fields.Nested(DeliveryLine))
    next_cursor = Id(allow_none=True)


class Preview(Shape):
    """The mail as it reads today, with "[hidden]" in the place of each secret."""

    subject = fields.String()
    text = fields.String()
    html = fields.String()


class DeliveryView(DeliveryLine):
    """One delivery with its mail; `preview` is none where it cannot be rendered."""

    message_id = fields.String()
    request_id = fields.String()
    time_zone = fields.String(allow_none=True)
    because = fields.String()
    preview = fields.Nested(Preview, allow_none=True)


class Counts(Shape):
    """How many deliveries are in each state."""

    due = fields.Integer()
    waiting_for_document = fields.Integer()
    sending = fields.Integer()
    # Not named "unknown" itself, which is what marshmallow calls an option of every schema.
    in_doubt = fields.Integer(attribute="unknown", data_key="unknown")
    sent = fields.Integer()
    failed = fields.Integer()
    skipped = fields.Integer()


class HeardUser(Heard):
    """The parts that all events about a user share."""

    account_id = Id(required=True)
    email = fields.String(required=True)
    name = fields.String(required=True)
    version = fields.Integer(load_default=1)


class UserSignedUp(HeardUser):
    """The part of auth.user_signed_up that tells where an account is mailed."""


class SignUpRepeated(HeardUser):
    """The part of auth.sign_up_repeated that is mailed."""


class ConfirmationRequested(HeardUser):
    """The part of auth.confirmation_requested that is mailed."""

    token_id = Id(required=True)
    expires_at = Instant(required=True)


class PasswordResetRequested(ConfirmationRequested):
    """The part of auth.password_reset_requested that is mailed."""


class PasswordChanged(HeardUser):
    """The part of auth.password_changed that is mailed."""


class UserConfirmed(HeardUser):
    """The part of auth.user_confirmed that is mailed and kept."""

    time_zone = fields.String(load_default="UTC")


class InvoicePaid(Heard):
    """The part of billing.invoice_paid that stands in a receipt."""

    invoice_id = Id(required=True)
    number = fields.String(required=True)
    account_id = Id(required=True)
    plan_name = fields.String(required=True)
    amount = Amount(required=True)
    period_from = Instant(load_default=None, allow_none=True)
    period_to = Instant(load_default=None, allow_none=True)
    customer_name = fields.String(required=True)
    customer_email = fields.String(required=True)
    time_zone = fields.String(load_default=None, allow_none=True)
    paid_at = Instant(required=True)


class InvoiceDocumentReady(Heard):
    """The part of billing.invoice_document_ready that ends a wait."""

    invoice_id = Id(required=True)


class SubscriptionCancelled(Heard):
    """The part of billing.subscription_cancelled that is mailed."""

    account_id = Id(required=True)
    plan_name = fields.String(required=True)
    paid_through = Instant(load_default=None, allow_none=True)


class PaymentRefunded(Heard):
    """The part of billing.payment_refunded that is mailed."""

    account_id = Id(required=True)
    amount = Amount(required=True)
    refunded_total = Amount(required=True)


class CommissionEarned(Heard):
    """The part of affiliates.commission_earned that is mailed; the account is the affiliate's."""

    account_id = Id(required=True)
    amount = Amount(required=True)


# By the event's name: how the facts kept with a delivery are read again when it is rendered.
HEARD: dict[str, type[Heard]] = {
    "auth.confirmation_requested": ConfirmationRequested,
    "auth.sign_up_repeated": SignUpRepeated,
    "auth.password_reset_requested": PasswordResetRequested,
    "auth.password_changed": PasswordChanged,
    "auth.user_confirmed": UserConfirmed,
    "billing.invoice_paid": InvoicePaid,
    "billing.subscription_cancelled": SubscriptionCancelled,
    "billing.payment_refunded": PaymentRefunded,
    "affiliates.commission_earned": CommissionEarned,
}


def facts_of(wire: str, kept: Mapping[str, Any]) -> dict[str, Any]:
    """An event's facts as they were heard, from how a delivery keeps them; raises Invalid."""
    return shapes.load(HEARD[wire](partial=True), kept)
