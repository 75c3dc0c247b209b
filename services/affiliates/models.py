"""The tables of the affiliates service."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.plumbing import service_metadata

WHEN = DateTime(timezone=True)


class Base(DeclarativeBase):
    metadata = service_metadata()


class Program(Base):
    """A site's terms for new referrals; a parameter that operators change at run time."""

    __tablename__ = "program"
    __table_args__ = (
        CheckConstraint("rate_basis_points BETWEEN 0 AND 10000", name="rate"),
        CheckConstraint("window_days > 0", name="window"),
    )

    site_id: Mapped[UUID] = mapped_column(primary_key=True)
    rate_basis_points: Mapped[int]
    window_days: Mapped[int]


class Account(Base):
    """What is known of any account. Its row is the lock under which its facts are put together."""

    __tablename__ = "account"

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    site_id: Mapped[UUID | None]
    email_digest: Mapped[str | None] = mapped_column(Text)
    visit_id: Mapped[UUID | None]
    signed_up_at: Mapped[datetime | None] = mapped_column(WHEN)


class Affiliate(Base):
    """An account that refers others, and the code in its link."""

    __tablename__ = "affiliate"
    __table_args__ = (UniqueConstraint("account_id"), UniqueConstraint("code"))

    affiliate_id: Mapped[UUID] = mapped_column(primary_key=True)
    site_id: Mapped[UUID]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.account_id"))
    code: Mapped[str] = mapped_column(Text)
    joined_at: Mapped[datetime] = mapped_column(WHEN)


class Visit(Base):
    """Somebody came through a link; a repeat within the hour is kept but not counted."""

    __tablename__ = "visit"
    __table_args__ = (Index("ix_visit_affiliate_id", "affiliate_id", "visitor_hash", "visited_at"),)

    visit_id: Mapped[UUID] = mapped_column(primary_key=True)
    site_id: Mapped[UUID]
    affiliate_id: Mapped[UUID] = mapped_column(ForeignKey("affiliate.affiliate_id"))
    landing_path: Mapped[str] = mapped_column(Text)
    visitor_hash: Mapped[str] = mapped_column(Text)
    counted: Mapped[bool]
    visited_at: Mapped[datetime] = mapped_column(WHEN)


class Referral(Base):
    """What was decided about a sign-up that came through a link; `account_id` is the new one."""

    __tablename__ = "referral"
    __table_args__ = (
        UniqueConstraint("account_id"),
        CheckConstraint("status IN ('attributed', 'refused')", name="status"),
        CheckConstraint("(status = 'refused') = (reason IS NOT NULL)", name="reason"),
        Index("ix_referral_affiliate_id", "affiliate_id"),
    )

    referral_id: Mapped[UUID] = mapped_column(primary_key=True)
    site_id: Mapped[UUID]
    affiliate_id: Mapped[UUID] = mapped_column(ForeignKey("affiliate.affiliate_id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.account_id"))
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visit.visit_id"))
    status: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    rate_basis_points: Mapped[int]
    version: Mapped[int]
    decided_at: Mapped[datetime] = mapped_column(WHEN)


class Payment(Base):
    """A payment as billing told it, kept for every account: its referral may be heard of later."""

    __tablename__ = "payment"
    __table_args__ = (
        CheckConstraint("amount >= 0 AND fee >= 0", name="amounts"),
        Index("ix_payment_account_id", "account_id"),
    )

    payment_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.account_id"))
    amount: Mapped[int] = mapped_column(BigInteger)
    fee: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Text)
    paid_at: Mapped[datetime] = mapped_column(WHEN)


class Refund(Base):
    """Money that went back, or came again (below zero) when a reversal was undone.

    It may be heard of before its payment, so it does not refer.
    """

    __tablename__ = "refund"
    __table_args__ = (
        CheckConstraint("amount <> 0", name="amount"),
        Index("ix_refund_payment_id", "payment_id"),
    )

    refund_id: Mapped[UUID] = mapped_column(primary_key=True)
    payment_id: Mapped[UUID]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.account_id"))
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Text)


class Commission(Base):
    """What one payment earns one affiliate; the sums are in its entries."""

    __tablename__ = "commission"
    __table_args__ = (
        UniqueConstraint("payment_id", "affiliate_id"),
        Index("ix_commission_account_id", "account_id", "commission_id"),
    )

    commission_id: Mapped[UUID] = mapped_column(primary_key=True)
    affiliate_id: Mapped[UUID] = mapped_column(ForeignKey("affiliate.affiliate_id"))
    account_id: Mapped[UUID]
    referral_id: Mapped[UUID] = mapped_column(ForeignKey("referral.referral_id"))
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payment.payment_id"))
    rate_basis_points: Mapped[int]
    currency: Mapped[str] = mapped_column(Text)
    version: Mapped[int]
    earned_at: Mapped[datetime] = mapped_column(WHEN)


class CommissionEntry(Base):
    """A line of the commission ledger; not even the service's role may change it (A06)."""

    __tablename__ = "commission_entry"
    __table_args__ = (
        CheckConstraint(
            "(kind IN ('earned', 'reinstated') AND amount > 0)"
            " OR (kind = 'reversed' AND amount < 0)",
            name="sign",
        ),
        Index("ix_commission_entry_commission_id", "commission_id"),
        Index("ix_commission_entry_affiliate_id", "affiliate_id"),
        Index(
            "uq_commission_entry_earned",
            "commission_id",
            unique=True,
            postgresql_where=text("kind = 'earned'"),
        ),
    )

    entry_id: Mapped[UUID] = mapped_column(primary_key=True)
    commission_id: Mapped[UUID] = mapped_column(ForeignKey("commission.commission_id"))
    affiliate_id: Mapped[UUID] = mapped_column(ForeignKey("affiliate.affiliate_id"))
    account_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(Text)
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Text)
    entered_at: Mapped[datetime] = mapped_column(WHEN)
