"""Billing's tables. Money is minor units beside an ISO currency; instants have a time zone."""

from services.billing.models.base import Base
from services.billing.models.catalog import Plan, Product
from services.billing.models.invoices import Customer, Document, Invoice, InvoiceLine, NumberSeries
from services.billing.models.ledger import LedgerEntry, LedgerTransfer
from services.billing.models.payments import (
    MoneyBack,
    Payment,
    PaymentMessage,
    ProviderFact,
    Subscription,
)

__all__ = [
    "Base",
    "Customer",
    "Document",
    "Invoice",
    "InvoiceLine",
    "LedgerEntry",
    "LedgerTransfer",
    "MoneyBack",
    "NumberSeries",
    "Payment",
    "PaymentMessage",
    "Plan",
    "Product",
    "ProviderFact",
    "Subscription",
]
