"""Invoices and their documents."""

from marshmallow import fields

from chassis.shapes import Amount, Id, Instant, Shape
from services.billing.schemas.asking import Binary, Paging


class WhichInvoice(Shape):
    """One invoice."""

    invoice_id = Id(required=True)


class ListInvoices(Paging):
    """The caller's invoices, newest first."""


class LineView(Shape):
    """One line of an invoice."""

    description = fields.String()
    quantity = fields.Integer()
    unit_amount = Amount()
    amount = Amount()


class InvoiceView(Shape):
    """`state` is open, paid or refunded; `charge` is trial, regular or once."""

    invoice_id = Id()
    account_id = Id()
    subscription_id = Id(allow_none=True)
    number = fields.String(allow_none=True)
    state = fields.String()
    charge = fields.String()
    plan_name = fields.String()
    amount = Amount()
    refunded = Amount()
    issued_at = Instant()
    paid_at = Instant(allow_none=True)
    period_from = Instant(allow_none=True)
    period_to = Instant(allow_none=True)
    customer_name = fields.String()
    customer_email = fields.String()
    has_document = fields.Boolean()


class InvoiceDetail(InvoiceView):
    """An invoice with its lines."""

    lines = fields.List(fields.Nested(LineView))


class InvoicePage(Shape):
    """Invoices, newest first."""

    items = fields.List(fields.Nested(InvoiceView))
    next_cursor = fields.String(allow_none=True)


class InvoiceDocument(Shape):
    """The invoice as a file."""

    name = fields.String()
    content_type = fields.String()
    content = Binary()


class StoreInvoiceDocument(Shape):
    """The PDF that a node made."""

    invoice_id = Id(required=True)
    content = Binary(required=True)


class SellerView(Shape):
    """Who sells; the address is a list of lines."""

    name = fields.String()
    address = fields.List(fields.String())
    email = fields.String()


class BuyerView(Shape):
    """Who buys."""

    name = fields.String()
    email = fields.String()


class InvoicePrint(Shape):
    """All that stands on a final invoice; instants are to be shown in the buyer's `time_zone`."""

    invoice_id = Id()
    number = fields.String()
    issued_at = Instant()
    paid_at = Instant()
    period_from = Instant(allow_none=True)
    period_to = Instant(allow_none=True)
    time_zone = fields.String()
    seller = fields.Nested(SellerView)
    buyer = fields.Nested(BuyerView)
    lines = fields.List(fields.Nested(LineView))
    total = Amount()
