"""What the payment provider told us, and what came of it."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from chassis.money import Money
from services.billing.domain.catalog import Interval
from services.billing.domain.facts import MONEY_BACK, Standing
from services.billing.domain.membership import Standing as MembershipStanding
from services.billing.domain.periods import Schedule
from services.billing.models.base import Base, one_of
from services.billing.models.catalog import Plan

PAYPAL = "paypal"


class MessageState(StrEnum):
    """Where a message is on its way."""

    RECEIVED = "received"  # not yet answered by the provider, or to be checked again
    WAITING = "waiting"  # genuine; what it builds on has not come yet
    APPLIED = "applied"  # genuine, and it had its effect
    IGNORED = "ignored"  # genuine, and there was nothing to do
    UNMATCHED = "unmatched"  # genuine, but a check failed: for operators
    INVALID = "invalid"  # the provider did not send it


class PaymentMessage(Base):
    """A message as it came in, byte for byte. Two deliveries of the same bytes are one message."""

    __tablename__ = "payment_message"
    __table_args__ = (
        UniqueConstraint("digest"),
        Index(
            "ix_payment_message_due",
            "next_try_at",
            postgresql_where=text("state IN ('received', 'waiting')"),
        ),
        Index("ix_payment_message_site_state", "site_id", "state", "message_id"),
        Index("ix_payment_message_waits_for", "waits_for"),
        one_of("state", MessageState),
    )

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    site_id: Mapped[UUID]
    digest: Mapped[bytes]
    raw: Mapped[bytes] = mapped_column(deferred=True)
    content_type: Mapped[str]
    received_at: Mapped[datetime]
    deliveries: Mapped[int] = mapped_column(default=1)
    state: Mapped[str]
    reason: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]  # real time, as all retries
    verified_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    waits_for: Mapped[str | None]  # the provider's id of the payment that has to come first
    account_id: Mapped[UUID | None]
    invoice_id: Mapped[UUID | None]


class ProviderFact(Base):
    """The facts that had their effect, so that none has it twice, whatever message tells it."""

    __tablename__ = "provider_fact"

    provider: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    message_id: Mapped[UUID]


class Subscription(Base):
    """An agreement at the provider to pay for a plan again and again.

    It keeps the plan's version it was sold with. `anchor_at` is set by what began it: the first
    payment, or the sign-up for a free trial. `paid_through` is the end of the last period that is
    paid and not refunded.
    """

    __tablename__ = "subscription"
    __table_args__ = (
        UniqueConstraint("provider", "provider_ref"),
        Index("ix_subscription_account_id", "account_id"),
        Index("ix_subscription_site_id_paid_through", "site_id", "paid_through"),
        Index("ix_subscription_plan_id", "plan_id"),
        CheckConstraint("(started_at IS NULL) = (anchor_at IS NULL)", name="anchored_when_started"),
    )

    subscription_id: Mapped[UUID] = mapped_column(primary_key=True)
    site_id: Mapped[UUID]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("customer.account_id"))
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("plan.plan_id"))
    provider: Mapped[str]
    provider_ref: Mapped[str]
    with_trial: Mapped[bool]
    time_zone: Mapped[str]
    anchor_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    signed_at: Mapped[datetime | None]
    paid_through: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=0)

    plan: Mapped[Plan] = relationship(lazy="joined", innerjoin=True)

    @property
    def standing(self) -> MembershipStanding:
        return MembershipStanding(self.paid_through, self.cancelled_at, self.failed_at)

    def schedule(self, anchor: datetime, interval: Interval) -> Schedule:
        """The periods if it began at `anchor`."""
        trial = self.plan.trial if self.with_trial else None
        return Schedule(anchor, self.time_zone, interval, trial.interval if trial else None)


class Payment(Base):
    """One transaction of the provider; completed ones have paid their invoice."""

    __tablename__ = "payment"
    __table_args__ = (
        UniqueConstraint("provider", "transaction"),
        Index("ix_payment_account_id", "account_id"),
        Index("ix_payment_invoice_id", "invoice_id"),
        Index("ix_payment_site_id_occurred_at", "site_id", "occurred_at"),
        Index(
            "ix_payment_one_completed",
            "invoice_id",
            unique=True,
            postgresql_where=text("standing = 'completed'"),
        ),
        one_of("standing", Standing),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint(
            "refunded_amount >= 0 AND refunded_amount <= amount", name="refund_within_amount"
        ),
        CheckConstraint(
            "standing <> 'completed' OR invoice_id IS NOT NULL", name="completed_pays_an_invoice"
        ),
    )

    payment_id: Mapped[UUID] = mapped_column(primary_key=True)
    site_id: Mapped[UUID]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("customer.account_id"))
    invoice_id: Mapped[UUID | None] = mapped_column(ForeignKey("invoice.invoice_id"))
    provider: Mapped[str]
    transaction: Mapped[str]
    standing: Mapped[str]
    amount: Mapped[int]
    fee_amount: Mapped[int | None]
    refunded_amount: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str]
    occurred_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def fee(self) -> Money | None:
        return None if self.fee_amount is None else Money(self.fee_amount, self.currency)


class MoneyBack(Base):
    """A refund, a reversal, or a reversal undone, of one payment; amounts are positive."""

    __tablename__ = "money_back"
    __table_args__ = (
        UniqueConstraint("provider", "transaction", "kind"),
        Index("ix_money_back_payment_id", "payment_id"),
        CheckConstraint(
            "kind IN ({})".format(", ".join(sorted(f"'{kind.value}'" for kind in MONEY_BACK))),
            name="kind_known",
        ),
        CheckConstraint("amount > 0", name="amount_positive"),
    )

    refund_id: Mapped[UUID] = mapped_column(primary_key=True)
    site_id: Mapped[UUID]
    account_id: Mapped[UUID]
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payment.payment_id"))
    kind: Mapped[str]
    provider: Mapped[str]
    transaction: Mapped[str]
    amount: Mapped[int]
    fee_amount: Mapped[int | None]
    currency: Mapped[str]
    occurred_at: Mapped[datetime]
