"""What billing can tell: reads that return plain values."""

from services.billing.queries.inbox import payment_message, payments_inbox
from services.billing.queries.invoices import (
    checkout_state,
    invoice,
    invoice_document,
    invoice_print,
    invoices,
)
from services.billing.queries.membership import membership
from services.billing.queries.pricing import pricing
from services.billing.queries.revenue import revenue

__all__ = [
    "checkout_state",
    "invoice",
    "invoice_document",
    "invoice_print",
    "invoices",
    "membership",
    "payment_message",
    "payments_inbox",
    "pricing",
    "revenue",
]
