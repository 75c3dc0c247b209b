"""What billing tells the rest of the suite."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from chassis.events import Event
from chassis.money import Money


@dataclass(frozen=True, kw_only=True)
class InvoiceIssued(Event):
    """An invoice exists and awaits payment."""

    wire: ClassVar[str] = "billing.invoice_issued"
    invoice_id: UUID
    account_id: UUID
    amount: Money


@dataclass(frozen=True, kw_only=True)
class InvoicePaid(Event):
    """An invoice is fully paid with money (a free trial's is not); told once for each invoice."""

    wire: ClassVar[str] = "billing.invoice_paid"
    invoice_id: UUID
    number: str
    account_id: UUID
    subscription_id: UUID | None
    payment_id: UUID
    plan_name: str
    amount: Money
    fee: Money | None
    period_from: datetime | None
    period_to: datetime | None
    customer_name: str
    customer_email: str
    time_zone: str
    paid_at: datetime


@dataclass(frozen=True, kw_only=True)
class PaymentRefunded(Event):
    """Money of a payment went back, refunded or reversed; both sums are positive.

    `refunded_total` is all that has gone back of this payment by now.
    """

    wire: ClassVar[str] = "billing.payment_refunded"
    payment_id: UUID
    refund_id: UUID
    invoice_id: UUID
    account_id: UUID
    amount: Money
    refunded_total: Money


@dataclass(frozen=True, kw_only=True)
class PaymentRestored(Event):
    """A reversal was undone: the money is ours again, and `refunded_total` is what remains away."""

    wire: ClassVar[str] = "billing.payment_restored"
    payment_id: UUID
    refund_id: UUID
    invoice_id: UUID
    account_id: UUID
    amount: Money
    refunded_total: Money


@dataclass(frozen=True, kw_only=True)
class SubscriptionStarted(Event):
    """A subscription gives access for the first time: its first period is paid or a free trial."""

    wire: ClassVar[str] = "billing.subscription_started"
    subscription_id: UUID
    account_id: UUID
    plan_name: str
    paid_through: datetime | None


@dataclass(frozen=True, kw_only=True)
class SubscriptionCancelled(Event):
    """A subscription will not renew; access lasts until `paid_through` (None: nothing is paid)."""

    wire: ClassVar[str] = "billing.subscription_cancelled"
    subscription_id: UUID
    account_id: UUID
    plan_name: str
    paid_through: datetime | None


@dataclass(frozen=True, kw_only=True)
class InvoiceDocumentReady(Event):
    """The document of a final invoice can be fetched."""

    wire: ClassVar[str] = "billing.invoice_document_ready"
    invoice_id: UUID
    account_id: UUID
    number: str
