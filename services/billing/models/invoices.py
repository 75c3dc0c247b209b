"""Customers, their invoices, and the documents made of them."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from chassis.money import Money
from services.billing.models.base import Base, one_of
from services.billing.models.catalog import Plan
from services.billing.models.payments import Subscription

MAX_DOCUMENT = 10 * 1024 * 1024  # bytes


class InvoiceState(StrEnum):
    """Follows from the amounts: refunded is an invoice of which all was given back."""

    OPEN = "open"
    PAID = "paid"
    REFUNDED = "refunded"


class Charge(StrEnum):
    """What an invoice charges."""

    TRIAL = "trial"
    REGULAR = "regular"
    ONCE = "once"


class Customer(Base):
    """Whom billing knows by an account. Its row is locked first by whatever changes money."""

    __tablename__ = "customer"

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    site_id: Mapped[UUID]
    name: Mapped[str]
    email: Mapped[str]
    time_zone: Mapped[str]
    # The version of the user in auth that these facts are of; 0 before the address is confirmed.
    version: Mapped[int]
    known_since: Mapped[datetime]


class Invoice(Base):
    """A claim for money: made open at checkout or with a renewal, final and numbered when paid.

    `token` went out with the payment form and comes back in the provider's messages: it ties a
    message to this invoice's own form.
    """

    __tablename__ = "invoice"
    __table_args__ = (
        UniqueConstraint("subscription_id", "period_index"),
        UniqueConstraint("site_id", "series", "series_count"),
        Index("ix_invoice_account_id_invoice_id", "account_id", "invoice_id"),
        Index("ix_invoice_site_open", "site_id", postgresql_where=text("state = 'open'")),
        Index("ix_invoice_plan_id", "plan_id"),
        one_of("state", InvoiceState),
        one_of("charge", Charge),
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        CheckConstraint(
            "refunded_amount >= 0 AND refunded_amount <= amount", name="refund_within_amount"
        ),
        CheckConstraint(
            "(state = 'refunded') = (amount > 0 AND refunded_amount = amount)",
            name="refunded_when_all_is",
        ),
        CheckConstraint(
            "(state = 'open') = (paid_at IS NULL) AND (state = 'open') = (number IS NULL)"
            " AND (number IS NULL) = (series IS NULL)"
            " AND (number IS NULL) = (series_count IS NULL)",
            name="numbered_when_final",
        ),
        CheckConstraint("period_from < period_to", name="period_forward"),
    )

    invoice_id: Mapped[UUID] = mapped_column(primary_key=True)
    site_id: Mapped[UUID]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("customer.account_id"))
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("plan.plan_id"))
    subscription_id: Mapped[UUID | None] = mapped_column(ForeignKey("subscription.subscription_id"))
    period_index: Mapped[int | None]
    state: Mapped[str]
    charge: Mapped[str]
    token: Mapped[str]
    amount: Mapped[int]
    refunded_amount: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str]
    customer_name: Mapped[str]
    customer_email: Mapped[str]
    issued_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]
    period_from: Mapped[datetime | None]
    period_to: Mapped[datetime | None]
    series: Mapped[str | None]
    series_count: Mapped[int | None]
    number: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)

    plan: Mapped[Plan] = relationship(lazy="joined", innerjoin=True)
    subscription: Mapped[Subscription | None] = relationship()
    lines: Mapped[list["InvoiceLine"]] = relationship(
        order_by="InvoiceLine.position", cascade="all, delete-orphan"
    )

    @property
    def total(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def refunded(self) -> Money:
        return Money(self.refunded_amount, self.currency)


class InvoiceLine(Base):
    """One line; the lines of an invoice add up to its amount."""

    __tablename__ = "invoice_line"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("amount = quantity * unit_amount", name="amount_is_product"),
    )

    invoice_id: Mapped[UUID] = mapped_column(ForeignKey("invoice.invoice_id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    description: Mapped[str]
    quantity: Mapped[int]
    unit_amount: Mapped[int]
    amount: Mapped[int]


class NumberSeries(Base):
    """The last number given out in a series; its row is locked last, and briefly."""

    __tablename__ = "number_series"

    site_id: Mapped[UUID] = mapped_column(primary_key=True)
    series: Mapped[str] = mapped_column(primary_key=True)
    last_count: Mapped[int]


class Document(Base):
    """The file made of a final invoice; the first one stored stays."""

    __tablename__ = "document"
    __table_args__ = (
        CheckConstraint(f"octet_length(content) <= {MAX_DOCUMENT}", name="content_size"),
    )

    invoice_id: Mapped[UUID] = mapped_column(ForeignKey("invoice.invoice_id"), primary_key=True)
    account_id: Mapped[UUID]
    site_id: Mapped[UUID]
    name: Mapped[str]
    content_type: Mapped[str]
    content: Mapped[bytes] = mapped_column(deferred=True)
    stored_at: Mapped[datetime]
